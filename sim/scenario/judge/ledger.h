// SPDX-License-Identifier: Apache-2.0
//
// Each node's view of all members, rebuilt from its events alone: a second copy of each member
// table, as an event listener would have it. A node's ledger starts again with each start of its
// process. Checks nothing; invariants do.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/events.h"
#include "membership/member_table.h"
#include "sim/scenario/judge/observer.h"

namespace rollcall::sim {

// One member in one node's view.
struct LedgerEntry {
    MemberId id;
    membership::State state = membership::State::alive;
    // The node's own may be higher: not every change of an incarnation has an event.
    Incarnation incarnation;
    WireAddress address;
    std::uint16_t port = 0;
    Duration since{};          // when the state began
    Duration timer_since{};    // of a suspect: start of its timeout; a pause starts it again
    std::size_t entries = 0;   // in the whole table when the state began
    std::uint64_t tenure = 0;  // a new number for each entry and each address of a name

    [[nodiscard]] bool live() const {
        return state == membership::State::alive || state == membership::State::suspect;
    }
};

// The view of one process of a node.
struct NodeLedger {
    unsigned life = 0;  // 0: never ran
    std::string self;   // its own name
    std::map<std::string, LedgerEntry, std::less<>> members;
    std::map<std::uint32_t, std::string> names;  // by MemberId, of those in `members`

    [[nodiscard]] const LedgerEntry* find(std::string_view name) const {
        const auto found = members.find(name);
        return found == members.end() ? nullptr : &found->second;
    }
    // The member with that id; "" if there is none.
    [[nodiscard]] std::string_view name_of(MemberId id) const {
        const auto found = names.find(id.value());
        return found == names.end() ? std::string_view{} : std::string_view{found->second};
    }
    // Live members except itself and `but`.
    [[nodiscard]] unsigned live_others(std::string_view but = {}) const;
};

// One event, and what it changed. Borrowed for the call.
struct ObservedEvent {
    Duration at{};
    std::uint32_t node = 0;
    const membership::Event* event = nullptr;
    std::string_view name;  // the member it is about; "" if none
    bool about_self = false;
    bool started = false;                      // the first event of a process
    std::optional<LedgerEntry> before, after;  // of `name` in this node's view

    template <class E>
    [[nodiscard]] const E* as() const {
        return std::get_if<E>(event);
    }
};

class Ledger {
public:
    // Copies the current member tables: a cluster may begin joined.
    void begins(const ClusterView& view);
    ObservedEvent record(const ClusterView& view, std::uint32_t node,
                         const membership::Event& event);
    // Of nodes 1..view.nodes().
    [[nodiscard]] const NodeLedger& node(std::uint32_t node) const;

private:
    NodeLedger& at(std::uint32_t node);
    void enter(NodeLedger& ledger, const membership::About& about, membership::State state,
               Duration now);

    std::vector<NodeLedger> nodes_;  // by number - 1
    std::uint64_t next_tenure_ = 1;
};

// "n3 (5) suspect at 10.0.0.3:7946": for messages.
[[nodiscard]] std::string to_string(std::string_view name,
                                    const std::optional<LedgerEntry>& belief);

}  // namespace rollcall::sim
