// SPDX-License-Identifier: Apache-2.0
//
// Parses the flags of a swarm. Errors name the flag, its value, and what is allowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "sim/scenario/draw/drawn.h"

namespace rollcall::sim {

// "5..20" or "7"; "": the whole range.
[[nodiscard]] Result<DrawLimits, std::string> parse_node_range(std::string_view text);
// "3/8": {3, 8}. At most as many shards as seeds.
[[nodiscard]] Result<std::pair<unsigned, unsigned>, std::string> parse_shard(std::string_view text,
                                                                             std::uint64_t seeds);
// The flags that replace the faults of every kind. Two at once are an error.
struct DrawFlags {
    bool news = false, leaves = false, adversary = false;

    [[nodiscard]] bool any() const { return news || leaves || adversary; }
};
[[nodiscard]] Result<DrawKind, std::string> parse_draw_kind(const DrawFlags& flags);

// Why no swarm has this profile, or "". `other_draw`: that swarm has one of its own.
[[nodiscard]] std::string profile_problem(std::string_view text, bool other_draw);

}  // namespace rollcall::sim
