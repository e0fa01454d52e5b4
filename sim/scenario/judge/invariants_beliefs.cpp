// SPDX-License-Identifier: Apache-2.0
//
// Incarnations, the state machine of members, and that events match the member table. Rules S1 to
// S4 and G4 of docs/protocol.md, transcribed a second time: none of src/membership's rule tables is
// used here.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "sim/scenario/judge/attack_times.h"
#include "sim/scenario/judge/invariant.h"

namespace rollcall::sim {
namespace {

using namespace membership;

// Rule S5: in the upper half of the range a member's own word counts whatever its number. `before`
// is what was seen last: one that was in the middle may have been above it meanwhile.
bool own_word_may_count(Incarnation before, Incarnation after) {
    constexpr std::uint32_t kMiddle = 1u << 31;
    return before.value() >= kMiddle && after <= before;
}

// The name has moved to another address: rule S2.
bool moved(const LedgerEntry& before, const LedgerEntry& after) {
    return before.address != after.address || before.port != after.port;
}

std::string in_view_of(const Scene& scene, std::uint32_t node) {
    return "in the view of " + scene.view.name(node);
}

// A member's incarnation never decreases in a node's view. SWIM 4.2 orders messages by it, so a
// node that lets it decrease would accept old claims as new. It starts again with a new entry:
// after reaping (G4), and when the name is taken over from another address (S2). In the upper half
// of the range it may fall (S5).
class IncarnationNeverDecreases final : public Invariant {
public:
    explicit IncarnationNeverDecreases(Findings& findings)
        : Invariant{"incarnation-never-decreases", findings} {}

    void on_step(const Scene& scene, const Step& step) override { times_.on_step(scene, step); }
    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        if (!observed.before || !observed.after || observed.about_self ||
            moved(*observed.before, *observed.after)) {
            return;
        }
        if (observed.after->incarnation < observed.before->incarnation) {
            fell(scene, observed.node, observed.name, observed.before->incarnation,
                 observed.after->incarnation);
        }
    }
    // Finds changes without an event.
    void on_sample(const Scene& scene) override {
        for (std::uint32_t node = 1; node <= scene.view.nodes(); ++node) {
            if (!scene.view.running(node)) continue;
            const MemberTable& table = scene.view.core(node).members();
            const NodeLedger& ledger = scene.ledger.node(node);
            for (const auto& [name, belief] : ledger.members) {
                const auto member = table.find(name);
                if (!member) continue;
                auto& [tenure, highest] = seen_[{node, name}];
                if (tenure == belief.tenure && member->incarnation < highest) {
                    fell(scene, node, name, highest, member->incarnation);
                }
                if (member->incarnation < belief.incarnation) {
                    fell(scene, node, name, belief.incarnation, member->incarnation);
                }
                tenure = belief.tenure;
                highest = member->incarnation;
            }
        }
    }

private:
    void fell(const Scene& scene, std::uint32_t node, std::string_view name, Incarnation from,
              Incarnation to) {
        if (own_word_may_count(from, to) || may_be_walked(scene)) return;
        report(scene, std::string{name} + " fell from incarnation " + std::to_string(from.value()) +
                          " to " + std::to_string(to.value()) + " " + in_view_of(scene, node));
    }
    // Between two samples an adversary may take a member from anywhere to above the middle, from
    // where the member brings itself back.
    [[nodiscard]] bool may_be_walked(const Scene& scene) const {
        constexpr Duration kTwoSamples = std::chrono::seconds{2};
        const auto quiet = times_.quiet_since();
        return times_.goes_on() || (quiet && scene.view.now() - *quiet <= kTwoSamples);
    }

