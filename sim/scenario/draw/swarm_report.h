// SPDX-License-Identifier: Apache-2.0
//
// A swarm's result as JSON, and the merging of shards.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sim/scenario/draw/swarm.h"

namespace rollcall::sim {

// One object; numbers that may exceed 2^53 are text.
[[nodiscard]] std::string to_json(const SwarmResult& result);
// Reads the output of to_json. The error names the field, its value, and what is allowed.
[[nodiscard]] Result<SwarmResult, std::string> swarm_from_json(std::string_view text);

// All shards of one swarm: the same seeds and number of shards, each shard once, none missing.
[[nodiscard]] Result<SwarmResult, std::string> merge(std::span<const SwarmResult> parts);

}  // namespace rollcall::sim
