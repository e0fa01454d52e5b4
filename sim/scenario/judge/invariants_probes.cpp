// SPDX-License-Identifier: Apache-2.0
//
// Who may accuse whom, and when: rules P1 to P5, T1, Z1 and S1 of docs/protocol.md, worked out from
// the events and from the datagrams that left. Formulas are transcribed here, not borrowed.
#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <variant>

#include "sim/scenario/judge/invariant.h"

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

// No suspicion before every launched path of the probe has timed out (P3, P4; SWIM 3.1, Lifeguard's
// LHA-Probe). The direct ping, the pings by relay and by stream share one end, probe_interval x
// (health + 1) after the first ping, by the accuser's own clock; and whom it could ask, it asked.
//
// A suspicion in our own name needs a probe of our own that has just failed, unless somebody else
// may be telling us what we once said: after a restart, and about a name that we had forgotten or
// that moved.
class NoSuspicionBeforeItsTime final : public Invariant {
public:
    explicit NoSuspicionBeforeItsTime(Findings& findings)
        : Invariant{"no-suspicion-before-its-time", findings} {}

    void told(const Scene& scene, const Told& told) override {
        Node& node = nodes_[told.node];
        if (told.born) node = {};
        if (const auto* probe = told.as<ProbeEnded>()) {
            if (probe->outcome == ProbeOutcome::failed) judge(scene, told, node, *probe);
            node.failed = probe->outcome == ProbeOutcome::failed;
            node.probed = probe->member;
            node.failed_at = told.at;
            score(node, told.at, probe->health_score);
        } else if (told.as<Refuted>() != nullptr) {
            const unsigned most = scene.scenario.profile.awareness_max_multiplier - 1;
            score(node, told.at, std::min(most, node.score + 1));
        } else if (told.as<MemberReaped>() != nullptr ||
                   (told.as<MemberJoined>() != nullptr && told.before && !told.about_self)) {
            node.unclear.emplace(told.name);
        } else if (const auto* suspected = told.as<MemberSuspected>()) {
            accuse(scene, told, node, *suspected);
        }
    }

private:
    struct Score {
        Duration at;
        unsigned value;
    };
    struct Node {
        std::set<std::string, std::less<>> unclear;  // names of which old claims of ours may return
        unsigned score = 0;
        std::deque<Score> scores;  // changes, oldest first
        bool failed = false;       // the last probe that ended
        MemberId probed;
        Duration failed_at{};
    };

    static void score(Node& node, Duration at, unsigned value) {
        node.score = value;
        node.scores.push_back({at, value});
        if (node.scores.size() > kScores) node.scores.pop_front();
    }
    // The least that the health score may have been when the probe began, some time round `began`.
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
    void judge(const Scene& scene, const Told& told, const Node& node, const ProbeEnded& probe) {
        const Config& config = scene.scenario.profile;
        const Duration slack = kSlack + probe.took / 1000;
        const Duration began = told.at - probe.took;
        // A clock that jumped meanwhile does not say when the probe began.
        const bool clear = scene.faults.undisturbed(told.node, began - slack, told.at);
        const unsigned health = clear ? least_score(node, began, slack) : 0;
        const Duration whole = config.probe_interval * (health + 1);
        const Eyes& eyes = scene.ledger.eyes(told.node);
        const std::string who{eyes.name_of(probe.member)};
        if (probe.took < whole) {
            broken(scene, scene.view.name(told.node) + " gave up its probe of " + who + " after " +
                              in_seconds(probe.took) + ", before " + in_seconds(whole) +
                              " (health " + std::to_string(health) + ")");
        }
        // Small tables are drawn from exhaustively (G3), so no candidate is missed.
        if (!clear || eyes.of.size() >= 3 * static_cast<std::size_t>(config.indirect_checks))
            return;
        unsigned candidates = 0;
        for (const auto& [name, belief] : eyes.of) {
            candidates += name != eyes.self && name != who && belief.state == State::alive &&
                                  belief.since < began - slack
                              ? 1
                              : 0;
        }
        if (probe.relays_asked < std::min(candidates, config.indirect_checks)) {
            broken(scene, scene.view.name(told.node) + " gave up its probe of " + who +
                              " and had asked " + std::to_string(probe.relays_asked) + " of " +
                              std::to_string(candidates) + " members to try");
        }
    }
    void accuse(const Scene& scene, const Told& told, const Node& node,
                const MemberSuspected& suspected) {
        if (suspected.from != scene.view.name(told.node)) return;
        if (scene.ledger.eyes(told.node).life > 1 || node.unclear.contains(told.name)) return;
        if (node.failed && node.failed_at == told.at && node.probed == suspected.about.member) {
            return;
        }
        broken(scene, scene.view.name(told.node) + " suspects " + std::string{told.name} +
                          " in its own name without a probe that failed");
    }

