// SPDX-License-Identifier: Apache-2.0
//
// What is left when the faults are over: everybody who runs is alive in everybody's eyes, everybody
// who does not is not, and who was forgotten by all stays forgotten. Rules S1 to S4, G3, G4, Y1, L1
// of docs/protocol.md.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "sim/scenario/judge/invariant.h"

namespace rollcall::sim {
namespace {

using namespace membership;

bool takes_part(const ClusterView& view, std::uint32_t node) {
    return view.running(node) && !view.paused(node) && !view.core(node).leaving();
}

bool in_touch(const ClusterView& view, std::uint32_t a, std::uint32_t b) {
    return view.connected(a, b) && view.connected(b, a);
}

std::string sees(const ClusterView& view, std::uint32_t node, std::string_view name,
                 const FoundMember& member) {
    std::string text = view.name(node) + " holds " + std::string{name} + " for ";
    if (!member) return text + "nobody";
    return text + std::string{membership::to_string(member->state)} + " (" +
           std::to_string(member->incarnation.value()) + ") at " + member->endpoint().to_string();
}

// Nobody who runs and is connected stays failed after healing: a false verdict is refuted (S4), a
// restarted process comes in through a join (L1). Everybody who takes part is alive, or suspect for
// a moment on a lossy network, in the eyes of everybody who does, and at the address where it is.
class TheRunningAreAlive final : public Invariant {
public:
    explicit TheRunningAreAlive(Findings& findings)
        : Invariant{"the-running-are-alive", findings} {}

    void healed(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (std::uint32_t a = 1; a <= view.nodes(); ++a) {
            if (!takes_part(view, a)) continue;
            for (std::uint32_t b = 1; b <= view.nodes(); ++b) {
                if (!takes_part(view, b) || !in_touch(view, a, b)) continue;
                const auto member = view.core(a).members().find(view.name(b));
                if (member && member->is_live() && member->is_at(view.endpoint(b))) {
                    continue;
                }
                broken(scene, sees(view, a, view.name(b), member) + ", and it runs at " +
                                  view.endpoint(b).to_string());
            }
        }
    }
};

// Nobody stopped stays alive: once the time is over in which each observer had to probe it and a
// suspicion had to run out (P1, T1), no process is held for alive or suspect that does not run.
// What an observer's own sends say is no excuse (P3, P4): not even that nothing leaves its host.
class TheStoppedAreNotAlive final : public Invariant {
public:
    explicit TheStoppedAreNotAlive(Findings& findings)
        : Invariant{"the-stopped-are-not-alive", findings} {}

    void stepped(const Scene& scene, const Step&) override { quiet_since_ = scene.view.now(); }
    void sampled(const Scene& scene) override {
        const ClusterView& view = scene.view;
        const Duration now = view.now();
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            const Duration touched = scene.faults.held_up_until(node, now);
            quiet_since_ = std::max(quiet_since_, touched);
        }
        if (quiet_since_ == looked_at_ || now - quiet_since_ < enough(scene)) return;
        looked_at_ = quiet_since_;
        look(scene);
    }
    void healed(const Scene& scene) override { look(scene); }

private:
    void look(const Scene& scene) {
        const ClusterView& view = scene.view;
        std::map<std::string, std::uint32_t, std::less<>> running;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (view.running(node)) running.emplace(view.name(node), node);
        }
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!view.running(node) || view.paused(node)) continue;
            const MemberTable& table = view.core(node).members();
            for (const MemberId id : table.ids()) {
                const auto member = table.find(id);
                const std::string name{member->name()};
                if (!member->is_live() || running.contains(name)) continue;
                broken(scene, sees(view, node, name, member) + ", and it does not run");
            }
        }
    }
    // Two passes of the ring at a health that the many dead have spoiled by half, the longest
    // suspicion, and gossip.
    static Duration enough(const Scene& scene) {
        const Config& config = scene.scenario.profile;
        const double n = 2.0 * scene.view.nodes();
        const double scale = std::max(1.0, std::log10(n));
        const auto intervals = static_cast<std::int64_t>(
            4.0 * n + scale * config.suspicion_mult * config.suspicion_max_timeout_mult);
        return config.probe_interval * intervals + std::chrono::seconds{10};
    }
    Duration quiet_since_{};
    Duration looked_at_{-1};
};

// No zombie returns after reaping. A node may forget a dead member and hear of it again from one
// who never heard of the death (a peer that was cut off or stopped): no rule can know better. But
// once nobody at all holds it for live, and whatever was under way has arrived or timed out, it
// stays gone until its process starts again.
class NoZombies final : public Invariant {
public:
    explicit NoZombies(Findings& findings) : Invariant{"no-zombies", findings} {}

