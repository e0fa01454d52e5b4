// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/host_reader.h"

#include <unistd.h>

#include <utility>

#include "agent/samples/host_text.h"
#include "files/small_file.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

// /proc/stat of a host with very many interrupts; mountinfo of one with many containers.
constexpr std::size_t kLargestText = std::size_t{4} << 20;
constexpr double kNanosecondsPerSecond = 1e9;

}  // namespace

HostReader::HostReader(std::string root) : root_{std::move(root)} {
    while (root_.ends_with('/')) root_.pop_back();
    const long ticks = ::sysconf(_SC_CLK_TCK);
    ticks_per_second_ = ticks > 0 ? static_cast<double>(ticks) : 100;
}

std::string HostReader::text_of(const std::string& path) const {
    // Mount points may have the root already.
    const bool inside = !root_.empty() && path.starts_with(root_ + '/');
    auto text = read_small_file(inside ? path : root_ + path, kLargestText);
    return text ? std::move(*text) : std::string{};
}

std::string HostReader::file_in(const std::string& folder, const char* name) const {
    return folder.empty() ? std::string{} : text_of(folder + '/' + name);
}

Sample HostReader::read() {
    Sample sample;
    sample.cpu = parse_cpu(text_of("/proc/stat"), ticks_per_second_);
    sample.memory = parse_memory(text_of("/proc/meminfo"));
    sample.load = parse_load(text_of("/proc/loadavg"));
    sample.pressure = {.cpu = parse_stall(text_of("/proc/pressure/cpu")),
                       .memory = parse_stall(text_of("/proc/pressure/memory")),
                       .io = parse_stall(text_of("/proc/pressure/io"))};
    // net is a link to self/net, which of a mounted /proc is that of this process.
    sample.network = parse_network(text_of(root_.empty() ? "/proc/net/dev" : "/proc/1/net/dev"));
    if (!sample.network) sample.network = parse_network(text_of("/proc/net/dev"));
    sample.disks = parse_disks(text_of("/proc/diskstats"));
    sample.uptime_seconds = parse_uptime(text_of("/proc/uptime"));
    sample.cgroup = read_cgroup();
    sample.taken = transport::clock_now();
    return sample;
}

std::optional<Cgroup> HostReader::read_cgroup() {
    std::string own = text_of("/proc/self/cgroup");
    if (own != own_cgroups_) {
        folders_ = find_cgroup(own, text_of("/proc/self/mountinfo"));
        own_cgroups_ = std::move(own);
    }
    if (own_cgroups_.empty() || !folders_.any()) return {};
    Cgroup cgroup{.version = folders_.version};
    folders_.version == 1 ? read_first_version(cgroup) : read_second_version(cgroup);
    if (!cgroup.cpu_seconds && !cgroup.memory && !cgroup.throttling) return {};
    return cgroup;
}

void HostReader::read_first_version(Cgroup& cgroup) const {
    if (const auto used = parse_amount(file_in(folders_.cpu_usage, "cpuacct.usage"))) {
        cgroup.cpu_seconds = static_cast<double>(*used) / kNanosecondsPerSecond;
    }
    cgroup.throttling = parse_throttling(file_in(folders_.cpu, "cpu.stat"));
    cgroup.cpu_limit = parse_cpu_quota(file_in(folders_.cpu, "cpu.cfs_quota_us"),
                                       file_in(folders_.cpu, "cpu.cfs_period_us"));
    cgroup.memory = parse_amount(file_in(folders_.memory, "memory.usage_in_bytes"));
    cgroup.memory_limit = parse_amount(file_in(folders_.memory, "memory.limit_in_bytes"));
}

void HostReader::read_second_version(Cgroup& cgroup) const {
    const std::string& folder = folders_.cpu;
    const std::string stat = file_in(folder, "cpu.stat");
    cgroup.cpu_seconds = parse_usage(stat);
    cgroup.throttling = parse_throttling(stat);
    cgroup.cpu_limit = parse_cpu_max(file_in(folder, "cpu.max"));
    cgroup.memory = parse_amount(file_in(folder, "memory.current"));
    cgroup.memory_limit = parse_amount(file_in(folder, "memory.max"));
    cgroup.pressure = {.cpu = parse_stall(file_in(folder, "cpu.pressure")),
                       .memory = parse_stall(file_in(folder, "memory.pressure")),
                       .io = parse_stall(file_in(folder, "io.pressure"))};
}

}  // namespace rollcall::agent
