// SPDX-License-Identifier: Apache-2.0
//
// Caps and times: what may be queued, sent and remembered, for how long, and that changes are
// gossiped. Rules G1, G2, G4, T1, T2, P5, S1 of docs/protocol.md, transcribed.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "sim/scenario/judge/invariant.h"
#include "sim/scenario/judge/slow_verdicts.h"

namespace rollcall::sim {
namespace {

using namespace membership;

std::string whole_seconds(Duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()) + " s";
}

// Queues and memory stay within their caps, and within what the protocol can need: one queued
// message for each name and each address so far (G1: a broadcast about a member replaces an older
// one about it), one table entry for each name.
class WithinCaps final : public Invariant {
public:
    explicit WithinCaps(Findings& findings) : Invariant{"within-caps", findings} {}

    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            names_.insert(view.name(node));
            places_.insert(view.endpoint(node).to_string());
        }
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!view.running(node)) continue;
            const membership::Node& core = view.core(node);
            const Config& config = core.config();
            const auto within = [&](const char* what, std::size_t is, std::size_t most) {
                if (is <= most) return;
                report(scene, view.name(node) + " has " + std::to_string(is) + " " + what +
                                  ", more than " + std::to_string(most));
            };
            within("queued broadcasts", core.broadcasts_queued(),
                   std::min(config.max_broadcasts, names_.size() + places_.size()));
            within("members", core.members().size(), std::min(config.max_members, names_.size()));
            within("points of health score", core.health_score(),
                   config.awareness_max_multiplier - 1);
            within("bytes of member table", core.members().memory(),
                   kTableBase + kBytesPerMember * names_.size());
        }
    }

private:
    static constexpr std::size_t kTableBase = 4096;
    static constexpr std::size_t kBytesPerMember = 512;  // with slack of growing vectors
    std::set<std::string> names_, places_;
};

// No datagram over the limit (G2): the first message, broadcasts and layers of a packet fit in
// packet_size bytes.
class DatagramsFit final : public Invariant {
public:
    explicit DatagramsFit(Findings& findings) : Invariant{"datagrams-fit", findings} {}

    void on_datagram(const Scene& scene, const SentDatagram& sent) override {
        if (sent.from == 0) return;
        // The Serf layer sends some messages in separate packets of any size.
        const std::size_t most =
            scene.scenario.serf ? wire::kMaxDatagram : scene.settings_of(sent.from).packet_size;
        if (sent.bytes.size() <= most) return;
        report(scene, scene.view.name(sent.from) + " sends a datagram of " +
                          std::to_string(sent.bytes.size()) + " bytes, more than " +
                          std::to_string(most));
    }
};

// Dead members are kept for at least gossip_to_the_dead, so that an old message is not taken for a
// new member; and reaped at the next end of the probe ring (G4), so that tables stay bounded. The
// ring is counted in probes: after that time, at most one whole pass.
class DeadMembersReapedInTime final : public Invariant {
public:
    explicit DeadMembersReapedInTime(Findings& findings)
        : Invariant{"dead-members-reaped-in-time", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        if (observed.started) probes_[observed.node] = {};
        if (observed.as<MemberReaped>() == nullptr && observed.as<ProbeEnded>() == nullptr) return;
        const Config& config = scene.settings_of(observed.node);
        const Duration keep = config.gossip_to_the_dead;
        const auto* reaped = observed.as<MemberReaped>();
        if (reaped != nullptr && reaped->stranger) return;  // rule S9
        if (reaped != nullptr && observed.before) {
            const Duration kept =
                scene.faults.most_elapsed(observed.node, observed.before->since, observed.at);
            if (kept <= keep) {
                report(scene, scene.view.name(observed.node) + " forgets " +
                                  std::string{observed.name} + " " + whole_seconds(kept) +
                                  " after its end, before " + whole_seconds(keep));
            }
        } else if (observed.as<ProbeEnded>() != nullptr) {
            Probes& probes = probes_[observed.node];
            ++probes.ended;
            if (probes.ended % kLookEvery == 0) {
                look(scene, observed.node, probes, observed.at, config);
            }
        }
    }

private:
    struct Overdue {
        std::uint64_t tenure = 0;
        Duration since{};
        std::uint64_t probes = 0;  // ended when it was found due
    };
    struct Probes {
        std::uint64_t ended = 0;
        std::map<std::string, Overdue> due;
    };
    void look(const Scene& scene, std::uint32_t node, Probes& probes, Duration now,
              const Config& config) {
        // F7: every second probe is not one of the ring's pass.
        const std::uint64_t share = config.ring_watch ? 2 : 1;
        const NodeLedger& ledger = scene.ledger.node(node);
        for (const auto& [name, belief] : ledger.members) {
            if (belief.live() || name == ledger.self) continue;
            if (scene.faults.least_elapsed(node, belief.since, now) <= config.gossip_to_the_dead) {
                continue;
            }
            Overdue& due = probes.due[name];
            if (due.tenure != belief.tenure || due.since != belief.since) {
                due = {belief.tenure, belief.since, probes.ended};
            } else if (probes.ended - due.probes > share * ledger.members.size() + kLookEvery) {
                report(scene, scene.view.name(node) + " remembers " + name + " " +
                                  whole_seconds(now - belief.since) +
                                  " and a whole pass after its end");
                due.probes = probes.ended;
            }
        }
    }
    static constexpr std::uint64_t kLookEvery = 4;
    std::map<std::uint32_t, Probes> probes_;
};

