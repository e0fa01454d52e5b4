// SPDX-License-Identifier: Apache-2.0
//
// When a node may suspect a member or declare it dead: rules P1 to P5, T1, Z1, S1 and F1 to F7 of
// docs/protocol.md, checked from events and sent datagrams. Formulas are transcribed here, not
// taken from the core. A node is not judged while it has other timings than the scenario (L6).
#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <variant>

#include "sim/scenario/judge/good_network.h"
#include "sim/scenario/judge/invariant.h"
#include "sim/scenario/judge/lookup.h"

namespace rollcall::sim {
namespace {

using namespace membership;

std::string in_seconds(Duration d) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
    return std::to_string(ms / 1000) + "." + std::to_string(1000 + ms % 1000).substr(1) + " s";
}

std::string_view outcome_text(ProbeOutcome outcome) {
    return outcome == ProbeOutcome::acked ? "answered" : "answered by relay";
}

// No suspicion before every path of the probe has timed out (P3, P4; SWIM 3.1, Lifeguard's
// LHA-Probe). The direct ping and the pings by relay and by stream have one deadline,
// probe_interval x (health + 1) after the first ping, by the prober's own clock; and all available
// relays were asked. Who looks (F1) may end a probe earlier, not before the ping and then the
// relays had the shortest time for an answer.
//
// A suspicion with the node itself as accuser needs a failed probe of its own, unless another
// member may have returned an old claim of the node: after a restart, and about a name that it had
// forgotten or that moved. Who looks (F3) accuses later than that, but no later than a vigil lasts.
class NoEarlySuspicion final : public Invariant {
public:
    explicit NoEarlySuspicion(Findings& findings) : Invariant{"no-early-suspicion", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        Node& node = nodes_[observed.node];
        if (observed.started) node = {};
        if (const auto* probe = observed.as<ProbeEnded>()) {
            if (probe->outcome == ProbeOutcome::failed) judge(scene, observed, node, *probe);
            node.failed = probe->outcome == ProbeOutcome::failed;
            node.probed = probe->member;
            node.failed_at = observed.at;
            if (node.failed) {
                const auto who = scene.ledger.node(observed.node).name_of(probe->member);
                node.last_failed.insert_or_assign(std::string{who}, observed.at);
            }
            score(node, observed.at, probe->health_score);
        } else if (observed.as<Refuted>() != nullptr) {
            const unsigned most = scene.settings_of(observed.node).awareness_max_multiplier - 1;
            score(node, observed.at, std::min(most, node.score + 1));
        } else if (observed.as<MemberReaped>() != nullptr ||
                   (observed.as<MemberJoined>() != nullptr && observed.before &&
                    !observed.about_self)) {
            node.unclear.emplace(observed.name);
        } else if (const auto* suspected = observed.as<MemberSuspected>()) {
            accuse(scene, observed, node, *suspected);
        }
    }

private:
    struct Score {
        Duration at;
        unsigned value;
    };
    struct Node {
        std::set<std::string, std::less<>> unclear;  // names about which its old claims may return
        unsigned score = 0;
        std::deque<Score> scores;  // changes, oldest first
        bool failed = false;       // the last probe that ended
        MemberId probed;
        Duration failed_at{};
        std::map<std::string, Duration, std::less<>> last_failed;  // probes of each
    };

