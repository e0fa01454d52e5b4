// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/seen_states.h"

#include <numeric>
#include <utility>

namespace rollcall::sim {

std::uint32_t SeenStates::member(std::string_view name) {
    if (const auto place = places_.find(name); place != places_.end()) return place->second;
    if (members_.size() >= most_members_) {
        ++left_out_;
        return kNone;
    }
    const std::uint32_t number = members();
    members_.push_back({.name = std::string{name}, .seen = {}});
    Member& member = members_.back();
    member.seen.assign(watching_.size(), SeenState::unknown);
    for (std::uint32_t n = 1; n <= watching_.size(); ++n) {
        if (counted(member, n)) ++count_of(member, n);
    }
    places_.emplace(member.name, number);
    return number;
}

void SeenStates::set_owner(std::uint32_t number, std::uint32_t node) {
    Member& member = members_[number];
    if (member.owner == node) return;
    const std::uint32_t before = std::exchange(member.owner, node);
    if (before != 0 && watching_[before - 1]) ++count_of(member, before);
    if (node != 0 && watching_[node - 1]) --count_of(member, node);
}

void SeenStates::set_watching(std::uint32_t node, bool watching) {
    if (watching_[node - 1] == watching) return;
    for (Member& member : members_) {
        if (member.owner == node) continue;
        watching ? ++count_of(member, node) : --count_of(member, node);
    }
    watching_[node - 1] = watching;
}

void SeenStates::forget_all(std::uint32_t node) {
    for (std::uint32_t member = 0; member < members_.size(); ++member) {
        set(member, node, SeenState::unknown);
    }
}

void SeenStates::set(std::uint32_t number, std::uint32_t node, SeenState state) {
    Member& member = members_[number];
    const bool counts = counted(member, node);
    if (counts) --count_of(member, node);
    member.seen[node - 1] = state;
    if (counts) ++count_of(member, node);
}

std::uint32_t SeenStates::observers(std::uint32_t member) const {
    const auto& counts = members_[member].counts;
    return std::accumulate(counts.begin(), counts.end(), 0u);
}

}  // namespace rollcall::sim
