// SPDX-License-Identifier: Apache-2.0
//
// Where the agent's own cgroup is (/proc/self/cgroup and /proc/self/mountinfo), and the files in
// it, of both versions of the kernel's interface. Pure functions, for any text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/samples/sample.h"

namespace rollcall::agent {

// Folders with the files of the agent's cgroup; "": there is none, or it cannot be seen from here.
// Version 1 has one for each controller.
struct CgroupFolders {
    unsigned version = 2;
    std::string cpu;        // cpu.stat, cpu.max or cpu.cfs_*
    std::string cpu_usage;  // version 1: cpuacct.usage
    std::string memory;
    [[nodiscard]] bool any() const { return !cpu.empty() || !cpu_usage.empty() || !memory.empty(); }
};
// Version 1 if its controllers are mounted, as on hosts that have both.
[[nodiscard]] CgroupFolders find_cgroup(std::string_view own_cgroups, std::string_view mounts);

// A file with one number. "max", and what no machine has, is none.
[[nodiscard]] std::optional<std::uint64_t> parse_amount(std::string_view text);
// The number of a line "KEY NUMBER".
[[nodiscard]] std::optional<std::uint64_t> amount_of(std::string_view text, std::string_view key);
// cpu.max of version 2: "50000 100000", "max 100000". In cores.
[[nodiscard]] std::optional<double> parse_cpu_max(std::string_view text);
// cpu.cfs_quota_us ("-1": none) and cpu.cfs_period_us of version 1. In cores.
[[nodiscard]] std::optional<double> parse_cpu_quota(std::string_view quota,
                                                    std::string_view period);
// cpu.stat of either version.
[[nodiscard]] std::optional<Throttling> parse_throttling(std::string_view text);
// cpu.stat of version 2.
[[nodiscard]] std::optional<double> parse_usage(std::string_view text);

}  // namespace rollcall::agent
