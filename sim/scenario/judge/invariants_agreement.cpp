// SPDX-License-Identifier: Apache-2.0
//
// Agreement after the faults: running members are alive in every view, stopped ones are not, and a
// member that all have forgotten does not return. Rules S1 to S4, G3, G4, Y1, L1 of
// docs/protocol.md.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "sim/scenario/judge/good_network.h"
#include "sim/scenario/judge/invariant.h"
#include "sim/scenario/judge/slow_verdicts.h"

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
    if (!member) return view.name(node) + " does not know " + std::string{name};
    return view.name(node) + " considers " + std::string{name} + " " +
           std::string{membership::to_string(member->state)} + " (" +
           std::to_string(member->incarnation.value()) + ") at " + member->endpoint().to_string();
}

// After healing no running, connected member is considered failed: a false verdict is refuted (S4),
// a restarted process joins (L1). Every participating member is alive, or suspect for a short time
// on a lossy network, in the view of every other, and at its current address.
class RunningMembersAlive final : public Invariant {
public:
    explicit RunningMembersAlive(Findings& findings)
        : Invariant{"running-members-alive", findings} {}

    void on_healed(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (std::uint32_t a = 1; a <= view.nodes(); ++a) {
            if (!takes_part(view, a)) continue;
            for (std::uint32_t b = 1; b <= view.nodes(); ++b) {
                if (!takes_part(view, b) || !in_touch(view, a, b)) continue;
                const auto member = view.core(a).members().find(view.name(b));
                if (member && member->is_live() && member->is_at(view.endpoint(b))) {
                    continue;
                }
                report(scene, sees(view, a, view.name(b), member) + ", and it runs at " +
                                  view.endpoint(b).to_string());
            }
        }
    }
};

// No stopped process is considered alive or suspect after the time within which each observer must
// have probed it and a suspicion must have expired (P1, T1). Send errors at an observer are no
// exception (P3, P4), not even when nothing leaves its host. Only who put off a verdict meanwhile,
// since it receives from too few or they do not receive from it (F6), is excused until the network
// heals.
class StoppedMembersNotAlive final : public Invariant {
public:
    explicit StoppedMembersNotAlive(Findings& findings)
        : Invariant{"stopped-members-not-alive", findings} {}

    void on_step(const Scene& scene, const Step&) override { quiet_since_ = scene.view.now(); }
    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        const Duration now = view.now();
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            const Duration touched = scene.faults.held_up_until(node, now);
            quiet_since_ = std::max(quiet_since_, touched);
        }
        slow_.sampled(scene);
        if (quiet_since_ == looked_at_ || now - quiet_since_ < enough(scene)) return;
        looked_at_ = quiet_since_;
        look(scene, false);
    }
    void on_healed(const Scene& scene) override { look(scene, true); }

private:
    void look(const Scene& scene, bool healed) {
        const ClusterView& view = scene.view;
        std::map<std::string, std::uint32_t, std::less<>> running;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (view.running(node)) running.emplace(view.name(node), node);
        }
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!view.running(node) || view.paused(node)) continue;
            if (!healed && slow_.last(node) >= quiet_since_) continue;
            const MemberTable& table = view.core(node).members();
            for (const MemberId id : table.ids()) {
                const auto member = table.find(id);
                const std::string name{member->name()};
                if (!member->is_live() || running.contains(name)) continue;
                report(scene, sees(view, node, name, member) + ", and it does not run");
            }
        }
    }
    // Two passes of the ring, doubled for a health score that many dead members have raised, the
    // longest suspicion, and gossip.
    static Duration enough(const Scene& scene) {
        const Duration usual = enough(scene, scene.scenario.profile);
        if (scene.scenario.published.empty()) return usual;
        return std::max(usual, enough(scene, published_lan()));
    }
    static Duration enough(const Scene& scene, const Config& config) {
        const double n = 2.0 * scene.view.nodes();
        const double scale = std::max(1.0, std::log10(n));
        // Rule F7: every second probe goes to the same member.
        const auto passes = static_cast<std::int64_t>((config.ring_watch ? 8.0 : 4.0) * n);
        const auto suspicion = static_cast<std::int64_t>(scale * config.suspicion_mult *
                                                         config.suspicion_max_timeout_mult);
        return config.probe_interval * passes + suspicion_unit(config) * suspicion +
               std::chrono::seconds{10};
    }
    Duration quiet_since_{};
    Duration looked_at_{-1};
    SlowVerdicts slow_;
};

