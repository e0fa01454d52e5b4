// SPDX-License-Identifier: Apache-2.0
//
// The state in which each observer currently sees each member, for a report: one byte for each
// pair, from events alone, and for each member the number of observers per state. A member is a
// name; a node that comes back under another name is another member. An observer is a node that
// runs and is not paused; a node does not observe itself.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"

namespace rollcall::sim {

enum class SeenState : std::uint8_t { unknown, alive, suspect, dead, left };
inline constexpr std::size_t kSeenStates = 5;

class SeenStates {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};  // no member

    // Nodes are numbered from 1. The first `most_members` names are kept.
    SeenStates(std::uint32_t nodes, std::uint32_t most_members)
        : most_members_{most_members}, watching_(nodes, false) {}

    // The member with that name, new or known; kNone: no room for it.
    std::uint32_t member(std::string_view name);
    [[nodiscard]] std::uint32_t members() const {
        return static_cast<std::uint32_t>(members_.size());
    }
    [[nodiscard]] const std::string& name(std::uint32_t member) const {
        return members_[member].name;
    }
    // The node that has the name now; 0: none.
    [[nodiscard]] std::uint32_t owner(std::uint32_t member) const { return members_[member].owner; }
    void set_owner(std::uint32_t member, std::uint32_t node);

    [[nodiscard]] bool watching(std::uint32_t node) const { return watching_[node - 1]; }
    void set_watching(std::uint32_t node, bool watching);
    // A new process knows no member.
    void forget_all(std::uint32_t node);

    [[nodiscard]] SeenState of(std::uint32_t member, std::uint32_t node) const {
        return members_[member].seen[node - 1];
    }
    void set(std::uint32_t member, std::uint32_t node, SeenState state);

    // The number of that member's observers, by state.
    [[nodiscard]] const std::array<std::uint32_t, kSeenStates>& counts(std::uint32_t member) const {
        return members_[member].counts;
    }
    [[nodiscard]] std::uint32_t observers(std::uint32_t member) const;
    // The number of calls for names that did not fit.
    [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

private:
    struct Member {
        std::string name;
        std::uint32_t owner = 0;
        std::array<std::uint32_t, kSeenStates> counts{};
        std::vector<SeenState> seen;  // by node - 1
    };
    [[nodiscard]] bool counted(const Member& member, std::uint32_t node) const {
        return watching_[node - 1] && member.owner != node;
    }
    [[nodiscard]] static std::uint32_t& count_of(Member& member, std::uint32_t node) {
        return member.counts[static_cast<std::size_t>(member.seen[node - 1])];
    }

    std::uint32_t most_members_;
    std::vector<bool> watching_;
    std::vector<Member> members_;
    std::unordered_map<std::string, std::uint32_t, NameHash, std::equal_to<>> places_;
    std::uint64_t left_out_ = 0;
};

}  // namespace rollcall::sim
