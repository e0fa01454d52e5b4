// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/invariants.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

namespace rollcall::sim {
namespace {

// Passes each message of a datagram to every invariant.
class Reading final : public wire::PacketVisitor {
public:
    Reading(const Scene& scene, const InvariantList& list, SentMessage sent)
        : scene_{scene}, list_{list}, sent_{sent} {}
    void message(wire::MessageType type, Bytes body) override {
        sent_.type = type;
        sent_.body = body;
        for (const auto& invariant : list_) invariant->on_message(scene_, sent_);
    }
    void rejected(wire::DecodeError) override {}

private:
    const Scene& scene_;
    const InvariantList& list_;
    SentMessage sent_;
};

// Those that hold whatever is sent to a member. The others transcribe rules for honest members
// only: that only a member itself raises its incarnation, say.
constexpr std::array<std::string_view, 7> kHoldUnderAttack{
    "incarnation-never-decreases", "state-machine",        "events-match-members", "datagrams-fit",
    "running-members-alive",       "event-delivered-once", "query-answered-once"};

}  // namespace

Invariants::Invariants(const Scenario& scenario, std::span<const wire::Keyring::Key> keys)
    : scenario_{scenario},
      codec_{scenario.profile.layers, entropy_},
      readable_{!scenario.encrypted || !keys.empty()} {
    for (const wire::Keyring::Key& key : keys) codec_.keyring().add(key);
    add_belief_invariants(list_, findings_);
    add_probe_invariants(list_, findings_);
    add_bound_invariants(list_, findings_);
    add_agreement_invariants(list_, findings_);
    add_event_invariants(list_, findings_);
    add_key_invariants(list_, findings_);
    if (!scenario.adversary.present) return;
    std::erase_if(list_, [](const std::unique_ptr<Invariant>& one) {
        return std::ranges::find(kHoldUnderAttack, one->name()) == kHoldUnderAttack.end();
    });
    add_attack_invariants(list_, findings_);
}

std::vector<std::string> Invariants::names() const {
    std::vector<std::string> names;
    for (const auto& invariant : list_) names.emplace_back(invariant->name());
    return names;
}

void Invariants::learn_places(const ClusterView& view) {
    // Several nodes may have had the same address: a running one takes precedence.
    for (const bool running : {false, true}) {
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (view.running(node) == running) places_.insert_or_assign(view.endpoint(node), node);
        }
    }
}

std::uint32_t Invariants::node_at(const ClusterView& view, const Endpoint& place) {
    auto found = places_.find(place);
    if (found == places_.end()) {
        learn_places(view);
        found = places_.find(place);
    }
    // No node has this endpoint: cached as 0 until a node moves there.
    if (found == places_.end()) found = places_.emplace(place, 0).first;
    return found->second;
}

void Invariants::begins(const ClusterView& view) {
    begun_ = true;
    learn_places(view);
    ledger_.begins(view);
    faults_.begins(view);
    sample(view);
}

void Invariants::after(const ClusterView& view, const Step& step) {
    learn_places(view);
    faults_.stepped(view, step);
    for (const auto& invariant : list_) invariant->on_step(scene(view), step);
}

void Invariants::event(const ClusterView& view, std::uint32_t node,
                       const membership::Event& event) {
    if (!begun_) return;
    const ObservedEvent observed = ledger_.record(view, node, event);
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->on_event(now, observed);
}

void Invariants::serf_event(const ClusterView& view, std::uint32_t node, const serf::Event& event) {
    if (!begun_) return;
    if (const auto* tuned = std::get_if<serf::TimingsTuned>(&event)) {
        faults_.tuned(view, node, *tuned);
    }
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->on_serf_event(now, node, event);
}

void Invariants::datagram(const ClusterView& view, Endpoint from, Endpoint to, Bytes bytes) {
    if (!begun_) return;
    const SentDatagram sent{
        .from = node_at(view, from), .to = node_at(view, to), .to_endpoint = to, .bytes = bytes};
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->on_datagram(now, sent);
    if (!readable_ || sent.from == 0) return;
    Reading reading{now, list_, {.from = sent.from, .to = sent.to, .to_endpoint = to}};
    codec_.open(bytes, reading);
}

void Invariants::forged(const ClusterView& view, const Forgery& forgery) {
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->on_forged(now, forgery);
}

void Invariants::sample(const ClusterView& view) {
    faults_.sampled(view);
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->on_sample(now);
}

void Invariants::ends(const ClusterView& view) {
    sample(view);
}

void Invariants::healed(const ClusterView& view) {
    sample(view);
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->on_healed(now);
}

}  // namespace rollcall::sim
