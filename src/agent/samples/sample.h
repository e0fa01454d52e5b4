// SPDX-License-Identifier: Apache-2.0
//
// A sample of the machine: CPU, memory, load, pressure, network and disks of the host, and of the
// agent's own cgroup. What the kernel does not offer (no PSI, no cgroup, a container without /sys)
// is absent, and no error. Plain values; shares are 0 to 1, sizes bytes, times seconds.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace rollcall::agent {

// Since the start of the host, of all cores together. `user` includes nice, `system` interrupts.
struct CpuTimes {
    double user = 0, system = 0, iowait = 0, steal = 0, idle = 0;
};

struct Cpu {
    unsigned cores = 0;
    CpuTimes times;
};

// Of the time between two samples, all cores together; `busy` is what is neither idle nor iowait.
struct CpuShare {
    double busy = 0, user = 0, system = 0, iowait = 0, steal = 0;
};

struct Memory {
    std::uint64_t total = 0, available = 0, swap_total = 0, swap_free = 0;
};

// The average number of processes that run or wait, over so many minutes.
struct Load {
    double one = 0, five = 0, fifteen = 0;
};

// The share of the last 10 s in which some, or all, tasks waited for a resource (PSI).
struct Stall {
    std::optional<double> some, full;
};

struct Pressure {
    std::optional<Stall> cpu, memory, io;
};

// Totals of all interfaces but lo, in one direction, since each was made.
struct Traffic {
    std::uint64_t bytes = 0, packets = 0, errors = 0, drops = 0;
};

struct Network {
    Traffic received, sent;
};

// Totals of all disks, without partitions and what is made of disks.
struct Disks {
    std::uint64_t read_bytes = 0, written_bytes = 0;
    double io_seconds = 0;  // with at least one request under way, added up over the disks
};

// Periods of the CPU limit, and those in which it held processes back.
struct Throttling {
    std::uint64_t periods = 0, throttled = 0;
    double seconds = 0;  // held back so long
};

struct Cgroup {
    unsigned version = 2;  // of the kernel's interface: 1 or 2
    std::optional<double> cpu_seconds;
    std::optional<double> cpu_limit;  // in cores; absent: none
    std::optional<Throttling> throttling;
    std::optional<std::uint64_t> memory;        // as the kernel counts it, with file cache
    std::optional<std::uint64_t> memory_limit;  // absent: none
    Pressure pressure;
};

struct Sample {
    Time taken{};
    std::optional<Cpu> cpu;
    std::optional<Memory> memory;
    std::optional<Load> load;
    Pressure pressure;
    std::optional<Network> network;
    std::optional<Disks> disks;
    std::optional<double> uptime_seconds;
    std::optional<Cgroup> cgroup;
    // Of the time since the sample before this one; absent in the first.
    std::optional<CpuShare> cpu_share;
    std::optional<double> cgroup_cores;  // cores that the cgroup kept busy
};

// nullopt: no time passed. A counter that went back, as iowait does now and then, counts as 0.
[[nodiscard]] std::optional<CpuShare> share_between(const CpuTimes& before, const CpuTimes& after);
// Fills in what needs the sample before.
void compare_with(const Sample& before, Sample& sample);

}  // namespace rollcall::agent