    static void score(Node& node, Duration at, unsigned value) {
        node.score = value;
        node.scores.push_back({at, value});
        if (node.scores.size() > kScores) node.scores.pop_front();
    }
    // The lowest health score possible when the probe began, within `slack` of `began`.
    static unsigned least_score(const Node& node, Duration began, Duration slack) {
        unsigned least = 0;
        for (const Score& s : node.scores) {
            if (s.at < began - slack) {
                least = s.value;
            } else if (s.at <= began + slack) {
                least = std::min(least, s.value);
            }
        }
        return least;
    }
    void judge(const Scene& scene, const ObservedEvent& observed, const Node& node,
               const ProbeEnded& probe) {
        const Config& config = scene.settings_of(observed.node);
        const Duration slack = kSlack + probe.took / 1000;
        const Duration began = observed.at - probe.took;
        if (!scene.faults.untuned(observed.node, began - slack)) return;
        // If the node's clock jumped meanwhile, the start of the probe is unknown.
        const bool clear = scene.faults.undisturbed(observed.node, began - slack, observed.at);
        const unsigned health = clear ? least_score(node, began, slack) : 0;
        Duration whole = config.probe_interval * (health + 1);
        // The time for the first ping may end early with an error of this host.
        if (config.variant.looking) {
            whole = std::min(whole, 2 * std::min(kShortestAnswer, config.probe_timeout));
        }
        const NodeLedger& ledger = scene.ledger.node(observed.node);
        const std::string who{ledger.name_of(probe.member)};
        if (probe.took < whole) {
            report(scene, scene.view.name(observed.node) + " gave up its probe of " + who +
                              " after " + in_seconds(probe.took) + ", before " + in_seconds(whole) +
                              " (health " + std::to_string(health) + ")");
        }
        // In a small table all candidates are drawn (G3), so none is missed.
        if (!clear || ledger.members.size() >= 3 * static_cast<std::size_t>(config.indirect_checks))
            return;
        unsigned candidates = 0;
        for (const auto& [name, belief] : ledger.members) {
            candidates += name != ledger.self && name != who && belief.state == State::alive &&
                                  belief.since < began - slack
                              ? 1
                              : 0;
        }
        if (probe.relays_asked < std::min(candidates, config.indirect_checks)) {
            report(scene, scene.view.name(observed.node) + " gave up its probe of " + who +
                              " and had asked " + std::to_string(probe.relays_asked) + " of " +
                              std::to_string(candidates) + " possible relays");
        }
    }
    void accuse(const Scene& scene, const ObservedEvent& observed, const Node& node,
                const MemberSuspected& suspected) {
        if (suspected.from != scene.view.name(observed.node)) return;
        if (scene.ledger.node(observed.node).life > 1 || node.unclear.contains(observed.name))
            return;
        if (node.failed && node.failed_at == observed.at && node.probed == suspected.about.member) {
            return;
        }
        if (scene.settings_of(observed.node).variant.looking) {
            const auto last = node.last_failed.find(observed.name);
            // A pause makes a vigil start again (Z1).
            if (last != node.last_failed.end() &&
                (observed.at <= last->second + kLongestVigil ||
                 !scene.faults.undisturbed(observed.node, last->second, observed.at))) {
                return;
            }
        }
        report(scene, scene.view.name(observed.node) + " suspects " + std::string{observed.name} +
                          " in its own name without a probe that failed");
    }

    static constexpr std::size_t kScores = 256;  // more than the changes during the longest probe
    // The node's clock may drift.
    static constexpr Duration kSlack = std::chrono::milliseconds{50};
    static constexpr Duration kShortestAnswer = std::chrono::milliseconds{100};  // F1
    static constexpr Duration kLongestVigil = std::chrono::seconds{9};           // F2, and slack
    std::map<std::uint32_t, Node> nodes_;
};

// A suspect gets the minimum timeout (T1, T2, Z1): no node itself declares a suspect dead before
// the shortest timeout for the size of its table, which starts again after a pause. Its own
// declaration may come back to it as gossip after a restart, and so may the death with which it
// answered an accuser (F3), so only a death that it did not know before counts.
//
// A vigil may decide earlier (F4), by what it saw: for the span that was set, or 3 s, no answer to
// three pings; two witnesses; and either three controls that answered, where silence alone may
// decide, or refusals on both ways. Its suspect had time to object, and its host took no
// connection.
class NoEarlyFailure final : public Invariant {
public:
    explicit NoEarlyFailure(Findings& findings) : Invariant{"no-early-failure", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        const auto* failed = observed.as<MemberFailed>();
        if (failed == nullptr) return;
        const bool known =
            !known_.emplace(observed.node, observed.name, failed->about.incarnation.value()).second;
        if (known || failed->from != scene.view.name(observed.node)) return;
        if (!observed.before || observed.before->state != State::suspect) {
            report(scene, scene.view.name(observed.node) + " declares " +
                              to_string(observed.name, observed.before) +
                              " dead without suspecting it");
            return;
        }
        if (!scene.faults.untuned(observed.node, observed.before->timer_since)) return;
        const Config& config = scene.settings_of(observed.node);
        const bool looked =
            failed->vigil && failed->vigil->ground != VigilEvidence::Ground::expired;
        if (looked) judge(scene, observed, config, *failed->vigil);
        const Duration least = looked ? kTimeToObject : shortest(config, observed.before->entries);
        const Duration had =
            scene.faults.most_elapsed(observed.node, observed.before->timer_since, observed.at);
        if (had < least) {
            report(scene, scene.view.name(observed.node) + " declares " +
                              std::string{observed.name} + " dead " + in_seconds(had) +
                              " after it was suspected, before " + in_seconds(least));
        }
    }

private:
    void judge(const Scene& scene, const ObservedEvent& observed, const Config& config,
               const VigilEvidence& vigil) {
        const bool refused = vigil.ground == VigilEvidence::Ground::refused;
        const Duration span = config.fast_verdicts ? config.detection_span : kRefusedSpan;
        const auto need = [&](bool holds, const char* what) {
            if (holds) return;
            report(scene, scene.view.name(observed.node) + " declares " +
                              std::string{observed.name} + " dead by its vigil, " + what);
        };
        need(config.variant.looking, "and does not look");
        need(refused || config.fast_verdicts, "and silence may not decide");
        need(vigil.took >= span, "before the span is over");
        need(vigil.witnesses >= kWitnesses, "without two witnesses");
        need(!vigil.stalled, "and its host took a connection");
        need(refused || vigil.pings >= kPings, "after fewer than three pings");
        need(refused || vigil.controls_answered >= kControls, "without three answers of others");
        need(!refused || vigil.refusals >= kRefusals, "with too few refusals");
    }
    static Duration shortest(const Config& config, std::size_t members) {
        const double scale = std::max(1.0, std::log10(static_cast<double>(members)));
        // A thousandth less, to allow for rounding.
        const auto thousandths = static_cast<std::int64_t>(1000.0 * scale) - 1;
        return suspicion_unit(config) * thousandths * config.suspicion_mult / 1000;
    }
    static constexpr Duration kTimeToObject = std::chrono::milliseconds{500};
    static constexpr Duration kRefusedSpan = std::chrono::seconds{3};
    static constexpr unsigned kWitnesses = 2, kPings = 3, kControls = 3;
    static constexpr unsigned kRefusals = 5;  // three of pings, two of streams
    std::set<std::tuple<std::uint32_t, std::string, std::uint32_t>> known_;
};

// Acks match pings (P4, P6; SWIM 3.1): a probe succeeds only when an ack with the sequence number
// of its ping was sent to the prober since. Otherwise a dead member could pass on other members'
// acks.
class AcksMatchPings final : public Invariant {
public:
    explicit AcksMatchPings(Findings& findings) : Invariant{"acks-match-pings", findings} {}

