// SPDX-License-Identifier: Apache-2.0
//
// A sample as JSON: in /v1/agent, and in the answer to another agent (rule E8), which has to fit
// into one packet. Absent figures are left out. Pure functions.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/samples/sample.h"
#include "agent/samples/sampler.h"
#include "base/time.h"

namespace rollcall::agent {

// {"state": "ok", "age_ms", "cpu": {"cores", "busy", ...}, "memory", "load": [1, 5, 15 minutes],
// "pressure", "network", "disks", "uptime_s", "cgroup"}, or {"state": "off"}, {"state": "none"}:
// there is none yet, or its files hang. Shares are 0 to 1.
[[nodiscard]] nlohmann::ordered_json sample_json(const Sampler& sampler, Time now);

// The same in at most `room` bytes: the parts that matter least are left out first, and then "cut"
// is true. "" if nothing fits.
[[nodiscard]] std::string sample_text(const Sampler& sampler, Time now, std::size_t room);

}  // namespace rollcall::agent
