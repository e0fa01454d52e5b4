// SPDX-License-Identifier: Apache-2.0
//
// A fake cluster: a test defines the events and messages of its nodes, and the invariants check
// them. Where an invariant reads a core, the test adds a real one and passes claims to it.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/cluster/core_traits.h"
#include "sim/scenario/judge/invariants.h"

namespace rollcall::sim {

using namespace std::chrono_literals;
using membership::ProbeOutcome;

inline constexpr std::uint16_t kPort = 7946;

class Fabricated : public ClusterView {
public:
    using Tweak = std::function<void(Scenario&)>;

    // Nodes n1, n2, ... at 10.0.0.1, ...; none runs yet.
    explicit Fabricated(unsigned nodes, const Tweak& tweak = {}) : nodes_(nodes) {
        scenario_.nodes = nodes;
        scenario_.profile.layers.compress = false;
        for (unsigned i = 1; i <= nodes; ++i) {
            nodes_[i - 1].name = "n" + std::to_string(i);
            nodes_[i - 1].address = WireAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i));
        }
        if (tweak) tweak(scenario_);
        judge_ = std::make_unique<Invariants>(scenario_);
        judge_->begins(*this);
    }

    // --- input of the test -----------------------------------------------------------------------
    void pass(Duration time) { now_ += time; }
    void step(Action what) { judge_->after(*this, {.at = now_, .what = std::move(what)}); }
    void forged(std::uint32_t about, std::uint32_t incarnation) {
        judge_->forged(*this, {.about = about, .incarnation = Incarnation{incarnation}});
    }
    void event_at(std::uint32_t node, const membership::Event& event) {
        judge_->event(*this, node, event);
    }
    // The process starts: its first event is that it joins itself.
    void born(std::uint32_t node, std::uint32_t incarnation = 1) {
        event_at(node, membership::MemberJoined{about(name(node), incarnation)});
    }
    void joined(std::uint32_t node, std::string_view who, std::uint32_t incarnation = 1) {
        event_at(node, membership::MemberJoined{about(who, incarnation)});
    }
    void joined_from(std::uint32_t node, std::string_view who, std::uint32_t incarnation,
                     const WireAddress& elsewhere) {
        membership::About member = about(who, incarnation);
        member.address = elsewhere;
        event_at(node, membership::MemberJoined{member});
    }
    void updated_from(std::uint32_t node, std::string_view who, std::uint32_t incarnation,
                      const WireAddress& elsewhere) {
        membership::About member = about(who, incarnation);
        member.address = elsewhere;
        event_at(node, membership::MemberUpdated{member});
    }
    void suspected(std::uint32_t node, std::string_view who, std::uint32_t incarnation,
                   std::string from) {
        event_at(node, membership::MemberSuspected{about(who, incarnation), std::move(from)});
    }
    void cleared(std::uint32_t node, std::string_view who, std::uint32_t incarnation) {
        event_at(node, membership::SuspicionCleared{about(who, incarnation)});
    }
    void updated(std::uint32_t node, std::string_view who, std::uint32_t incarnation) {
        event_at(node, membership::MemberUpdated{about(who, incarnation)});
    }
    void failed(std::uint32_t node, std::string_view who, std::uint32_t incarnation,
                std::string from) {
        membership::MemberFailed event{.about = about(who, incarnation), .from = std::move(from)};
        if (event.from != name(node)) event.source.kind = membership::ClaimSource::Kind::gossip;
        event_at(node, event);
    }
    void left(std::uint32_t node, std::string_view who, std::uint32_t incarnation = 1) {
        event_at(node, membership::MemberLeft{
                           about(who, incarnation),
                           {.kind = membership::ClaimSource::Kind::gossip, .from = {}}});
    }
    void reaped(std::uint32_t node, std::string_view who) {
        event_at(node, membership::MemberReaped{std::string{who}});
    }
    void refuted(std::uint32_t node, std::uint32_t accused, std::uint32_t now) {
        event_at(node, membership::Refuted{.claim = membership::ClaimKind::suspect,
                                           .from = "n9",
                                           .accused = Incarnation{accused},
                                           .now = Incarnation{now}});
    }
    void probed(std::uint32_t node, std::string_view who, ProbeOutcome outcome, Duration took,
                unsigned relays = 0, unsigned health = 0) {
        event_at(node, membership::ProbeEnded{.member = id(who),
                                              .outcome = outcome,
                                              .took = took,
                                              .relays_asked = relays,
                                              .health_score = health});
    }
    template <class Encode>
    void send(std::uint32_t from, std::uint32_t to, Encode&& encode) {
        std::vector<std::byte> room(1400);
        ByteWriter writer{room};
        encode(writer);
        send_bytes(from, to, writer.written());
    }
    void send_bytes(std::uint32_t from, std::uint32_t to, Bytes bytes) {
        judge_->datagram(*this, endpoint(from), endpoint(to), bytes);
    }
    void sample() { judge_->sample(*this); }
    // Samples as a runner does, for `time`.
    void watch(Duration time) {
        for (const Duration until = now_ + time; now_ < until;) {
            now_ += 500ms;
            sample();
        }
    }
    void healed() { judge_->healed(*this); }

    // --- real cores, for invariants that read one ------------------------------------------------
    // Starts a core, which emits that it joined itself.
    membership::Node& lend(std::uint32_t node) {
        Cast& cast = nodes_[node - 1];
        membership::Config config = scenario_.profile;
        config.name = cast.name;
        config.address = cast.address;
        config.port = config.bind_port = kPort;
        cast.core =
            std::make_unique<CoreTraits<membership::Node>::Instance>(config, entropy_, node);
        cast.core->core().start(Time{now_}, outbox_);
        pass_events(node);
        return cast.core->core();
    }
    void unlend(std::uint32_t node) { nodes_[node - 1].core.reset(); }
    // Passes a claim to a lent core, and its events to the invariants, unless `silently`.
    void alive(std::uint32_t node, std::string_view who, std::uint32_t incarnation,
               bool silently = false, std::string_view meta = {}) {
        const membership::About member = about(who, incarnation);
        pass_packet(node, silently, [&](ByteWriter& w) {
            wire::encode(
                wire::Alive{.node = member.name,
                            .incarnation = member.incarnation,
                            .address = member.address,
                            .port = member.port,
                            .meta = meta.empty() ? std::nullopt : std::optional{as_bytes(meta)},
                            .versions = wire::kSerfVersions},
                w);
        });
    }
    void dead(std::uint32_t node, std::string_view who, std::uint32_t incarnation,
              std::string_view from) {
        pass_packet(node, false, [&](ByteWriter& w) {
            wire::encode_dead({who, Incarnation{incarnation}, from}, w);
        });
    }
    // Time passes for a lent core, which gets no packets.
    void keep_deadlines(std::uint32_t node, Duration time) {
        membership::Node& core = nodes_[node - 1].core->core();
        const Duration until = now_ + time;
        for (auto next = core.next_deadline(); next && *next <= Time{until};
             next = core.next_deadline()) {
            now_ = std::max(now_, next->time_since_epoch());
            outbox_.clear();
            core.handle_timeout(Time{now_}, outbox_);
            pass_events(node);
        }
        now_ = until;
    }
    void readdress(std::uint32_t node) {
        nodes_[node - 1].address = WireAddress::v4(10, 0, 1, static_cast<std::uint8_t>(node));
        step(action::Readdress{.who = {node}});
    }
    void cut(std::uint32_t from, std::uint32_t to) { cut_.emplace(from, to); }
    void serf_event_at(std::uint32_t node, const serf::Event& event) {
        judge_->serf_event(*this, node, event);
    }
    void new_life(std::uint32_t node) { ++nodes_[node - 1].life; }
    void pause(std::uint32_t node) { nodes_[node - 1].paused = true; }
    void give_up(std::uint32_t node) { nodes_[node - 1].given_up = true; }

    // --- violations ------------------------------------------------------------------------------
    [[nodiscard]] std::set<std::string> broken() const {
        std::set<std::string> invariants;
        for (const Violation& v : judge_->violations()) invariants.insert(v.invariant);
        return invariants;
    }
    [[nodiscard]] std::string story() const {
        std::string text;
        for (const Violation& v : judge_->violations()) text += v.invariant + ": " + v.what + "\n";
        return text;
    }
    [[nodiscard]] const Invariants& judge() const { return *judge_; }
    [[nodiscard]] MemberId id(std::string_view who) {
        const auto found = ids_.try_emplace(std::string{who}, ids_.size()).first;
        return MemberId{static_cast<std::uint32_t>(found->second)};
    }
    [[nodiscard]] membership::About about(std::string_view who, std::uint32_t incarnation) {
        const auto found = std::ranges::find(nodes_, who, &Cast::name);
        return {.member = id(who),
                .name = std::string{who},
                .address = found == nodes_.end() ? WireAddress::v4(10, 9, 9, 9) : found->address,
                .port = kPort,
                .incarnation = Incarnation{incarnation}};
    }

    // --- ClusterView ---------------------------------------------------------------------------
    Duration now() const override { return now_; }
    std::uint32_t nodes() const override { return static_cast<std::uint32_t>(nodes_.size()); }
    const std::string& name(std::uint32_t node) const override { return nodes_[node - 1].name; }
    Endpoint endpoint(std::uint32_t node) const override {
        return *Endpoint::from_wire(nodes_[node - 1].address, kPort);
    }
    HostId host(std::uint32_t node) const override { return node; }
    bool running(std::uint32_t node) const override { return nodes_[node - 1].core != nullptr; }
    bool paused(std::uint32_t node) const override { return nodes_[node - 1].paused; }
    std::uint64_t life(std::uint32_t node) const override { return nodes_[node - 1].life; }
    const membership::Node& core(std::uint32_t node) const override {
        return nodes_[node - 1].core->core();
    }
    bool connected(std::uint32_t from, std::uint32_t to) const override {
        return !cut_.contains({from, to});
    }
    wire::Keyring::Key key(unsigned number) const override {
        return wire::Keyring::Key(16, static_cast<std::byte>(number));
    }
    bool given_up(std::uint32_t node) const override { return nodes_[node - 1].given_up; }
    const Network& network() const override { return network_; }