    void told(const Scene& scene, const Told& told) override {
        if (told.born) {
            names_.insert_or_assign(std::string{told.name}, Absence{});
            return;
        }
        if (told.as<MemberJoined>() == nullptr) return;
        const auto name = names_.find(told.name);
        if (name == names_.end() || !name->second.for_good) return;
        broken(scene, scene.view.name(told.node) + " lets " + std::string{told.name} +
                          " in, which nobody held for live since " +
                          std::to_string(name->second.since.count() / 1'000'000) +
                          " ms, and which does not run");
    }
    void sampled(const Scene& scene) override {
        const ClusterView& view = scene.view;
        const Duration now = view.now();
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            names_.try_emplace(view.name(node));
        }
        std::set<std::string, std::less<>> present;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!view.running(node)) continue;
            present.insert(view.name(node));
            for (const auto& [name, belief] : scene.ledger.eyes(node).of) {
                if (belief.live()) present.insert(name);
            }
        }
        for (auto& [name, absence] : names_) {
            if (present.contains(name)) {
                absence = {};
                continue;
            }
            if (absence.for_good) continue;
            if (!absence.counting) absence = {.counting = true, .since = now};
            // Whoever is held up may have old news in its sockets.
            for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
                if (!scene.faults.undisturbed(node, absence.since, now)) absence.since = now;
            }
            const Duration under_way = scene.scenario.profile.tcp_timeout + kSlack;
            absence.for_good = now - absence.since > under_way;
        }
    }

private:
    struct Absence {
        bool counting = false;
        Duration since{};
        bool for_good = false;
    };
    static constexpr Duration kSlack = std::chrono::seconds{5};
    std::map<std::string, Absence, std::less<>> names_;
};

// When nothing is wrong with the network as a whole: no fault of it, no host that loses, links that
// lose little, and gossip that is not switched off.
class GoodNetwork {
public:
    void stepped(const Scene& scene, const Step& step) {
        if (std::holds_alternative<action::Heal>(step.what)) {
            since_ = scene.view.now();
            losing_.clear();
            whole_ = usual(scene);
            return;
        }
        if (const auto* loss = std::get_if<action::HostLoss>(&step.what)) {
            for (const std::uint32_t n : loss->who) {
                if (loss->ingress > 0 || loss->egress > 0) {
                    losing_.insert(n);
                } else {
                    losing_.erase(n);
                }
            }
            since_ = scene.view.now();
            return;
        }
        if (std::holds_alternative<action::Partition>(step.what) ||
            std::holds_alternative<action::Cut>(step.what) ||
            std::holds_alternative<action::SetLinks>(step.what) ||
            std::holds_alternative<action::SetLink>(step.what) ||
            std::holds_alternative<action::Narrow>(step.what)) {
            whole_ = false;
        }
    }
    [[nodiscard]] bool is_good(const Scene& scene) {
        if (!whole_) whole_ = usual(scene);
        return *whole_ && losing_.empty();
    }
    [[nodiscard]] Duration good_since() const { return since_; }

private:
    static bool usual(const Scene& scene) {
        const Config& config = scene.scenario.profile;
        return scene.scenario.links.loss <= 0.05 && !scene.scenario.links.bursts &&
               config.gossip_interval > Duration{} && config.gossip_nodes > 0 &&
               !config.variant.multicast;
    }
    std::optional<bool> whole_;  // unknown before the first step
    Duration since_{};
    std::set<std::uint32_t> losing_;
};

// A known leave does not stay a failure (S7): a member that declares another failed, of which a
// third knows the leave at the same or a newer incarnation, gets that leave as soon as it gossips
// its verdict. Only where news gets through: no fault of the network since a while before the
// verdict, links that lose little, both observers undisturbed.
class ALeaveIsNoFailure final : public Invariant {
public:
    explicit ALeaveIsNoFailure(Findings& findings) : Invariant{"a-leave-is-no-failure", findings} {}

    void stepped(const Scene& scene, const Step& step) override { network_.stepped(scene, step); }
    void sampled(const Scene& scene) override {
        if (!network_.is_good(scene)) return;
        const Config& config = scene.scenario.profile;
        const Duration now = scene.view.now();
        const Duration time =
            std::max<Duration>(std::chrono::seconds{12}, config.gossip_interval * 40);
        for (std::uint32_t b = 1; b <= scene.view.nodes(); ++b) {
            if (!takes_part(scene.view, b)) continue;
            for (const auto& [name, belief] : scene.ledger.eyes(b).of) {
                if (belief.state != State::dead || now - belief.since < time) continue;
                if (belief.since < network_.good_since() + kBefore || !well(scene, b, belief.since))
                    continue;
                if (told_.contains({b, name, belief.since.count()})) continue;
                look(scene, b, name, belief);
            }
        }
    }

private:
    static constexpr Duration kBefore = std::chrono::seconds{5};

