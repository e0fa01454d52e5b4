// SPDX-License-Identifier: Apache-2.0
//
// Who holds whom for what at this moment, for a report: one byte for each observer and member, kept
// from the events alone, and for each member how many observers hold it for what. A member is a
// name; a node that comes back under another name is another member. An observer is a node that
// runs and is not paused; nobody observes itself.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"

namespace rollcall::sim {

enum class Belief : std::uint8_t { unknown, alive, suspect, dead, left };
inline constexpr std::size_t kBeliefs = 5;

class Beliefs {
public:
    static constexpr std::uint32_t kNobody = ~std::uint32_t{0};  // instead of a member

    // Nodes by number from 1. Of names, the first `most_members` are kept.
    Beliefs(std::uint32_t nodes, std::uint32_t most_members)
        : most_members_{most_members}, watching_(nodes, false) {}

    // The member of that name, met for the first time or not; kNobody: no room for it.
    std::uint32_t member(std::string_view name);
    [[nodiscard]] std::uint32_t members() const {
        return static_cast<std::uint32_t>(members_.size());
    }
    [[nodiscard]] const std::string& name(std::uint32_t member) const {
        return members_[member].name;
    }
    // The node that bears the name now; 0: nobody.
    [[nodiscard]] std::uint32_t owner(std::uint32_t member) const { return members_[member].owner; }
    void set_owner(std::uint32_t member, std::uint32_t node);

    [[nodiscard]] bool watching(std::uint32_t node) const { return watching_[node - 1]; }
    void set_watching(std::uint32_t node, bool watching);
    // A process that starts anew knows nobody.
    void forget_all(std::uint32_t node);

    [[nodiscard]] Belief of(std::uint32_t member, std::uint32_t node) const {
        return members_[member].held[node - 1];
    }
    void set(std::uint32_t member, std::uint32_t node, Belief belief);

    // Of those who observe that member.
    [[nodiscard]] const std::array<std::uint32_t, kBeliefs>& counts(std::uint32_t member) const {
        return members_[member].counts;
    }
    [[nodiscard]] std::uint32_t observers(std::uint32_t member) const;
    // Names that found no room.
    [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

private:
    struct Member {
        std::string name;
        std::uint32_t owner = 0;
        std::array<std::uint32_t, kBeliefs> counts{};
        std::vector<Belief> held;  // by node - 1
    };
    [[nodiscard]] bool counted(const Member& member, std::uint32_t node) const {
        return watching_[node - 1] && member.owner != node;
    }
    [[nodiscard]] static std::uint32_t& count_of(Member& member, std::uint32_t node) {
        return member.counts[static_cast<std::size_t>(member.held[node - 1])];
    }

    std::uint32_t most_members_;
    std::vector<bool> watching_;
    std::vector<Member> members_;
    std::unordered_map<std::string, std::uint32_t, NameHash, std::equal_to<>> places_;
    std::uint64_t left_out_ = 0;
};

}  // namespace rollcall::sim