    static constexpr std::size_t kScores = 256;  // more than change in the longest probe
    // Its clock may run at another speed than the world's.
    static constexpr Duration kSlack = std::chrono::milliseconds{50};
    std::map<std::uint32_t, Node> nodes_;
};

// A suspect gets its time (T1, T2, Z1): nobody declares a suspect dead on its own account before
// the shortest timeout that its table's size allows, counted anew after a pause. What a node once
// declared may come back to it as gossip after a restart; so only the first time counts.
class SuspectsGetTheirTime final : public Invariant {
public:
    explicit SuspectsGetTheirTime(Findings& findings)
        : Invariant{"suspects-get-their-time", findings} {}

    void told(const Scene& scene, const Told& told) override {
        const auto* failed = told.as<MemberFailed>();
        if (failed == nullptr || failed->from != scene.view.name(told.node)) return;
        if (!declared_.emplace(told.node, told.name, failed->about.incarnation.value()).second) {
            return;
        }
        if (!told.before || told.before->state != State::suspect) {
            broken(scene, scene.view.name(told.node) + " declares " +
                              to_string(told.name, told.before) + " dead without suspecting it");
            return;
        }
        const Duration least = shortest(scene.scenario.profile, told.before->entries);
        const Duration had = scene.faults.most_elapsed(told.node, told.before->fair_since, told.at);
        if (had < least) {
            broken(scene, scene.view.name(told.node) + " declares " + std::string{told.name} +
                              " dead " + in_seconds(had) + " after it was suspected, before " +
                              in_seconds(least));
        }
    }

private:
    static Duration shortest(const Config& config, std::size_t members) {
        const double scale = std::max(1.0, std::log10(static_cast<double>(members)));
        // A thousandth less: how the last digit is rounded is not what this is about.
        const auto thousandths = static_cast<std::int64_t>(1000.0 * scale) - 1;
        return config.probe_interval * thousandths * config.suspicion_mult / 1000;
    }
    std::set<std::tuple<std::uint32_t, std::string, std::uint32_t>> declared_;
};

// An answer answers its own question (P4, P6; SWIM 3.1): a probe ends well only when an ack with
// the number of its ping was sent to the prober since. Else whoever is dead lives on, on acks that
// others earned.
class AnswersAreToTheQuestion final : public Invariant {
public:
    explicit AnswersAreToTheQuestion(Findings& findings)
        : Invariant{"answers-are-to-the-question", findings} {}