    void look(const Scene& scene, std::uint32_t b, const std::string& name,
              const LedgerEntry& belief) {
        for (std::uint32_t a = 1; a <= scene.view.nodes(); ++a) {
            if (a == b || !takes_part(scene.view, a) || !in_touch(scene.view, a, b)) continue;
            const LedgerEntry* known = scene.ledger.eyes(a).find(name);
            if (known == nullptr || known->state != State::left || moved(*known, belief)) continue;
            if (known->incarnation < belief.incarnation) continue;
            if (known->since > belief.since - kBefore || !well(scene, a, belief.since)) continue;
            if (!friends(scene, a, b, belief.since)) continue;
            told_.insert({b, name, belief.since.count()});
            broken(scene, scene.view.name(b) + " holds " + name + " for failed, and " +
                              scene.view.name(a) + " knows that it left");
            return;
        }
    }
    static bool moved(const LedgerEntry& one, const LedgerEntry& other) {
        return one.address != other.address || one.port != other.port;
    }
    static bool well(const Scene& scene, std::uint32_t node, Duration since) {
        return scene.faults.undisturbed(node, since - 2 * kBefore, scene.view.now());
    }
    // Each holds the other for alive, and did so before.
    static bool friends(const Scene& scene, std::uint32_t a, std::uint32_t b, Duration since) {
        const auto knows = [&](std::uint32_t one, std::uint32_t other) {
            const LedgerEntry* entry = scene.ledger.eyes(one).find(scene.view.name(other));
            return entry != nullptr && entry->state == State::alive &&
                   entry->since < since - kBefore;
        };
        return knows(a, b) && knows(b, a);
    }

    GoodNetwork network_;
    std::set<std::tuple<std::uint32_t, std::string, std::int64_t>> told_;
};

// A move is followed (S8): a member whose host gets another address while it runs is alive at the
// new address in the eyes of each member that held it for alive, soon after it was told the third
// time. Only where news gets through: a good network, both undisturbed; and two that moved at one
// time learn of each other from those who did not.
class AMoveIsFollowed final : public Invariant {
public:
    explicit AMoveIsFollowed(Findings& findings) : Invariant{"a-move-is-followed", findings} {}

    void stepped(const Scene& scene, const Step& step) override {
        network_.stepped(scene, step);
        const auto* moved = std::get_if<action::Readdress>(&step.what);
        if (moved == nullptr) return;
        for (const std::uint32_t n : moved->who) {
            moved_[n] = {
                .at = scene.view.now(), .life = scene.view.life(n), .known = known(scene, n)};
        }
    }
    void sampled(const Scene& scene) override {
        const Duration now = scene.view.now();
        for (auto& [node, move] : moved_) {
            if (move.judged || now < move.at + kFollowed) continue;
            move.judged = true;
            if (!network_.is_good(scene) || network_.good_since() > move.at - kBefore) continue;
            judge(scene, node, move);
        }
    }

private:
    static constexpr Duration kBefore = std::chrono::seconds{5};
    static constexpr std::ptrdiff_t kEnough = 3;
    static constexpr Duration kFollowed = std::chrono::seconds{8};  // told at 0 s, 1 s and 4 s
    struct Move {
        Duration at{};
        std::uint64_t life = 0;
        Nodes known = {};  // who knew the member then, and was known to it
        bool judged = false;
    };

    static Nodes known(const Scene& scene, std::uint32_t node) {
        const auto sees_alive = [&](std::uint32_t one, std::uint32_t other) {
            const auto member = scene.view.core(one).members().find(scene.view.name(other));
            return member && member->state == State::alive;
        };
        Nodes who;
        if (!takes_part(scene.view, node)) return who;
        for (std::uint32_t a = 1; a <= scene.view.nodes(); ++a) {
            if (a == node || !takes_part(scene.view, a)) continue;
            if (sees_alive(a, node) && sees_alive(node, a)) who.push_back(a);
        }
        return who;
    }
    void judge(const Scene& scene, std::uint32_t node, const Move& move) {
        const ClusterView& view = scene.view;
        if (!takes_part(view, node) || view.life(node) != move.life) return;
        if (!undisturbed(scene, node, move)) return;
        const auto steady = std::ranges::count_if(
            move.known, [&](std::uint32_t n) { return !moved_since(n, move.at - 2 * kFollowed); });
        for (const std::uint32_t a : move.known) {
            if (!takes_part(view, a) || !undisturbed(scene, a, move)) continue;
            if (moved_since(a, move.at - 2 * kFollowed) && steady < kEnough) continue;
            const auto member = view.core(a).members().find(view.name(node));
            if (member && member->is_live() && member->is_at(view.endpoint(node))) continue;
            broken(scene, sees(view, a, view.name(node), member) + ", and it moved to " +
                              view.endpoint(node).to_string() + " at " +
                              std::to_string(move.at.count() / 1'000'000) + " ms");
        }
    }
    [[nodiscard]] bool moved_since(std::uint32_t node, Duration since) const {
        const auto move = moved_.find(node);
        return move != moved_.end() && move->second.at > since;
    }
    static bool undisturbed(const Scene& scene, std::uint32_t node, const Move& move) {
        return scene.faults.undisturbed(node, move.at - kBefore, scene.view.now());
    }

