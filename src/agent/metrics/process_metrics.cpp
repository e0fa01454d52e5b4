// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::agent {
namespace {

// The number in a line of blank-separated fields, counted from 0.
std::optional<double> number_at(std::string_view line, std::size_t wanted) {
    for (; wanted > 0; --wanted) {
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos) return {};
        line.remove_prefix(blank + 1);
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{}) return {};
    return static_cast<double>(number);
}

std::string first_line_of(const char* path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

std::optional<double> open_descriptors() {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder{opendir("/proc/self/fd"), &closedir};
    if (!folder) return {};
    double count = -1;  // the folder itself
    while (const dirent* const entry = readdir(folder.get())) {
        if (entry->d_name[0] != '.') ++count;
    }
    return count;
}

// Since the epoch. The kernel gives the start in ticks since the system's start.
std::optional<double> process_started_at() {
    const std::string line = first_line_of("/proc/self/stat");
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return {};
    const auto ticks = number_at(std::string_view{line}.substr(name_end + 2), 19);
    timespec since_boot{};
    if (!ticks || clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) return {};
    const double up =
        static_cast<double>(since_boot.tv_sec) + static_cast<double>(since_boot.tv_nsec) / 1e9;
    const double now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    return now - up + *ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds_of_time(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void add_process_metrics(Families& families) {
    const auto gauge = [&](std::string_view name, std::string_view help,
                           std::optional<double> value) {
        if (value) families.gauge(name, help, *value);
    };
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        families.counter("process_cpu_seconds_total", "User and system CPU time of this process.",
                         seconds_of_time(usage.ru_utime) + seconds_of_time(usage.ru_stime));
    }
    const std::string memory = first_line_of("/proc/self/statm");
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    const auto pages = [&](std::size_t place) -> std::optional<double> {
        const auto count = number_at(memory, place);
        return count ? std::optional{*count * page} : std::nullopt;
    };
    gauge("process_resident_memory_bytes", "Resident memory.", pages(1));
    gauge("process_virtual_memory_bytes", "Virtual memory.", pages(0));
    gauge("process_open_fds", "Open file descriptors.", open_descriptors());
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        gauge("process_max_fds", "Limit of open file descriptors.",
              static_cast<double>(limit.rlim_cur));
    }
    static const std::optional<double> start =
        process_started_at();  // once: the clock may be set later
    gauge("process_start_time_seconds", "Start of this process, in seconds since the epoch.",
          start);
}

}  // namespace rollcall::agent
