// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/ledger.h"

#include <algorithm>
#include <variant>

namespace rollcall::sim {
namespace {

using namespace membership;

// The member that an event is about, and the state that it is in from now on.
struct LedgerChange {
    const About* about = nullptr;
    std::optional<State> state;  // nullopt: as it was
};

struct LedgerChangeOf {
    LedgerChange operator()(const MemberJoined& e) const { return {&e.about, State::alive}; }
    LedgerChange operator()(const MemberUpdated& e) const { return {&e.about, {}}; }
    LedgerChange operator()(const MemberSuspected& e) const { return {&e.about, State::suspect}; }
    LedgerChange operator()(const SuspicionCleared& e) const { return {&e.about, State::alive}; }
    LedgerChange operator()(const MemberFailed& e) const { return {&e.about, State::dead}; }
    LedgerChange operator()(const MemberLeft& e) const { return {&e.about, State::left}; }
    template <class Other>
    LedgerChange operator()(const Other&) const {
        return {};
    }
};

}  // namespace

unsigned Eyes::live_others(std::string_view but) const {
    return static_cast<unsigned>(std::ranges::count_if(of, [&](const auto& entry) {
        return entry.second.live() && entry.first != self && entry.first != but;
    }));
}

Eyes& Ledger::at(std::uint32_t node) {
    if (eyes_.size() < node) eyes_.resize(node);
    return eyes_[node - 1];
}

const Eyes& Ledger::eyes(std::uint32_t node) const {
    static const Eyes kNobody;
    return node == 0 || node > eyes_.size() ? kNobody : eyes_[node - 1];
}

void Ledger::begins(const ClusterView& view) {
    eyes_.assign(view.nodes(), {});
    for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
        if (!view.running(node)) continue;
        Eyes& eyes = at(node);
        eyes.life = 1;
        eyes.self = view.name(node);
        const MemberTable& table = view.core(node).members();
        for (const MemberId id : table.ids()) {
            const Member m = *table.find(id);
            const About about{.member = id,
                              .name = std::string{m.name()},
                              .address = m.address(),
                              .port = m.port(),
                              .incarnation = m.incarnation};
            enter(eyes, about, m.state, view.now());
        }
        for (auto& [name, belief] : eyes.of) belief.entries = table.size();
    }
}

void Ledger::enter(Eyes& eyes, const About& about, State state, Duration now) {
    const auto [entry, fresh] = eyes.of.try_emplace(about.name);
    LedgerEntry& belief = entry->second;
    const bool moved = belief.address != about.address || belief.port != about.port;
    if (fresh || moved) belief.tenure = next_tenure_++;
    // A death that turns out to be a leave is as old as it was (S1).
    const bool same_end = belief.state == State::dead && state == State::left;
    if (fresh || (belief.state != state && !same_end)) {
        belief.since = belief.fair_since = now;
        belief.entries = eyes.of.size();
    }
    belief.id = about.member;
    belief.state = state;
    belief.incarnation = about.incarnation;
    belief.address = about.address;
    belief.port = about.port;
    eyes.names[about.member.value()] = about.name;
}

Told Ledger::tell(const ClusterView& view, std::uint32_t node, const Event& event) {
    Eyes& eyes = at(node);
    const std::string& self = view.name(node);
    Told told{.at = view.now(), .node = node, .event = &event};
    const auto look = [&]() -> std::optional<LedgerEntry> {
        const LedgerEntry* belief = eyes.find(told.name);
        return belief == nullptr ? std::optional<LedgerEntry>{} : *belief;
    };

    if (const LedgerChange change = std::visit(LedgerChangeOf{}, event); change.about != nullptr) {
        told.name = change.about->name;
        told.about_self = told.name == self;
        told.born = told.about_self && std::holds_alternative<MemberJoined>(event);
        if (told.born) eyes = {.life = eyes.life + 1, .self = self};
        told.before = look();
        const State before = told.before ? told.before->state : State::alive;
        enter(eyes, *change.about, change.state.value_or(before), told.at);
        told.after = look();
    } else if (const auto* reaped = std::get_if<MemberReaped>(&event)) {
        told.name = reaped->name;
        told.about_self = told.name == self;
        told.before = look();
        if (told.before) {
            eyes.names.erase(told.before->id.value());
            eyes.of.erase(eyes.of.find(told.name));
        }
    } else if (const auto* refuted = std::get_if<Refuted>(&event)) {
        told.name = self;
        told.about_self = true;
        told.before = look();
        if (const auto me = eyes.of.find(self); me != eyes.of.end()) {
            me->second.incarnation = refuted->now;
        }
        told.after = look();
    } else if (std::holds_alternative<PauseDetected>(event)) {
        for (auto& [name, belief] : eyes.of) {
            if (belief.state == State::suspect) belief.fair_since = told.at;
        }
    }
    return told;
}

std::string to_string(std::string_view name, const std::optional<LedgerEntry>& belief) {
    std::string text{name};
    if (!belief) return text + " unknown";
    return text + " (" + std::to_string(belief->incarnation.value()) + ") " +
           std::string{membership::to_string(belief->state)} + " at " +
           belief->address.to_string() + ":" + std::to_string(belief->port);
}

}  // namespace rollcall::sim