    AttackTimes times_;
    std::map<std::pair<std::uint32_t, std::string>, std::pair<std::uint64_t, Incarnation>> seen_;
};

// Only a member raises its own incarnation (SWIM 4.2): no node has one that the member itself has
// not announced, in this run of its process or an earlier one. A refutation raises it to one above
// that of the accusation (S4): a lower one would be ignored.
class OnlyOwnIncarnationRaised final : public Invariant {
public:
    explicit OnlyOwnIncarnationRaised(Findings& findings)
        : Invariant{"only-own-incarnation-raised", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        if (const auto* refuted = observed.as<Refuted>()) {
            if (refuted->now.value() != refuted->accused.value() + 1) {
                report(scene, scene.view.name(observed.node) + " answered a claim at incarnation " +
                                  std::to_string(refuted->accused.value()) + " with " +
                                  std::to_string(refuted->now.value()) + ", not with one above it");
            }
        }
        if (!observed.after) return;
        if (observed.about_self) return announce(observed.name, observed.after->incarnation);
        check(scene, observed.node, observed.name, observed.after->incarnation);
    }
    // An update that changes nothing raises the incarnation without an event.
    void on_step(const Scene& scene, const Step&) override { listen(scene); }
    void on_sample(const Scene& scene) override {
        listen(scene);
        for (std::uint32_t node = 1; node <= scene.view.nodes(); ++node) {
            if (!scene.view.running(node)) continue;
            const MemberTable& table = scene.view.core(node).members();
            for (const MemberId id : table.ids()) {
                const Member member = *table.find(id);
                check(scene, node, member.name(), member.incarnation);
            }
        }
    }

private:
    [[nodiscard]] Incarnation announced(std::string_view name) const {
        const auto found = announced_.find(name);
        return found == announced_.end() ? Incarnation{0} : found->second;
    }
    void announce(std::string_view name, Incarnation incarnation) {
        auto found = announced_.find(name);
        if (found == announced_.end()) found = announced_.emplace(name, incarnation).first;
        found->second = std::max(found->second, incarnation);
    }
    void listen(const Scene& scene) {
        for (std::uint32_t node = 1; node <= scene.view.nodes(); ++node) {
            if (!scene.view.running(node)) continue;
            const Member self = scene.view.core(node).self_member();
            announce(self.name(), self.incarnation);
        }
    }
    void check(const Scene& scene, std::uint32_t node, std::string_view name, Incarnation seen) {
        const Incarnation own = announced(name);
        if (seen <= own) return;
        report(scene, std::string{name} + " is at incarnation " + std::to_string(seen.value()) +
                          " " + in_view_of(scene, node) + ", and never announced more than " +
                          std::to_string(own.value()));
    }
    std::map<std::string, Incarnation, std::less<>> announced_;
};

// Each observer moves each member along the published arrows and no others (S1, S2, S4, G4):
//
//   unknown -> alive;  alive -> suspect, at the same incarnation or a newer one;
//   suspect -> alive, newer;  alive or suspect -> dead or left, same or newer;
//   dead -> left, same or newer, since a leave may arrive late;
//   dead or left -> alive: newer, or from another address once the name is free;
//   one that never answered a ping of the observer: to another address at any time;
//   dead or left -> unknown.  Of itself: alive, and left once it leaves.
class StateMachine final : public Invariant {
public:
    explicit StateMachine(Findings& findings) : Invariant{"state-machine", findings} {}

