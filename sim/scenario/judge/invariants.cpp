// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/invariants.h"

namespace rollcall::sim {
namespace {

// Hands each message of a datagram to every invariant.
class Reading final : public wire::PacketVisitor {
public:
    Reading(const Scene& scene, const InvariantList& list, Said said)
        : scene_{scene}, list_{list}, said_{said} {}
    void message(wire::MessageType type, Bytes body) override {
        said_.type = type;
        said_.body = body;
        for (const auto& invariant : list_) invariant->said(scene_, said_);
    }
    void rejected(wire::DecodeError) override {}

private:
    const Scene& scene_;
    const InvariantList& list_;
    Said said_;
};

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
    add_news_invariants(list_, findings_);
    add_key_invariants(list_, findings_);
}

std::vector<std::string> Invariants::names() const {
    std::vector<std::string> names;
    for (const auto& invariant : list_) names.emplace_back(invariant->name());
    return names;
}

void Invariants::learn_places(const ClusterView& view) {
    // An address may have had several tenants: whoever runs there is the one.
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
    // Nobody's yet: remembered as such, until somebody moves there.
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
    for (const auto& invariant : list_) invariant->stepped(scene(view), step);
}

void Invariants::event(const ClusterView& view, std::uint32_t node,
                       const membership::Event& event) {
    if (!begun_) return;
    const Told told = ledger_.tell(view, node, event);
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->told(now, told);
}

void Invariants::serf_event(const ClusterView& view, std::uint32_t node, const serf::Event& event) {
    if (!begun_) return;
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->serf_told(now, node, event);
}

void Invariants::datagram(const ClusterView& view, Endpoint from, Endpoint to, Bytes bytes) {
    if (!begun_) return;
    const Sent sent{
        .from = node_at(view, from), .to = node_at(view, to), .to_endpoint = to, .bytes = bytes};
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->sent(now, sent);
    if (!readable_ || sent.from == 0) return;
    Reading reading{now, list_, {.from = sent.from, .to = sent.to, .to_endpoint = to}};
    codec_.open(bytes, reading);
}

void Invariants::sample(const ClusterView& view) {
    faults_.sampled(view);
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->sampled(now);
}

void Invariants::ends(const ClusterView& view) {
    sample(view);
}

void Invariants::healed(const ClusterView& view) {
    sample(view);
    const Scene now = scene(view);
    for (const auto& invariant : list_) invariant->healed(now);
}

}  // namespace rollcall::sim
