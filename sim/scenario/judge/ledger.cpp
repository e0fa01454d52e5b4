// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/ledger.h"

#include <algorithm>
#include <variant>

namespace rollcall::sim {
namespace {

using namespace membership;

// The member that an event is about, and its new state.
struct LedgerChange {
    const About* about = nullptr;
    std::optional<State> state;  // nullopt: unchanged
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

unsigned NodeLedger::live_others(std::string_view but) const {
    return static_cast<unsigned>(std::ranges::count_if(members, [&](const auto& entry) {
        return entry.second.live() && entry.first != self && entry.first != but;
    }));
}

NodeLedger& Ledger::at(std::uint32_t node) {
    if (nodes_.size() < node) nodes_.resize(node);
    return nodes_[node - 1];
}

const NodeLedger& Ledger::node(std::uint32_t node) const {
    static const NodeLedger kEmpty;
    return node == 0 || node > nodes_.size() ? kEmpty : nodes_[node - 1];
}

void Ledger::begins(const ClusterView& view) {
    nodes_.assign(view.nodes(), {});
    for (std::uint32_t node = 1; node <= view.nodes(); ++node) {
        if (!view.running(node)) continue;
        NodeLedger& ledger = at(node);
        ledger.life = 1;
        ledger.self = view.name(node);
        const MemberTable& table = view.core(node).members();
        for (const MemberId id : table.ids()) {
            const Member m = *table.find(id);
            const About about{.member = id,
                              .name = std::string{m.name()},
                              .address = m.address(),
                              .port = m.port(),
                              .incarnation = m.incarnation};
            enter(ledger, about, m.state, view.now());
        }
        for (auto& [name, belief] : ledger.members) belief.entries = table.size();
    }
}

void Ledger::enter(NodeLedger& ledger, const About& about, State state, Duration now) {
    const auto [entry, fresh] = ledger.members.try_emplace(about.name);
    LedgerEntry& belief = entry->second;
    const bool moved = belief.address != about.address || belief.port != about.port;
    if (fresh || moved) belief.tenure = next_tenure_++;
    // A death that turns out to be a leave keeps its time (S1).
    const bool same_end = belief.state == State::dead && state == State::left;
    if (fresh || (belief.state != state && !same_end)) {
        belief.since = belief.timer_since = now;
        belief.entries = ledger.members.size();
    }
    belief.id = about.member;
    belief.state = state;
    belief.incarnation = about.incarnation;
    belief.address = about.address;
    belief.port = about.port;
    ledger.names[about.member.value()] = about.name;
}

ObservedEvent Ledger::record(const ClusterView& view, std::uint32_t node, const Event& event) {
    NodeLedger& ledger = at(node);
    const std::string& self = view.name(node);
    ObservedEvent observed{.at = view.now(), .node = node, .event = &event};
    const auto look = [&]() -> std::optional<LedgerEntry> {
        const LedgerEntry* belief = ledger.find(observed.name);
        return belief == nullptr ? std::optional<LedgerEntry>{} : *belief;
    };

    if (const LedgerChange change = std::visit(LedgerChangeOf{}, event); change.about != nullptr) {
        observed.name = change.about->name;
        observed.about_self = observed.name == self;
        observed.started = observed.about_self && std::holds_alternative<MemberJoined>(event);
        if (observed.started) ledger = {.life = ledger.life + 1, .self = self};
        observed.before = look();
        const State before = observed.before ? observed.before->state : State::alive;
        enter(ledger, *change.about, change.state.value_or(before), observed.at);
        observed.after = look();
    } else if (const auto* reaped = std::get_if<MemberReaped>(&event)) {
        observed.name = reaped->name;
        observed.about_self = observed.name == self;
        observed.before = look();
        if (observed.before) {
            ledger.names.erase(observed.before->id.value());
            ledger.members.erase(ledger.members.find(observed.name));
        }
    } else if (const auto* refuted = std::get_if<Refuted>(&event)) {
        observed.name = self;
        observed.about_self = true;
        observed.before = look();
        if (const auto me = ledger.members.find(self); me != ledger.members.end()) {
            me->second.incarnation = refuted->now;
        }
        observed.after = look();
    } else if (std::holds_alternative<PauseDetected>(event)) {
        for (auto& [name, belief] : ledger.members) {
            if (belief.state == State::suspect) belief.timer_since = observed.at;
        }
    }
    return observed;
}

std::string to_string(std::string_view name, const std::optional<LedgerEntry>& belief) {
    std::string text{name};
    if (!belief) return text + " unknown";
    return text + " (" + std::to_string(belief->incarnation.value()) + ") " +
           std::string{membership::to_string(belief->state)} + " at " +
           belief->address.to_string() + ":" + std::to_string(belief->port);
}

}  // namespace rollcall::sim