    GoodNetwork network_;
    std::map<std::uint32_t, Move> moved_;  // the last of each
};

// Nobody remembers more of a member than it says itself, after healing: its incarnation in others'
// eyes is no higher than in its own, else its next news would pass for old (S4: who restarts
// outbids its former life). And one incarnation says one thing: the same metadata everywhere.
class MemoriesAgree final : public Invariant {
public:
    explicit MemoriesAgree(Findings& findings) : Invariant{"memories-agree", findings} {}

    void healed(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (std::uint32_t b = 1; b <= view.nodes(); ++b) {
            if (!takes_part(view, b)) continue;
            const Member self = view.core(b).self_member();
            for (std::uint32_t a = 1; a <= view.nodes(); ++a) {
                if (!takes_part(view, a) || !in_touch(view, a, b)) continue;
                const auto member = view.core(a).members().find(self.name());
                if (!member) continue;
                if (member->incarnation > self.incarnation) {
                    broken(scene, sees(view, a, self.name(), member) + ", which itself is at " +
                                      std::to_string(self.incarnation.value()));
                } else if (member->incarnation == self.incarnation &&
                           member->meta() != self.meta()) {
                    broken(scene, sees(view, a, self.name(), member) + " with metadata '" +
                                      std::string{member->meta()} + "', and it says '" +
                                      std::string{self.meta()} + "'");
                }
            }
        }
    }
};

// Who joins believes what it is told (S3, Y3): a member that the peer held for suspect, dead or
// left all through the exchange is afterwards not alive in the joiner's eyes at the same or an
// older incarnation.
class JoinersBelieve final : public Invariant {
public:
    explicit JoinersBelieve(Findings& findings) : Invariant{"joiners-believe", findings} {}

    void told(const Scene& scene, const Told& told) override {
        if (told.born) pending_.erase(told.node);
        if (told.as<MemberReaped>() != nullptr || told.as<MemberJoined>() != nullptr) {
            if (const auto due = pending_.find(told.node); due != pending_.end()) {
                due->second.erase(std::string{told.name});
            }
        }
        const auto* answered = told.as<JoinAnswered>();
        if (answered == nullptr || !answered->error.empty()) return;
        const ClusterView& view = scene.view;
        for (std::uint32_t peer = 1; peer <= view.nodes(); ++peer) {
            if (view.running(peer) && view.endpoint(peer) == answered->peer) {
                remember(scene, told, peer);
            }
        }
    }
    void sampled(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (const auto& [node, heard] : pending_) {
            if (!view.running(node)) continue;
            const MemberTable& table = view.core(node).members();
            for (const auto& [name, incarnation] : heard) {
                const auto member = table.find(name);
                if (!member || member->state != State::alive || member->incarnation > incarnation) {
                    continue;
                }
                broken(scene, sees(view, node, name, member) +
                                  ", and the peer it joined through told it otherwise");
            }
        }
        pending_.clear();
    }

private:
    void remember(const Scene& scene, const Told& told, std::uint32_t peer) {
        const Duration exchange = scene.scenario.profile.tcp_timeout + std::chrono::seconds{1};
        for (const auto& [name, belief] : scene.ledger.eyes(peer).of) {
            if (belief.state == State::alive || name == scene.view.name(told.node)) continue;
            if (told.at - belief.since < exchange) continue;
            pending_[told.node].insert_or_assign(name, belief.incarnation);
        }
    }
    std::map<std::uint32_t, std::map<std::string, Incarnation>> pending_;
};

}  // namespace

void add_agreement_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<TheRunningAreAlive>(findings));
    list.push_back(std::make_unique<TheStoppedAreNotAlive>(findings));
    list.push_back(std::make_unique<NoZombies>(findings));
    list.push_back(std::make_unique<ALeaveIsNoFailure>(findings));
    list.push_back(std::make_unique<AMoveIsFollowed>(findings));
    list.push_back(std::make_unique<MemoriesAgree>(findings));
    list.push_back(std::make_unique<JoinersBelieve>(findings));
}

}  // namespace rollcall::sim