    void on_event(const Scene& scene, const ObservedEvent& observed) override {
        const std::string why = fault(scene, observed);
        note_answers(scene, observed);
        if (why.empty()) return;
        report(scene, to_string(observed.name, observed.before) + " became " +
                          to_string(observed.name, observed.after) + " " +
                          in_view_of(scene, observed.node) + ": " + why);
    }

private:
    // Rule S2: who answered whom, at the address that the observer has; a relay's word is none.
    void note_answers(const Scene& scene, const ObservedEvent& observed) {
        if (const auto* probe = observed.as<ProbeEnded>()) {
            const bool answered = probe->outcome == ProbeOutcome::acked ||
                                  probe->outcome == ProbeOutcome::acked_by_stream;
            const std::string_view who = scene.ledger.node(observed.node).name_of(probe->member);
            if (answered) answered_.emplace(observed.node, who);
        } else if (observed.after &&
                   (!observed.before || moved(*observed.before, *observed.after))) {
            answered_.erase({observed.node, std::string{observed.name}});
        }
    }
    [[nodiscard]] bool has_answered(const ObservedEvent& observed) const {
        return answered_.contains({observed.node, std::string{observed.name}});
    }
    [[nodiscard]] std::string fault(const Scene& scene, const ObservedEvent& observed) const {
        if (observed.as<MemberJoined>() != nullptr) return joined(scene, observed);
        if (observed.as<MemberReaped>() != nullptr) {
            if (observed.about_self) return "a node never forgets itself";
            if (!observed.before || observed.before->live())
                return "only dead and left members are forgotten";
            return {};
        }
        if (!observed.after || observed.as<Refuted>() != nullptr) return {};
        if (!observed.before) return "it was unknown";
        const State from = observed.before->state;
        const bool newer = observed.after->incarnation > observed.before->incarnation;
        const bool older = observed.after->incarnation < observed.before->incarnation;
        // Or rule S2: a new life at another address counts from the start.
        const bool own_word =
            own_word_may_count(observed.before->incarnation, observed.after->incarnation) ||
            moved(*observed.before, *observed.after);
        if (observed.as<MemberUpdated>() != nullptr) {
            // After a cleared suspicion the incarnation is already known, so it may be equal.
            if (from != State::alive) return "only alive members are updated";
            if (moved(*observed.before, *observed.after) && has_answered(observed))
                return "its name was not free";
            return older && !own_word ? "older update" : "";
        }
        if (observed.as<SuspicionCleared>() != nullptr) {
            if (from != State::suspect) return "it was not suspect";
            return newer || own_word ? "" : "only a newer claim clears a suspect";
        }
        if (observed.about_self && observed.as<MemberLeft>() == nullptr)
            return "a claim about the node itself";
        // Its own word may have been without an event.
        if (older && !own_word) return "by an older claim";
        if (observed.as<MemberSuspected>() != nullptr) {
            return from == State::alive ? "" : "only alive members are suspected";
        }
        // A leave may arrive late.
        if (observed.as<MemberLeft>() != nullptr && from == State::dead) return {};
        return observed.before->live() ? "" : "it was already dead or left";
    }
    [[nodiscard]] std::string joined(const Scene& scene, const ObservedEvent& observed) const {
        if (observed.about_self) return observed.before ? "a node joins itself only once" : "";
        if (!observed.before) return {};
        if (observed.before->live()) return "it was already live";
        if (!moved(*observed.before, *observed.after)) {
            const Incarnation before = observed.before->incarnation;
            const Incarnation after = observed.after->incarnation;
            return after > before || own_word_may_count(before, after)
                       ? ""
                       : "only a newer claim revives a dead member";
        }
        if (observed.before->state == State::left || !has_answered(observed)) return {};
        const Duration reclaim = scene.settings_of(observed.node).dead_node_reclaim;
        const Duration dead =
            scene.faults.most_elapsed(observed.node, observed.before->since, observed.at);
        return reclaim > Duration{} && dead > reclaim ? "" : "its name was not free yet";
    }

    std::set<std::pair<std::uint32_t, std::string>> answered_;  // observer, name
};

// Every event stream, replayed from empty, gives members(). Events carry no metadata, so that is
// not compared.
class EventsMatchMembers final : public Invariant {
public:
    explicit EventsMatchMembers(Findings& findings) : Invariant{"events-match-members", findings} {}

    void on_sample(const Scene& scene) override {
        for (std::uint32_t node = 1; node <= scene.view.nodes(); ++node) {
            if (scene.view.running(node)) compare(scene, node);
        }
    }

private:
    void compare(const Scene& scene, std::uint32_t node) {
        const membership::Node& core = scene.view.core(node);
        const MemberTable& table = core.members();
        const NodeLedger& ledger = scene.ledger.node(node);
        unsigned live = 0;
        for (const MemberId id : table.ids()) {
            const Member m = *table.find(id);
            const std::string name{m.name()};
            live += m.is_live() ? 1 : 0;
            const LedgerEntry* belief = ledger.find(name);
            if (belief != nullptr && belief->state == m.state && belief->address == m.address() &&
                belief->port == m.port()) {
                continue;
            }
            report(scene, scene.view.name(node) + " considers " + name + " " +
                              std::string{membership::to_string(m.state)} + " at " +
                              m.endpoint().to_string() + "; from its events: " +
                              (belief == nullptr ? name + " unknown" : text(name, *belief)));
        }
        if (table.size() != ledger.members.size()) {
            for (const auto& [name, belief] : ledger.members) {
                if (table.find(name) != nullptr) continue;
                report(scene, scene.view.name(node) + " does not know " + name +
                                  "; from its events: " + text(name, belief));
            }
        }
        if (live != core.alive_count()) {
            report(scene, scene.view.name(node) + " counts " + std::to_string(core.alive_count()) +
                              " alive, its table has " + std::to_string(live));
        }
    }
    static std::string text(std::string_view name, const LedgerEntry& belief) {
        return to_string(name, std::optional{belief});
    }
};

}  // namespace

void add_belief_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<IncarnationNeverDecreases>(findings));
    list.push_back(std::make_unique<OnlyOwnIncarnationRaised>(findings));
    list.push_back(std::make_unique<StateMachine>(findings));
    list.push_back(std::make_unique<EventsMatchMembers>(findings));
}

}  // namespace rollcall::sim
