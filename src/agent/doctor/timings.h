// SPDX-License-Identifier: Apache-2.0
//
// The settings that all members of a cluster should share, as agents compare them: by name with
// values, and as one fingerprint. Not part of it: timings that concern one member alone. Pure.
#pragma once

#include <map>
#include <string>

#include "membership/config.h"

namespace rollcall::agent {

using Timings = std::map<std::string, std::string>;  // "probe_interval": "1s"

[[nodiscard]] Timings timings_of(const membership::Config& config);
// 16 hexadecimal digits; equal for equal timings, on every machine.
[[nodiscard]] std::string fingerprint(const Timings& timings);
// "probe_interval 1s here, 500ms there"; at most a few. "" if they are equal.
[[nodiscard]] std::string difference(const Timings& here, const Timings& there);

}  // namespace rollcall::agent