    void on_message(const Scene& scene, const SentMessage& sent) override {
        reads_ = true;
        const Duration now = scene.view.now();
        if (sent.type == wire::MessageType::ping) {
            if (const auto ping = wire::decode_ping(sent.body)) {
                remember(nodes_[sent.from].pings, now,
                         {now, ping->sequence.value(), std::string{ping->node}});
            }
        } else if (sent.type == wire::MessageType::ack && sent.to != 0) {
            if (const auto ack = wire::decode_ack(sent.body)) {
                remember(nodes_[sent.to].acks, now, {now, ack->sequence.value(), {}});
            }
        }
    }
    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        const auto* probe = observed.as<ProbeEnded>();
        if (probe == nullptr || !reads_) return;
        if (probe->outcome != ProbeOutcome::acked &&
            probe->outcome != ProbeOutcome::acked_by_relay) {
            return;
        }
        const Duration slack = kSlack + probe->took / 1000;
        const Duration began = observed.at - probe->took - slack;
        // A delayed process sends its datagrams later than its clock says.
        if (began < Duration{} || !scene.faults.undisturbed(observed.node, began, observed.at))
            return;
        const std::string_view who = scene.ledger.node(observed.node).name_of(probe->member);
        if (who.empty()) return;
        const Node& node = nodes_[observed.node];
        for (const Message& ping : node.pings) {
            if (ping.at < began || ping.at > observed.at - probe->took + slack ||
                ping.about != who) {
                continue;
            }
            for (const Message& ack : node.acks) {
                if (ack.number == ping.number && ack.at >= ping.at) return;
            }
        }
        report(scene, scene.view.name(observed.node) + " counts its probe of " + std::string{who} +
                          " as " + std::string{outcome_text(probe->outcome)} + " after " +
                          in_seconds(probe->took) + ", and no ack with its number was sent");
    }

private:
    struct Message {
        Duration at;
        std::uint32_t number;
        std::string about;
    };
    struct Node {
        std::deque<Message> pings, acks;  // sent by it, sent to it
    };
    static void remember(std::deque<Message>& messages, Duration now, Message message) {
        messages.push_back(std::move(message));
        while (messages.front().at < now - kMemory) messages.pop_front();
    }
    static constexpr Duration kSlack = std::chrono::milliseconds{50};
    static constexpr Duration kMemory = std::chrono::seconds{90};  // longer than any probe
    std::map<std::uint32_t, Node> nodes_;
    bool reads_ = false;
};