private:
    struct Cast {
        std::string name;
        WireAddress address;
        bool paused = false;
        bool given_up = false;
        std::uint64_t life = 1;
        std::unique_ptr<CoreTraits<membership::Node>::Instance> core;
    };
    template <class Encode>
    void pass_packet(std::uint32_t node, bool silently, Encode&& encode) {
        std::vector<std::byte> room(1400);
        ByteWriter writer{room};
        encode(writer);
        outbox_.clear();
        nodes_[node - 1].core->core().handle_packet(Time{now_}, endpoint(node), writer.written(),
                                                    outbox_);
        if (!silently) pass_events(node);
    }
    void pass_events(std::uint32_t node) {
        for (const membership::Event& event : outbox_.events()) event_at(node, event);
        outbox_.clear();
    }

    Scenario scenario_;
    Duration now_ = 10s;
    std::vector<Cast> nodes_;
    std::map<std::string, std::size_t> ids_;
    std::set<std::pair<std::uint32_t, std::uint32_t>> cut_;
    SeededEntropy entropy_{1};
    membership::Outbox outbox_;
    World world_{1};
    Network network_{world_, {}};
    std::unique_ptr<Invariants> judge_;
};

// Exactly this invariant is violated.
#define EXPECT_BROKEN(cluster, invariant) \
    EXPECT_EQ((cluster).broken(), std::set<std::string>{invariant}) << (cluster).story()
#define EXPECT_KEPT(cluster) EXPECT_TRUE((cluster).broken().empty()) << (cluster).story()

}  // namespace rollcall::sim
