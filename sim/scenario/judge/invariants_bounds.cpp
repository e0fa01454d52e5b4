// SPDX-License-Identifier: Apache-2.0
//
// Caps and times: what may be queued, sent and remembered, for how long, and that news is told on.
// Rules G1, G2, G4, T1, T2, P5, S1 of docs/protocol.md, transcribed.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "sim/scenario/judge/invariant.h"

namespace rollcall::sim {
namespace {

using namespace membership;

std::string whole_seconds(Duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()) + " s";
}

// Queues and memory stay within their caps, and within what the protocol can need: one queued
// message for each name and each address that there ever was (G1: news about a member replaces
// older news about it), one table entry for each name.
class WithinCaps final : public Invariant {
public:
    explicit WithinCaps(Findings& findings) : Invariant{"within-caps", findings} {}

    void sampled(const Scene& scene) override {
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
                broken(scene, view.name(node) + " has " + std::to_string(is) + " " + what +
                                  ", more than " + std::to_string(most));
            };
            within("queued broadcasts", core.broadcasts_queued(),
                   std::min(config.max_broadcasts, names_.size() + places_.size()));
            within("members", core.members().size(), std::min(config.max_members, names_.size()));
            within("points of bad health", core.health_score(),
                   config.awareness_max_multiplier - 1);
            within("bytes of members", core.members().memory(),
                   kTableBase + kBytesPerMember * names_.size());
        }
    }

private:
    static constexpr std::size_t kTableBase = 4096;
    static constexpr std::size_t kBytesPerMember = 512;  // with slack of growing vectors
    std::set<std::string> names_, places_;
};

// No datagram over the limit (G2): a packet holds its first message, broadcasts and layers in
// packet_size bytes.
class DatagramsFit final : public Invariant {
public:
    explicit DatagramsFit(Findings& findings) : Invariant{"datagrams-fit", findings} {}

    void sent(const Scene& scene, const Sent& sent) override {
        // The Serf layer sends some messages whole, in packets of their own.
        const std::size_t most =
            scene.scenario.serf ? wire::kMaxDatagram : scene.scenario.profile.packet_size;
        if (sent.bytes.size() <= most || sent.from == 0) return;
        broken(scene, scene.view.name(sent.from) + " sends a datagram of " +
                          std::to_string(sent.bytes.size()) + " bytes, more than " +
                          std::to_string(most));
    }
};

// The dead are remembered for gossip_to_the_dead and no less, so that nobody takes old news for a
// newcomer; and forgotten at the next end of the probe ring (G4), so that tables do not grow for
// ever. The ring is counted in probes: after that time, at most one whole pass.
class TheDeadAreForgottenInTime final : public Invariant {
public:
    explicit TheDeadAreForgottenInTime(Findings& findings)
        : Invariant{"the-dead-are-forgotten-in-time", findings} {}