// No reaped member returns. A node may forget a dead member and learn of it again from a peer that
// never learned of the death (it was cut off or stopped): no rule can prevent that. But once no
// node considers the member live, and all messages in flight have arrived or timed out, it stays
// gone until its process starts again.
class NoZombies final : public Invariant {
public:
    explicit NoZombies(Findings& findings) : Invariant{"no-zombies", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        if (observed.started) {
            names_.insert_or_assign(std::string{observed.name}, Absence{});
            return;
        }
        if (observed.as<MemberJoined>() == nullptr) return;
        const auto name = names_.find(observed.name);
        if (name == names_.end() || !name->second.for_good) return;
        report(scene, scene.view.name(observed.node) + " adds " + std::string{observed.name} +
                          ", which no node has considered live since " +
                          std::to_string(name->second.since.count() / 1'000'000) +
                          " ms, and which does not run");
    }
    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        const Duration now = view.now();
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            names_.try_emplace(view.name(node));
        }
        std::set<std::string, std::less<>> present;
        for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
            if (!view.running(node)) continue;
            present.insert(view.name(node));
            for (const auto& [name, belief] : scene.ledger.node(node).members) {
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
            // A delayed process may have old messages in its sockets.
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

// A known leave does not stay a failure (S7): when a node declares a member failed that another
// node knows to have left, at the same or a newer incarnation, it learns of the leave once it has
// gossiped its verdict. Checked only where gossip gets through: no network fault from some time
// before the verdict on, links with little loss, both observers undisturbed.
class LeaveNotSeenAsFailure final : public Invariant {
public:
    explicit LeaveNotSeenAsFailure(Findings& findings)
        : Invariant{"leave-not-seen-as-failure", findings} {}

    void on_step(const Scene& scene, const Step& step) override { network_.on_step(scene, step); }
    void on_sample(const Scene& scene) override {
        if (!network_.is_good(scene)) return;
        const Config& config = scene.scenario.profile;
        const Duration now = scene.view.now();
        const Duration time =
            std::max<Duration>(std::chrono::seconds{12}, config.gossip_interval * 40);
        for (std::uint32_t b = 1; b <= scene.view.nodes(); ++b) {
            if (!takes_part(scene.view, b)) continue;
            for (const auto& [name, belief] : scene.ledger.node(b).members) {
                if (belief.state != State::dead || now - belief.since < time) continue;
                if (belief.since < network_.good_since() + kBefore || !well(scene, b, belief.since))
                    continue;
                if (reported_.contains({b, name, belief.since.count()})) continue;
                look(scene, b, name, belief);
            }
        }
    }

private:
    static constexpr Duration kBefore = std::chrono::seconds{5};

    void look(const Scene& scene, std::uint32_t b, const std::string& name,
              const LedgerEntry& belief) {
        if (!gets_answers(scene, b)) return;
        for (std::uint32_t a = 1; a <= scene.view.nodes(); ++a) {
            if (a == b || !takes_part(scene.view, a) || !in_touch(scene.view, a, b)) continue;
            const LedgerEntry* known = scene.ledger.node(a).find(name);
            if (known == nullptr || known->state != State::left || moved(*known, belief)) continue;
            if (known->incarnation < belief.incarnation) continue;
            if (known->since > belief.since - kBefore || !well(scene, a, belief.since)) continue;
            if (!know_each_other(scene, a, b, belief.since)) continue;
            reported_.insert({b, name, belief.since.count()});
            report(scene, scene.view.name(b) + " considers " + name + " failed, and " +
                              scene.view.name(a) + " knows that it left");
            return;
        }
    }
    // Members answer a member that is alive for them (S7), and its gossip may reach any of them.
    static bool gets_answers(const Scene& scene, std::uint32_t b) {
        for (std::uint32_t a = 1; a <= scene.view.nodes(); ++a) {
            if (a == b || !takes_part(scene.view, a) || !in_touch(scene.view, a, b)) continue;
            const LedgerEntry* entry = scene.ledger.node(a).find(scene.view.name(b));
            if (entry == nullptr || entry->state != State::alive) return false;
        }
        return true;
    }
    static bool moved(const LedgerEntry& one, const LedgerEntry& other) {
        return one.address != other.address || one.port != other.port;
    }
    static bool well(const Scene& scene, std::uint32_t node, Duration since) {
        return scene.faults.undisturbed(node, since - 2 * kBefore, scene.view.now());
    }
    // Each considers the other alive, and did so before.
    static bool know_each_other(const Scene& scene, std::uint32_t a, std::uint32_t b,
                                Duration since) {
        const auto knows = [&](std::uint32_t one, std::uint32_t other) {
            const LedgerEntry* entry = scene.ledger.node(one).find(scene.view.name(other));
            return entry != nullptr && entry->state == State::alive &&
                   entry->since < since - kBefore;
        };
        return knows(a, b) && knows(b, a);
    }

    GoodNetwork network_;
    std::set<std::tuple<std::uint32_t, std::string, std::int64_t>> reported_;
};

// An address change is followed (S8): a member whose host gets a new address while it runs is alive
// at that address in the view of each member that considered it alive, soon after its third
// announcement. Checked only on a good network with both members undisturbed; two members that
// moved at the same time learn of each other from members that did not.
class AddressChangeFollowed final : public Invariant {
public:
    explicit AddressChangeFollowed(Findings& findings)
        : Invariant{"address-change-followed", findings} {}

    void on_step(const Scene& scene, const Step& step) override {
        network_.on_step(scene, step);
        const auto* moved = std::get_if<action::Readdress>(&step.what);
        if (moved == nullptr) return;
        for (const std::uint32_t n : moved->who) {
            moved_[n] = {
                .at = scene.view.now(), .life = scene.view.life(n), .known = known(scene, n)};
        }
    }
    void on_sample(const Scene& scene) override {
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
    static constexpr Duration kFollowed = std::chrono::seconds{8};  // announced at 0, 1 and 4 s
    struct Move {
        Duration at{};
        std::uint64_t life = 0;
        Nodes known = {};  // nodes that knew the member then, and that it knew
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
            report(scene, sees(view, a, view.name(node), member) + ", and it moved to " +
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

// After healing, no node has a higher incarnation of a member than the member itself, since its
// next update would be taken for an old one (S4: a restarted process raises its incarnation above
// that of its previous run). And one incarnation means the same metadata everywhere.
class IncarnationsAgree final : public Invariant {
public:
    explicit IncarnationsAgree(Findings& findings) : Invariant{"incarnations-agree", findings} {}

    void on_healed(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (std::uint32_t b = 1; b <= view.nodes(); ++b) {
            if (!takes_part(view, b)) continue;
            const Member self = view.core(b).self_member();
            for (std::uint32_t a = 1; a <= view.nodes(); ++a) {
                if (!takes_part(view, a) || !in_touch(view, a, b)) continue;
                const auto member = view.core(a).members().find(self.name());
                if (!member) continue;
                if (member->incarnation > self.incarnation) {
                    report(scene, sees(view, a, self.name(), member) +
                                      ", and the member itself is at " +
                                      std::to_string(self.incarnation.value()));
                } else if (member->incarnation == self.incarnation &&
                           member->meta() != self.meta()) {
                    report(scene, sees(view, a, self.name(), member) + " with metadata '" +
                                      std::string{member->meta()} + "', and the member has '" +
                                      std::string{self.meta()} + "'");
                }
            }
        }
    }
};

// A joiner accepts the peer's state (S3, Y3): a member that the peer considered suspect, dead or
// left throughout the exchange is afterwards not alive in the joiner's view at the same or an older
// incarnation. Not checked while one of the two is slow or stopped: an answer may then wait in its
// queue for longer than any exchange takes.
class JoinerAcceptsPeerState final : public Invariant {
public:
    explicit JoinerAcceptsPeerState(Findings& findings)
        : Invariant{"joiner-accepts-peer-state", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        if (observed.started) pending_.erase(observed.node);
        if (observed.as<MemberReaped>() != nullptr || observed.as<MemberJoined>() != nullptr) {
            if (const auto due = pending_.find(observed.node); due != pending_.end()) {
                due->second.erase(std::string{observed.name});
            }
        }
        const auto* answered = observed.as<JoinAnswered>();
        if (answered == nullptr || !answered->error.empty()) return;
        const ClusterView& view = scene.view;
        for (std::uint32_t peer = 1; peer <= view.nodes(); ++peer) {
            if (view.running(peer) && view.endpoint(peer) == answered->peer) {
                remember(scene, observed, peer);
            }
        }
    }
    void on_sample(const Scene& scene) override {
        const ClusterView& view = scene.view;
        for (const auto& [node, received] : pending_) {
            if (!view.running(node)) continue;
            const MemberTable& table = view.core(node).members();
            for (const auto& [name, incarnation] : received) {
                const auto member = table.find(name);
                if (!member || member->state != State::alive || member->incarnation > incarnation) {
                    continue;
                }
                report(scene,
                       sees(view, node, name, member) + ", and the peer it joined through did not");
            }
        }
        pending_.clear();
    }

private:
    void remember(const Scene& scene, const ObservedEvent& observed, std::uint32_t peer) {
        const Duration exchange = scene.scenario.profile.tcp_timeout + std::chrono::seconds{1};
        const auto prompt = [&](std::uint32_t node) {
            return scene.faults.undisturbed(node, observed.at - exchange, observed.at);
        };
        if (!prompt(observed.node) || !prompt(peer)) return;
        for (const auto& [name, belief] : scene.ledger.node(peer).members) {
            if (belief.state == State::alive || name == scene.view.name(observed.node)) continue;
            if (observed.at - belief.since < exchange) continue;
            pending_[observed.node].insert_or_assign(name, belief.incarnation);
        }
    }
    std::map<std::uint32_t, std::map<std::string, Incarnation>> pending_;
};

}  // namespace

void add_agreement_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<RunningMembersAlive>(findings));
    list.push_back(std::make_unique<StoppedMembersNotAlive>(findings));
    list.push_back(std::make_unique<NoZombies>(findings));
    list.push_back(std::make_unique<LeaveNotSeenAsFailure>(findings));
    list.push_back(std::make_unique<AddressChangeFollowed>(findings));
    list.push_back(std::make_unique<IncarnationsAgree>(findings));
    list.push_back(std::make_unique<JoinerAcceptsPeerState>(findings));
}

}  // namespace rollcall::sim