// All members are probed (P1; SWIM 4.3): a member that stays live in a node's table is the target
// of at least one of any 2N - 1 consecutive probes, N the highest number of entries of that table.
// Counted in probes, not in seconds, so that pauses and a high health score make no difference. Who
// watches its successor (F7) has every second probe for the rest. Who looks does not probe a member
// that it looks at (F2), so a suspect waits for nothing; and with an interval far below that of the
// scenario (L6) a look takes more probes than those.
class AllMembersProbed final : public Invariant {
public:
    explicit AllMembersProbed(Findings& findings) : Invariant{"all-members-probed", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        if (observed.started) nodes_[observed.node] = {};
        Node& node = nodes_[observed.node];
        if (const auto* probe = observed.as<ProbeEnded>())
            return probed(scene, observed.node, node, *probe);
        // A member that joins, dies, leaves or is reaped starts waiting again.
        const bool reset =
            observed.as<MemberJoined>() != nullptr || observed.as<MemberFailed>() != nullptr ||
            observed.as<MemberLeft>() != nullptr || observed.as<MemberReaped>() != nullptr;
        if (!reset) return;
        if (const auto wait = node.last.find(observed.name); wait != node.last.end()) {
            node.last.erase(wait);
        }
    }

private:
    struct Node {
        std::uint64_t probes = 0;
        std::size_t most_entries = 0;
        std::map<std::string, std::uint64_t, std::less<>> last;  // last probe of each, in probes
    };
    void probed(const Scene& scene, std::uint32_t number, Node& node, const ProbeEnded& probe) {
        ++node.probes;
        const NodeLedger& ledger = scene.ledger.node(number);
        node.most_entries = std::max(node.most_entries, ledger.members.size());
        const auto target = node.last.find(ledger.name_of(probe.member));
        if (target != node.last.end()) target->second = node.probes;
        if (node.probes % kLookEvery != 0) return;
        for (const auto& [name, belief] : ledger.members) {
            if (name == ledger.self || !belief.live()) continue;
            std::uint64_t& last = node.last.try_emplace(name, node.probes).first->second;
            const std::uint64_t waited = node.probes - last;
            const Config& config = scene.settings_of(number);
            const bool looked_at = config.variant.looking && belief.state == State::suspect;
            if (looked_at || !scene.faults.untuned(number, scene.view.now())) {
                last = node.probes;
                continue;
            }
            const std::uint64_t share = config.ring_watch ? 2 : 1;
            if (waited < share * 2 * node.most_entries) continue;
            report(scene, scene.view.name(number) + " did not probe " + name + " in " +
                              std::to_string(waited) + " probes, with " +
                              std::to_string(node.most_entries - 1) + " others to probe");
            last = node.probes;
        }
    }

    static constexpr std::uint64_t kLookEvery = 4;
    std::map<std::uint32_t, Node> nodes_;
};

// Nobody who is well declares a member dead that is well (F2 to F6): while nothing has ailed the
// network, the observer or the member for a minute, both have kept their addresses, and the
// observer knows the member's. Others may ail. Of those who do not look it is not asked.
class HealthyNotFailed final : public Invariant {
public:
    explicit HealthyNotFailed(Findings& findings) : Invariant{"healthy-not-failed", findings} {}

    void on_step(const Scene& scene, const Step& step) override {
        network_.on_step(scene, step);
        if (const auto* moved = std::get_if<action::Readdress>(&step.what)) {
            for (const std::uint32_t n : moved->who) moved_.insert_or_assign(n, scene.view.now());
        }
    }
    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        const auto* failed = observed.as<MemberFailed>();
        if (failed == nullptr || !observed.before || failed->from != scene.view.name(observed.node))
            return;
        if (!scene.settings_of(observed.node).variant.looking) return;
        const std::uint32_t about = number_of(scene.view, observed.name);
        const Duration since = observed.at - kPeace;
        if (about == 0 || !scene.view.running(about) || scene.view.core(about).leaving()) return;
        if (!network_.is_good(scene) || network_.good_since() > since) return;
        if (!scene.faults.undisturbed(observed.node, since, observed.at) ||
            !scene.faults.undisturbed(about, since, observed.at)) {
            return;
        }
        if (has_moved(observed.node, since) || has_moved(about, since)) return;
        const auto known = Endpoint::from_wire(observed.before->address, observed.before->port);
        if (known != scene.view.endpoint(about)) return;
        report(scene, scene.view.name(observed.node) + " declares " + std::string{observed.name} +
                          " dead, which runs, and nothing ails either of them");
    }

private:
    [[nodiscard]] bool has_moved(std::uint32_t node, Duration since) const {
        const auto moved = moved_.find(node);
        return moved != moved_.end() && moved->second >= since;
    }
    static constexpr Duration kPeace = std::chrono::minutes{1};
    GoodNetwork network_;
    std::map<std::uint32_t, Duration> moved_;  // by node: its last new address
};

}  // namespace

void add_probe_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<NoEarlySuspicion>(findings));
    list.push_back(std::make_unique<NoEarlyFailure>(findings));
    list.push_back(std::make_unique<AcksMatchPings>(findings));
    list.push_back(std::make_unique<AllMembersProbed>(findings));
    list.push_back(std::make_unique<HealthyNotFailed>(findings));
}

}  // namespace rollcall::sim
