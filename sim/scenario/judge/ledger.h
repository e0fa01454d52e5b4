// SPDX-License-Identifier: Apache-2.0
//
// What every node of a run has told of everybody, put together from its events and from nothing
// else: a second transcription of each member table, made by somebody who was only listening. A
// node's ledger begins anew with each life of its process. Decides nothing; invariants judge.
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

// One member in one node's eyes.
struct LedgerEntry {
    MemberId id;
    membership::State state = membership::State::alive;
    // At least what the node holds: it may know of newer news that changed nothing worth an event.
    Incarnation incarnation;
    WireAddress address;
    std::uint16_t port = 0;
    Duration since{};          // when the state began
    Duration fair_since{};     // of a suspect: from when its time counts; a pause begins it anew
    std::size_t entries = 0;   // of the whole table as the state began
    std::uint64_t tenure = 0;  // another number for each entry and each address of a name

    [[nodiscard]] bool live() const {
        return state == membership::State::alive || state == membership::State::suspect;
    }
};

// One life of one node's process.
struct Eyes {
    unsigned life = 0;  // 0: never ran
    std::string self;   // its own name
    std::map<std::string, LedgerEntry, std::less<>> of;
    std::map<std::uint32_t, std::string> names;  // by MemberId, of those in `of`

    [[nodiscard]] const LedgerEntry* find(std::string_view name) const {
        const auto found = of.find(name);
        return found == of.end() ? nullptr : &found->second;
    }
    // Who has that id; "" when nobody in the table does.
    [[nodiscard]] std::string_view name_of(MemberId id) const {
        const auto found = names.find(id.value());
        return found == names.end() ? std::string_view{} : std::string_view{found->second};
    }
    // Live members but itself and `but`.
    [[nodiscard]] unsigned live_others(std::string_view but = {}) const;
};

// One event, and what it changed. Borrowed for the call.
struct Told {
    Duration at{};
    std::uint32_t node = 0;
    const membership::Event* event = nullptr;
    std::string_view name;  // whom it is about; "" when nobody
    bool about_self = false;
    bool born = false;                         // the first event of a process
    std::optional<LedgerEntry> before, after;  // of `name` in this node's eyes

    template <class E>
    [[nodiscard]] const E* as() const {
        return std::get_if<E>(event);
    }
};

class Ledger {
public:
    // Takes over what the nodes hold by now: a cluster may begin joined.
    void begins(const ClusterView& view);
    Told tell(const ClusterView& view, std::uint32_t node, const membership::Event& event);
    // Of nodes 1..view.nodes().
    [[nodiscard]] const Eyes& eyes(std::uint32_t node) const;

private:
    Eyes& at(std::uint32_t node);
    void enter(Eyes& eyes, const membership::About& about, membership::State state, Duration now);

    std::vector<Eyes> eyes_;  // by number - 1
    std::uint64_t next_tenure_ = 1;
};

// "n3 (5) suspect": for messages.
[[nodiscard]] std::string to_string(std::string_view name,
                                    const std::optional<LedgerEntry>& belief);

}  // namespace rollcall::sim
