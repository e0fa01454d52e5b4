// SPDX-License-Identifier: Apache-2.0
//
// What may be believed of whom: incarnations, the state machine, and that what was told is what is
// held. Rules S1 to S4 and G4 of docs/protocol.md, transcribed a second time: nothing of
// src/membership's own tables is used here.
#include <algorithm>
#include <map>
#include <tuple>

#include "sim/scenario/judge/invariant.h"

namespace rollcall::sim {
namespace {

using namespace membership;

// The name now lives elsewhere: rule S2, the one case in which an incarnation may fall.
bool moved(const LedgerEntry& before, const LedgerEntry& after) {
    return before.address != after.address || before.port != after.port;
}

std::string eyes_of(const Scene& scene, std::uint32_t node) {
    return "in the eyes of " + scene.view.name(node);
}

// A member's incarnation never falls in a node's eyes. SWIM 4.2 orders messages by it, so whoever
// lets it fall can be told old news as new. It begins anew where the entry does: after reaping
// (G4), and when the name is taken over from another address (S2).
class IncarnationNeverFalls final : public Invariant {
public:
    explicit IncarnationNeverFalls(Findings& findings)
        : Invariant{"incarnation-never-falls", findings} {}

    void told(const Scene& scene, const Told& told) override {
        if (!told.before || !told.after || told.about_self || moved(*told.before, *told.after)) {
            return;
        }
        if (told.after->incarnation < told.before->incarnation) {
            fell(scene, told.node, told.name, told.before->incarnation, told.after->incarnation);
        }
    }
    // What changed without an event.
    void sampled(const Scene& scene) override {
        for (std::uint32_t node = 1; node <= scene.view.nodes(); ++node) {
            if (!scene.view.running(node)) continue;
            const MemberTable& table = scene.view.core(node).members();
            const Eyes& eyes = scene.ledger.eyes(node);
            for (const auto& [name, belief] : eyes.of) {
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
        broken(scene, std::string{name} + " fell from incarnation " + std::to_string(from.value()) +
                          " to " + std::to_string(to.value()) + " " + eyes_of(scene, node));
    }
    std::map<std::pair<std::uint32_t, std::string>, std::pair<std::uint64_t, Incarnation>> seen_;
};

// Only a member raises its own incarnation (SWIM 4.2): nobody ever holds one that the member has
// not announced itself, in this life or a former one. And it raises it by one, above whatever it
// answers (S4): a refutation that is not above the accusation convinces nobody.
class OnlyTheMemberRaisesItself final : public Invariant {
public:
    explicit OnlyTheMemberRaisesItself(Findings& findings)
        : Invariant{"only-the-member-raises-itself", findings} {}

    void told(const Scene& scene, const Told& told) override {
        if (const auto* refuted = told.as<Refuted>()) {
            if (refuted->now.value() != refuted->accused.value() + 1) {
                broken(scene, scene.view.name(told.node) + " answered a claim at incarnation " +
                                  std::to_string(refuted->accused.value()) + " with " +
                                  std::to_string(refuted->now.value()) + ", not with one above it");
            }
        }
        if (!told.after) return;
        if (told.about_self) return announce(told.name, told.after->incarnation);
        check(scene, told.node, told.name, told.after->incarnation);
    }
    // An update that changed nothing raises an incarnation and tells no event.
    void stepped(const Scene& scene, const Step&) override { listen(scene); }
    void sampled(const Scene& scene) override {
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
    void check(const Scene& scene, std::uint32_t node, std::string_view name, Incarnation held) {
        const Incarnation own = announced(name);
        if (held <= own) return;
        broken(scene, std::string{name} + " is at incarnation " + std::to_string(held.value()) +
                          " " + eyes_of(scene, node) + ", and never announced more than " +
                          std::to_string(own.value()));
    }
    std::map<std::string, Incarnation, std::less<>> announced_;
};

// Each observer moves each member along the published arrows and no others (S1, S2, S4, G4):
//
//   unknown -> alive;  alive -> suspect, at the same incarnation or a newer one;
//   suspect -> alive, newer;  alive or suspect -> dead or left, same or newer;
//   dead -> left, same or newer, since a leave may be learned late;
//   dead or left -> alive: newer, or from another address once the name is free;
//   dead or left -> unknown.  Of itself: alive, and left once it leaves.
class StateMachine final : public Invariant {
public:
    explicit StateMachine(Findings& findings) : Invariant{"state-machine", findings} {}

    void told(const Scene& scene, const Told& told) override {
        const std::string why = fault(scene, told);
        if (why.empty()) return;
        broken(scene, to_string(told.name, told.before) + " became " +
                          to_string(told.name, told.after) + " " + eyes_of(scene, told.node) +
                          ": " + why);
    }

private:
    static std::string fault(const Scene& scene, const Told& told) {
        if (told.as<MemberJoined>() != nullptr) return joined(scene, told);
        if (told.as<MemberReaped>() != nullptr) {
            if (told.about_self) return "nobody forgets itself";
            if (!told.before || told.before->live()) return "only the dead and left are forgotten";
            return {};
        }
        if (!told.after || told.as<Refuted>() != nullptr) return {};
        if (!told.before) return "it was unknown";
        const State from = told.before->state;
        const bool newer = told.after->incarnation > told.before->incarnation;
        const bool older = told.after->incarnation < told.before->incarnation;
        if (told.as<MemberUpdated>() != nullptr) {
            // After a suspicion that it cleared the incarnation was told already.
            if (from != State::alive) return "only the living have news";
            return older ? "older news" : "";
        }
        if (told.as<SuspicionCleared>() != nullptr) {
            if (from != State::suspect) return "it was no suspect";
            return newer ? "" : "only a newer claim clears a suspect";
        }
        if (told.about_self && told.as<MemberLeft>() == nullptr) return "of itself";
        if (older) return "by an older claim";
        if (told.as<MemberSuspected>() != nullptr) {
            return from == State::alive ? "" : "only the living are suspected";
        }
        // A leave may be learned late.
        if (told.as<MemberLeft>() != nullptr && from == State::dead) return {};
        return told.before->live() ? "" : "it was gone already";
    }
    static std::string joined(const Scene& scene, const Told& told) {
        if (told.about_self) return told.before ? "nobody joins itself twice" : "";
        if (!told.before) return {};
        if (told.before->live()) return "it was here already";
        if (!moved(*told.before, *told.after)) {
            return told.after->incarnation > told.before->incarnation
                       ? ""
                       : "only a newer claim brings back the dead";
        }
        if (told.before->state == State::left) return {};
        const Duration reclaim = scene.scenario.profile.dead_node_reclaim;
        const Duration dead = scene.faults.most_elapsed(told.node, told.before->since, told.at);
        return reclaim > Duration{} && dead > reclaim ? "" : "its name was not free yet";
    }
};

// Every event stream, replayed from empty, is members(): whoever listens knows as much as whoever
// asks. The events say no metadata, so that is not compared.
class EventsRetellMembers final : public Invariant {
public:
    explicit EventsRetellMembers(Findings& findings)
        : Invariant{"events-retell-members", findings} {}

    void sampled(const Scene& scene) override {
        for (std::uint32_t node = 1; node <= scene.view.nodes(); ++node) {
            if (scene.view.running(node)) compare(scene, node);
        }
    }

private:
    void compare(const Scene& scene, std::uint32_t node) {
        const membership::Node& core = scene.view.core(node);
        const MemberTable& table = core.members();
        const Eyes& eyes = scene.ledger.eyes(node);
        unsigned live = 0;
        for (const MemberId id : table.ids()) {
            const Member m = *table.find(id);
            const std::string name{m.name()};
            live += m.is_live() ? 1 : 0;
            const LedgerEntry* belief = eyes.find(name);
            if (belief != nullptr && belief->state == m.state && belief->address == m.address() &&
                belief->port == m.port()) {
                continue;
            }
            broken(scene, scene.view.name(node) + " holds " + name + " for " +
                              std::string{membership::to_string(m.state)} + " at " +
                              m.endpoint().to_string() + "; its events say " +
                              (belief == nullptr ? name + " unknown" : text(name, *belief)));
        }
        if (table.size() != eyes.of.size()) {
            for (const auto& [name, belief] : eyes.of) {
                if (table.find(name) != nullptr) continue;
                broken(scene, scene.view.name(node) + " does not know " + name +
                                  "; its events say " + text(name, belief));
            }
        }
        if (live != core.alive_count()) {
            broken(scene, scene.view.name(node) + " counts " + std::to_string(core.alive_count()) +
                              " alive, its table has " + std::to_string(live));
        }
    }
    static std::string text(std::string_view name, const LedgerEntry& belief) {
        return to_string(name, std::optional{belief});
    }
};

}  // namespace

void add_belief_invariants(InvariantList& list, Findings& findings) {
    list.push_back(std::make_unique<IncarnationNeverFalls>(findings));
    list.push_back(std::make_unique<OnlyTheMemberRaisesItself>(findings));
    list.push_back(std::make_unique<StateMachine>(findings));
    list.push_back(std::make_unique<EventsRetellMembers>(findings));
}

}  // namespace rollcall::sim