    void told(const Scene& scene, const Told& told) override {
        if (told.born) probes_[told.node] = {};
        const Duration keep = scene.scenario.profile.gossip_to_the_dead;
        if (told.as<MemberReaped>() != nullptr && told.before) {
            const Duration kept = scene.faults.most_elapsed(told.node, told.before->since, told.at);
            if (kept <= keep) {
                broken(scene, scene.view.name(told.node) + " forgets " + std::string{told.name} +
                                  " " + whole_seconds(kept) + " after its end, before " +
                                  whole_seconds(keep));
            }
        } else if (told.as<ProbeEnded>() != nullptr) {
            Probes& probes = probes_[told.node];
            ++probes.ended;
            if (probes.ended % kLookEvery == 0) look(scene, told.node, probes, told.at, keep);
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
    void look(const Scene& scene, std::uint32_t node, Probes& probes, Duration now, Duration keep) {
        const Eyes& eyes = scene.ledger.eyes(node);
        for (const auto& [name, belief] : eyes.of) {
            if (belief.live() || name == eyes.self) continue;
            if (scene.faults.least_elapsed(node, belief.since, now) <= keep) continue;
            Overdue& due = probes.due[name];
            if (due.tenure != belief.tenure || due.since != belief.since) {
                due = {belief.tenure, belief.since, probes.ended};
            } else if (probes.ended - due.probes > eyes.of.size() + kLookEvery) {
                broken(scene, scene.view.name(node) + " remembers " + name + " " +
                                  whole_seconds(now - belief.since) +
                                  " and a whole pass after its end");
                due.probes = probes.ended;
            }
        }
    }
    static constexpr std::uint64_t kLookEvery = 4;
    std::map<std::uint32_t, Probes> probes_;
};

// A suspicion ends (T1, T2): cleared, or dead after its longest timeout at the latest. The clock
// starts anew after a pause (Z1); a node that is held up is late and no liar.
class SuspicionsEnd final : public Invariant {
public:
    explicit SuspicionsEnd(Findings& findings) : Invariant{"suspicions-end", findings} {}

    void sampled(const Scene& scene) override {
        const Config& config = scene.scenario.profile;
        const Duration now = scene.view.now();
        for (std::uint32_t node = 1; node <= scene.view.nodes(); ++node) {
            if (!scene.view.running(node)) continue;
            const Eyes& eyes = scene.ledger.eyes(node);
            for (const auto& [name, belief] : eyes.of) {
                if (belief.state != State::suspect) continue;
                const Duration least = scene.faults.least_elapsed(node, belief.fair_since, now);
                const Duration most =
                    longest(config, belief.entries) + kSlack + scene.scenario.wake_delay;
                if (least <= most || !scene.faults.undisturbed(node, belief.fair_since, now)) {
                    continue;
                }
                broken(scene, scene.view.name(node) + " suspects " + name + " for " +
                                  whole_seconds(least) + ", longer than " + whole_seconds(most));
            }
        }
    }

private:
    static Duration longest(const Config& config, std::size_t members) {
        const double scale = std::max(1.0, std::log10(static_cast<double>(members)));
        const auto thousandths = static_cast<std::int64_t>(1000.0 * scale);
        return config.probe_interval * thousandths * config.suspicion_mult *
               config.suspicion_max_timeout_mult / 1000;
    }
    static constexpr Duration kSlack = std::chrono::seconds{1};
};

// What we take over we also gossip (S1, S4; SWIM 4.1): whoever changed its mind about somebody says
// so, in some datagram, within a few rounds of gossip, unless it changed its mind again. Only where
// two others at least are there to be told, all the time, and nobody held it up.
class NewsIsToldOn final : public Invariant {
public:
    explicit NewsIsToldOn(Findings& findings) : Invariant{"news-is-told-on", findings} {}

    void told(const Scene& scene, const Told& told) override {
        auto& owed = owed_[told.node];
        if (told.born) owed.clear();
        if (told.name.empty() || told.born) return;
        // What it held before is no news any more, whether or not somebody can be told the new.
        if (const auto old = owed.find(told.name); old != owed.end()) owed.erase(old);
        if (told.as<MemberReaped>() != nullptr || !told.after) return;
        if (scene.ledger.eyes(told.node).live_others(told.name) < 2) return;
        owed.insert_or_assign(std::string{told.name},
                              News{told.at, told.after->incarnation, message_for(told)});
        // Datagrams of a call leave before its events are told.
        const auto just_said = just_said_.find(told.node);
        if (just_said == just_said_.end() || just_said->second.at != told.at) return;
        for (const Claim& claim : just_said->second.claims) settle(owed, claim);
    }
    void said(const Scene& scene, const Said& said) override {
        reads_ = true;
        Claim claim{.how = said.type};
        if (said.type == wire::MessageType::alive) {
            const auto alive = wire::decode_alive(said.body);
            if (!alive) return;
            claim.name = alive->node;
            claim.incarnation = alive->incarnation;
        } else if (said.type == wire::MessageType::suspect ||
                   said.type == wire::MessageType::dead) {
            const auto accusation = wire::decode_accusation(said.body);
            if (!accusation) return;
            claim.name = accusation->node;
            claim.incarnation = accusation->incarnation;
        } else {
            return;
        }
        settle(owed_[said.from], claim);
        JustSaid& just_said = just_said_[said.from];
        if (just_said.at != scene.view.now()) just_said = {scene.view.now(), {}};
        just_said.claims.push_back(std::move(claim));
    }
    void sampled(const Scene& scene) override {
        const Config& config = scene.scenario.profile;
        if (!reads_ || config.gossip_interval <= Duration{}) return;
        const Duration now = scene.view.now();
        const Duration patience = config.gossip_interval * kRounds + scene.scenario.wake_delay;
        for (auto& [node, owed] : owed_) {
            for (auto news = owed.begin(); news != owed.end();) {
                if (now - news->second.at < patience) {
                    ++news;
                    continue;
                }
                if (scene.view.running(node) &&
                    scene.faults.undisturbed(node, news->second.at, now) &&
                    scene.ledger.eyes(node).live_others(news->first) >= 2) {
                    broken(scene, scene.view.name(node) + " has not told anybody that " +
                                      to_string(news->first, belief(scene, node, news->first)) +
                                      " in " + std::to_string(kRounds) + " rounds of gossip");
                }
                news = owed.erase(news);
            }
        }
    }

private:
    struct News {
        Duration at{};
        Incarnation incarnation;
        wire::MessageType how = wire::MessageType::alive;
    };
    struct Claim {
        std::string name;
        Incarnation incarnation;
        wire::MessageType how = wire::MessageType::alive;
    };
    struct JustSaid {  // at one moment
        Duration at{-1};
        std::vector<Claim> claims;
    };
    using Owed = std::map<std::string, News, std::less<>>;

    static wire::MessageType message_for(const Told& told) {
        if (told.as<MemberSuspected>() != nullptr) return wire::MessageType::suspect;
        if (told.as<MemberFailed>() != nullptr || told.as<MemberLeft>() != nullptr) {
            return wire::MessageType::dead;
        }
        return wire::MessageType::alive;
    }
    static void settle(Owed& owed, const Claim& claim) {
        const auto news = owed.find(claim.name);
        if (news == owed.end() || news->second.how != claim.how) return;
        if (claim.incarnation >= news->second.incarnation) owed.erase(news);
    }
    static std::optional<LedgerEntry> belief(const Scene& scene, std::uint32_t node,
                                             std::string_view name) {
        const LedgerEntry* found = scene.ledger.eyes(node).find(name);
        return found == nullptr ? std::optional<LedgerEntry>{} : *found;
    }
    // A full queue takes some rounds: each round tells three members a packet's worth.
    static constexpr int kRounds = 15;
    std::map<std::uint32_t, Owed> owed_;
    std::map<std::uint32_t, JustSaid> just_said_;
    bool reads_ = false;
};

}  // namespace

void add_bound_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<WithinCaps>(findings));
    list.push_back(std::make_unique<DatagramsFit>(findings));
    list.push_back(std::make_unique<TheDeadAreForgottenInTime>(findings));
    list.push_back(std::make_unique<SuspicionsEnd>(findings));
    list.push_back(std::make_unique<NewsIsToldOn>(findings));
}

}  // namespace rollcall::sim
