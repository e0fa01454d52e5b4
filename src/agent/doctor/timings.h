// SPDX-License-Identifier: Apache-2.0
//
// The timings that all members of a cluster should share, by name with their values, as agents
// compare them: those that `rollcall tune` can change. Equal ones have equal fingerprints
// (serf/tune_values.h). Pure.
#pragma once

#include <map>
#include <string>

#include "membership/config.h"

namespace rollcall::agent {

using Timings = std::map<std::string, std::string>;  // "probe-interval": "1s"

[[nodiscard]] Timings timings_of(const membership::Config& config);
// "probe-interval 1s here, 500ms there"; at most a few. "" if they are equal.
[[nodiscard]] std::string difference(const Timings& here, const Timings& there);

}  // namespace rollcall::agent
