// SPDX-License-Identifier: Apache-2.0
//
// The checksum of a view of the cluster: equal for two agents exactly if the same members are up
// for both, but for a chance of 1 in 2^64. It is a sum, so that no order matters and a change of
// one member costs one addition. Members that failed or left do not count: an agent that was
// restarted has forgotten them, and is of one view with the others nevertheless. Agents compare it
// over the network (rule E8), so it is the same on every machine and must not change. Pure
// arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "serf/events.h"

namespace rollcall::serf {

// FNV-1a, then the finisher of SplitMix64: sums of FNV values alone collide for similar names.
[[nodiscard]] constexpr std::uint64_t view_hash(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    hash = (hash ^ (hash >> 30u)) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 27u)) * 0x94d049bb133111ebu;
    return hash ^ (hash >> 31u);
}

// A member that is leaving still takes part.
[[nodiscard]] constexpr bool is_up(Status status) {
    return status == Status::alive || status == Status::leaving;
}

// What a member adds to the checksum.
[[nodiscard]] constexpr std::uint64_t view_share(std::string_view name, Status status) {
    return is_up(status) ? view_hash(name) : 0;
}

// For people and programs: 16 hexadecimal digits.
[[nodiscard]] inline std::string checksum_text(std::uint64_t checksum) {
    std::string text(16, '0');
    for (std::size_t i = text.size(); i-- > 0; checksum >>= 4u) {
        text[i] = "0123456789abcdef"[checksum & 15u];
    }
    return text;
}

}  // namespace rollcall::serf
