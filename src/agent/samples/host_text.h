// SPDX-License-Identifier: Apache-2.0
//
// The kernel's files about the host, from text to values. A text without the figure is nullopt;
// figures that older kernels do not have are 0, or absent. Pure functions, for any text.
#pragma once

#include <optional>
#include <string_view>

#include "agent/samples/sample.h"

namespace rollcall::agent {

// /proc/stat, whose times are in ticks.
[[nodiscard]] std::optional<Cpu> parse_cpu(std::string_view text, double ticks_per_second);
// /proc/meminfo.
[[nodiscard]] std::optional<Memory> parse_memory(std::string_view text);
// /proc/loadavg.
[[nodiscard]] std::optional<Load> parse_load(std::string_view text);
// /proc/pressure/*, and *.pressure of a cgroup.
[[nodiscard]] std::optional<Stall> parse_stall(std::string_view text);
// /proc/net/dev.
[[nodiscard]] std::optional<Network> parse_network(std::string_view text);
// /proc/diskstats.
[[nodiscard]] std::optional<Disks> parse_disks(std::string_view text);
// /proc/uptime.
[[nodiscard]] std::optional<double> parse_uptime(std::string_view text);

}  // namespace rollcall::agent
