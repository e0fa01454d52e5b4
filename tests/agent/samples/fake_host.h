// SPDX-License-Identifier: Apache-2.0
//
// A folder that looks like the /proc and /sys of a host.
#pragma once

#include <string>

#include "support/test_folder.h"

namespace rollcall::agent::tests {

enum class CgroupVersion : unsigned char { none, one, two };

// Everything that a sample has.
inline void write_host(const rollcall::tests::TestFolder& root, CgroupVersion cgroups) {
    const auto write = [&](const std::string& path, const std::string& text) {
        static_cast<void>(root.write(path, text));
    };
    write("proc/stat", "cpu 200 0 100 600 50 0 0 50\ncpu0 200 0 100 600 50 0 0 50\n");
    write("proc/meminfo",
          "MemTotal: 1000 kB\nMemAvailable: 400 kB\nSwapTotal: 100 kB\nSwapFree: 75 kB\n");
    write("proc/loadavg", "0.50 0.40 0.30 1/100 4711\n");
    for (const char* const resource : {"cpu", "memory", "io"}) {
        write("proc/pressure/" + std::string{resource},
              "some avg10=12.50 avg60=0.00 avg300=0.00 total=0\n"
              "full avg10=2.00 avg60=0.00 avg300=0.00 total=0\n");
    }
    write("proc/net/dev", "eth0: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n");
    write("proc/diskstats", "8 0 sda 1 0 4 0 1 0 8 0 0 1500 0\n");
    write("proc/uptime", "3600.50 100.00\n");
    if (cgroups == CgroupVersion::two) {
        write("proc/self/cgroup", "0::/agent\n");
        write("proc/self/mountinfo", "29 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        write("sys/fs/cgroup/agent/cpu.stat",
              "usage_usec 2500000\nnr_periods 10\nnr_throttled 3\nthrottled_usec 1500000\n");
        write("sys/fs/cgroup/agent/cpu.max", "50000 100000\n");
        write("sys/fs/cgroup/agent/memory.current", "4096\n");
        write("sys/fs/cgroup/agent/memory.max", "8192\n");
        for (const char* const resource : {"cpu", "memory", "io"}) {
            write("sys/fs/cgroup/agent/" + std::string{resource} + ".pressure",
                  "some avg10=25.00 avg60=0.00 avg300=0.00 total=0\n"
                  "full avg10=1.00 avg60=0.00 avg300=0.00 total=0\n");
        }
    }
    if (cgroups == CgroupVersion::one) {
        write("proc/self/cgroup", "2:cpu,cpuacct:/agent\n1:memory:/agent\n");
        write("proc/self/mountinfo",
              "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
              "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
        write("sys/fs/cgroup/cpu/agent/cpuacct.usage", "2500000000\n");
        write("sys/fs/cgroup/cpu/agent/cpu.stat",
              "nr_periods 10\nnr_throttled 3\nthrottled_time 1500000000\n");
        write("sys/fs/cgroup/cpu/agent/cpu.cfs_quota_us", "-1\n");
        write("sys/fs/cgroup/cpu/agent/cpu.cfs_period_us", "100000\n");
        write("sys/fs/cgroup/memory/agent/memory.usage_in_bytes", "4096\n");
        write("sys/fs/cgroup/memory/agent/memory.limit_in_bytes", "9223372036854771712\n");
    }
}

}  // namespace rollcall::agent::tests