    void said(const Scene& scene, const Said& said) override {
        reads_ = true;
        const Duration now = scene.view.now();
        if (said.type == wire::MessageType::ping) {
            if (const auto ping = wire::decode_ping(said.body)) {
                remember(nodes_[said.from].pings, now,
                         {now, ping->sequence.value(), std::string{ping->node}});
            }
        } else if (said.type == wire::MessageType::ack && said.to != 0) {
            if (const auto ack = wire::decode_ack(said.body)) {
                remember(nodes_[said.to].acks, now, {now, ack->sequence.value(), {}});
            }
        }
    }
    void told(const Scene& scene, const Told& told) override {
        const auto* probe = told.as<ProbeEnded>();
        if (probe == nullptr || !reads_) return;
        if (probe->outcome != ProbeOutcome::acked &&
            probe->outcome != ProbeOutcome::acked_by_relay) {
            return;
        }
        const Duration slack = kSlack + probe->took / 1000;
        const Duration began = told.at - probe->took - slack;
        // Held up, its datagrams leave later than it believes.
        if (began < Duration{} || !scene.faults.undisturbed(told.node, began, told.at)) return;
        const std::string_view who = scene.ledger.eyes(told.node).name_of(probe->member);
        if (who.empty()) return;
        const Node& node = nodes_[told.node];
        for (const Message& ping : node.pings) {
            if (ping.at < began || ping.at > told.at - probe->took + slack || ping.about != who) {
                continue;
            }
            for (const Message& ack : node.acks) {
                if (ack.number == ping.number && ack.at >= ping.at) return;
            }
        }
        broken(scene, scene.view.name(told.node) + " takes its probe of " + std::string{who} +
                          " for " + std::string{outcome_text(probe->outcome)} + " after " +
                          in_seconds(probe->took) + ", and nobody sent it an ack of that number");
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

// Everybody is probed (P1; SWIM 4.3): whoever stays in a node's table as a live member is the
// target of at least one of any 2N - 1 probes in a row, N the most entries that table ever had.
// Told in probes, not in seconds, so that neither pauses nor a bad health excuse anybody.
class EverybodyIsProbed final : public Invariant {
public:
    explicit EverybodyIsProbed(Findings& findings) : Invariant{"everybody-is-probed", findings} {}

    void told(const Scene& scene, const Told& told) override {
        if (told.born) nodes_[told.node] = {};
        Node& node = nodes_[told.node];
        if (const auto* probe = told.as<ProbeEnded>())
            return probed(scene, told.node, node, *probe);
        // Whoever comes or goes waits anew: the dead lose their turn.
        const bool anew = told.as<MemberJoined>() != nullptr ||
                          told.as<MemberFailed>() != nullptr || told.as<MemberLeft>() != nullptr ||
                          told.as<MemberReaped>() != nullptr;
        if (!anew) return;
        if (const auto wait = node.last.find(told.name); wait != node.last.end()) {
            node.last.erase(wait);
        }
    }

private:
    struct Node {
        std::uint64_t probes = 0;
        std::size_t most_entries = 0;
        std::map<std::string, std::uint64_t, std::less<>> last;  // when its turn was, in probes
    };
    void probed(const Scene& scene, std::uint32_t number, Node& node, const ProbeEnded& probe) {
        ++node.probes;
        const Eyes& eyes = scene.ledger.eyes(number);
        node.most_entries = std::max(node.most_entries, eyes.of.size());
        const auto target = node.last.find(eyes.name_of(probe.member));
        if (target != node.last.end()) target->second = node.probes;
        if (node.probes % kLookEvery != 0) return;
        for (const auto& [name, belief] : eyes.of) {
            if (name == eyes.self || !belief.live()) continue;
            std::uint64_t& last = node.last.try_emplace(name, node.probes).first->second;
            const std::uint64_t waited = node.probes - last;
            if (waited < 2 * node.most_entries) continue;
            broken(scene, scene.view.name(number) + " did not probe " + name + " in " +
                              std::to_string(waited) + " probes, with " +
                              std::to_string(node.most_entries - 1) + " others to probe");
            last = node.probes;
        }
    }

    static constexpr std::uint64_t kLookEvery = 4;
    std::map<std::uint32_t, Node> nodes_;
};

}  // namespace

void add_probe_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<NoSuspicionBeforeItsTime>(findings));
    list.push_back(std::make_unique<SuspectsGetTheirTime>(findings));
    list.push_back(std::make_unique<AnswersAreToTheQuestion>(findings));
    list.push_back(std::make_unique<EverybodyIsProbed>(findings));
}

}  // namespace rollcall::sim