// A suspicion ends (T1, T2): cleared, or dead after its longest timeout. The timeout starts again
// after a pause (Z1) and after an answer to the last word (F5); a delayed node may be late, and so
// is one whose gate is closed (F6).
class SuspicionsEnd final : public Invariant {
public:
    explicit SuspicionsEnd(Findings& findings) : Invariant{"suspicions-end", findings} {}

    void on_sample(const Scene& scene) override {
        const Duration now = scene.view.now();
        slow_.sampled(scene);
        for (std::uint32_t node = 1; node <= scene.view.nodes(); ++node) {
            if (!scene.view.running(node)) continue;
            const Config& config = scene.settings_of(node);
            const NodeLedger& ledger = scene.ledger.node(node);
            for (const auto& [name, belief] : ledger.members) {
                if (belief.state != State::suspect) continue;
                if (slow_.last(node) >= belief.timer_since) continue;
                const Duration least = scene.faults.least_elapsed(node, belief.timer_since, now);
                const Duration most =
                    longest(config, belief.entries) + kSlack + scene.scenario.wake_delay;
                if (least <= most || !scene.faults.undisturbed(node, belief.timer_since, now)) {
                    continue;
                }
                report(scene, scene.view.name(node) + " suspects " + name + " for " +
                                  whole_seconds(least) + ", longer than " + whole_seconds(most));
            }
        }
    }

private:
    static Duration longest(const Config& config, std::size_t members) {
        const double scale = std::max(1.0, std::log10(static_cast<double>(members)));
        const auto thousandths = static_cast<std::int64_t>(1000.0 * scale);
        return suspicion_unit(config) * thousandths * config.suspicion_mult *
               config.suspicion_max_timeout_mult / 1000;
    }
    static constexpr Duration kSlack = std::chrono::seconds{1};
    SlowVerdicts slow_;
};

// Accepted changes are gossiped (S1, S4; SWIM 4.1): a node that changed its view of a member sends
// that in a datagram within a few rounds of gossip, unless its view changed again. Checked only
// while at least two other members are live and the node is undisturbed.
class ChangesAreGossiped final : public Invariant {
public:
    explicit ChangesAreGossiped(Findings& findings) : Invariant{"changes-are-gossiped", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        auto& pending = pending_[observed.node];
        if (observed.started) pending.clear();
        if (observed.name.empty() || observed.started) return;
        // A new change replaces the previous one, even if there is no member to send it to.
        if (const auto old = pending.find(observed.name); old != pending.end()) pending.erase(old);
        if (observed.as<MemberReaped>() != nullptr || !observed.after) return;
        if (scene.ledger.node(observed.node).live_others(observed.name) < 2) return;
        pending.insert_or_assign(
            std::string{observed.name},
            Change{observed.at, observed.after->incarnation, message_for(observed)});
        // The datagrams of a call are sent before its events are observed.
        const auto just_sent = just_sent_.find(observed.node);
        if (just_sent == just_sent_.end() || just_sent->second.at != observed.at) return;
        for (const Claim& claim : just_sent->second.claims) settle(pending, claim);
    }
    void on_message(const Scene& scene, const SentMessage& sent) override {
        reads_ = true;
        Claim claim{.how = sent.type};
        if (sent.type == wire::MessageType::alive) {
            const auto alive = wire::decode_alive(sent.body);
            if (!alive) return;
            claim.name = alive->node;
            claim.incarnation = alive->incarnation;
        } else if (sent.type == wire::MessageType::suspect ||
                   sent.type == wire::MessageType::dead) {
            const auto accusation = wire::decode_accusation(sent.body);
            if (!accusation) return;
            claim.name = accusation->node;
            claim.incarnation = accusation->incarnation;
        } else {
            return;
        }
        settle(pending_[sent.from], claim);
        JustSent& just_sent = just_sent_[sent.from];
        if (just_sent.at != scene.view.now()) just_sent = {scene.view.now(), {}};
        just_sent.claims.push_back(std::move(claim));
    }
    void on_sample(const Scene& scene) override {
        const Duration interval = gossip_interval(scene);
        if (!reads_ || interval <= Duration{}) return;
        const Duration now = scene.view.now();
        const Duration patience = interval * kRounds + scene.scenario.wake_delay;
        for (auto& [node, pending] : pending_) {
            for (auto change = pending.begin(); change != pending.end();) {
                if (now - change->second.at < patience) {
                    ++change;
                    continue;
                }
                if (scene.view.running(node) &&
                    scene.faults.undisturbed(node, change->second.at, now) &&
                    scene.ledger.node(node).live_others(change->first) >= 2) {
                    report(scene, scene.view.name(node) + " has not gossiped that " +
                                      to_string(change->first, belief(scene, node, change->first)) +
                                      " in " + std::to_string(kRounds) + " rounds of gossip");
                }
                change = pending.erase(change);
            }
        }
    }

private:
    struct Change {
        Duration at{};
        Incarnation incarnation;
        wire::MessageType how = wire::MessageType::alive;
    };
    struct Claim {
        std::string name;
        Incarnation incarnation;
        wire::MessageType how = wire::MessageType::alive;
    };
    struct JustSent {  // at one time
        Duration at{-1};
        std::vector<Claim> claims;
    };
    using Pending = std::map<std::string, Change, std::less<>>;

    // The longest of any node; 0: some do not gossip.
    static Duration gossip_interval(const Scene& scene) {
        const Duration usual = scene.scenario.profile.gossip_interval;
        if (usual <= Duration{} || scene.scenario.published.empty()) return usual;
        return std::max(usual, published_lan().gossip_interval);
    }
    static wire::MessageType message_for(const ObservedEvent& observed) {
        if (observed.as<MemberSuspected>() != nullptr) return wire::MessageType::suspect;
        if (observed.as<MemberFailed>() != nullptr || observed.as<MemberLeft>() != nullptr) {
            return wire::MessageType::dead;
        }
        return wire::MessageType::alive;
    }
    static void settle(Pending& pending, const Claim& claim) {
        const auto change = pending.find(claim.name);
        if (change == pending.end() || change->second.how != claim.how) return;
        if (claim.incarnation >= change->second.incarnation) pending.erase(change);
    }
    static std::optional<LedgerEntry> belief(const Scene& scene, std::uint32_t node,
                                             std::string_view name) {
        const LedgerEntry* found = scene.ledger.node(node).find(name);
        return found == nullptr ? std::optional<LedgerEntry>{} : *found;
    }
    // A full queue takes some rounds: each round sends one packet to three members.
    static constexpr int kRounds = 15;
    std::map<std::uint32_t, Pending> pending_;
    std::map<std::uint32_t, JustSent> just_sent_;
    bool reads_ = false;
};

}  // namespace

void add_bound_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<WithinCaps>(findings));
    list.push_back(std::make_unique<DatagramsFit>(findings));
    list.push_back(std::make_unique<DeadMembersReapedInTime>(findings));
    list.push_back(std::make_unique<SuspicionsEnd>(findings));
    list.push_back(std::make_unique<ChangesAreGossiped>(findings));
}

}  // namespace rollcall::sim
