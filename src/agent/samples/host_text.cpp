// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/host_text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "agent/samples/text_fields.h"

namespace rollcall::agent {
namespace {

constexpr std::uint64_t kKibibyte = 1024;
constexpr std::uint64_t kSector = 512;  // of /proc/diskstats, whatever the disk has
constexpr double kMillisecond = 1e-3;

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "kB" of /proc/meminfo is 1024 bytes.
std::optional<std::uint64_t> bytes_of_kibibytes(std::string_view line) {
    const auto number = take_whole(line);
    if (!number || *number > std::numeric_limits<std::uint64_t>::max() / kKibibyte) return {};
    return *number * kKibibyte;
}

// Made of other disks, or of memory: their bytes are counted elsewhere, or are none of a disk.
bool is_made_of_others(std::string_view disk) {
    for (const std::string_view kind : {"loop", "ram", "zram", "dm-", "md", "drbd", "nbd"}) {
        if (disk.starts_with(kind) && is_digits(disk.substr(kind.size()))) return true;
    }
    // A path to a disk that several controllers reach: nvme0c1n1.
    return disk.starts_with("nvme") && disk.substr(4).find('c') != std::string_view::npos;
}

// Partitions follow their disk: sda, sda1; nvme0n1, nvme0n1p2.
bool is_partition_of(std::string_view disk, std::string_view name) {
    if (disk.empty() || !name.starts_with(disk)) return false;
    std::string_view rest = name.substr(disk.size());
    if (is_digits(disk.substr(disk.size() - 1))) {
        if (!rest.starts_with('p')) return false;
        rest.remove_prefix(1);
    }
    return is_digits(rest);
}

}  // namespace

std::optional<Cpu> parse_cpu(std::string_view text, double ticks_per_second) {
    Cpu cpu;
    bool found = false;
    while (auto line = take_line(text)) {
        const std::string_view name = take_word(*line);
        if (!name.starts_with("cpu")) continue;
        if (name != "cpu") {
            if (is_digits(name.substr(3))) ++cpu.cores;
            continue;
        }
        // user nice system idle; newer kernels: iowait irq softirq steal
        std::array<double, 8> ticks{};
        std::size_t given = 0;
        for (double& tick : ticks) {
            const auto number = take_whole(*line);
            if (!number) break;
            tick = static_cast<double>(*number) / ticks_per_second;
            ++given;
        }
        if (given < 4) return {};
        found = true;
        cpu.times = {.user = ticks[0] + ticks[1],
                     .system = ticks[2] + ticks[5] + ticks[6],
                     .iowait = ticks[4],
                     .steal = ticks[7],
                     .idle = ticks[3]};
    }
    if (!found) return {};
    return cpu;
}

std::optional<Memory> parse_memory(std::string_view text) {
    std::optional<std::uint64_t> total, available;
    std::uint64_t free = 0, buffers = 0, cached = 0, swap_total = 0, swap_free = 0;
    while (auto line = take_line(text)) {
        const std::string_view name = take_word(*line);
        const auto bytes = bytes_of_kibibytes(*line);
        if (!bytes) continue;
        if (name == "MemTotal:") total = bytes;
        if (name == "MemAvailable:") available = bytes;
        if (name == "MemFree:") free = *bytes;
        if (name == "Buffers:") buffers = *bytes;
        if (name == "Cached:") cached = *bytes;
        if (name == "SwapTotal:") swap_total = *bytes;
        if (name == "SwapFree:") swap_free = *bytes;
    }
    if (!total) return {};
    // Kernels before 3.14 do not say what is available: what they would give up, roughly.
    const std::uint64_t estimate = free + buffers + cached;
    return Memory{.total = *total,
                  .available = std::min(available.value_or(estimate), *total),
                  .swap_total = swap_total,
                  .swap_free = std::min(swap_free, swap_total)};
}

std::optional<Load> parse_load(std::string_view text) {
    auto line = take_line(text);
    if (!line) return {};
    const auto one = take_decimal(*line);
    const auto five = take_decimal(*line);
    const auto fifteen = take_decimal(*line);
    if (!one || !five || !fifteen) return {};
    return Load{.one = *one, .five = *five, .fifteen = *fifteen};
}

std::optional<Stall> parse_stall(std::string_view text) {
    constexpr std::string_view kAverage = "avg10=";
    constexpr double kPercent = 100;
    Stall stall;
    while (auto line = take_line(text)) {
        const std::string_view kind = take_word(*line);
        const std::string_view average = take_word(*line);
        if (!average.starts_with(kAverage)) continue;
        const auto share = decimal_number(average.substr(kAverage.size()));
        if (!share || *share > kPercent) continue;
        if (kind == "some") stall.some = *share / kPercent;
        if (kind == "full") stall.full = *share / kPercent;
    }
    if (!stall.some && !stall.full) return {};
    return stall;
}

std::optional<Network> parse_network(std::string_view text) {
    Network network;
    bool known = false;
    while (auto line = take_line(text)) {
        // A number may follow the colon at once, and an alias has a colon in its name.
        const std::size_t colon = line->rfind(':');
        if (colon == std::string_view::npos) continue;
        std::string_view before = line->substr(0, colon);
        const std::string_view name = take_word(before);
        std::string_view rest = line->substr(colon + 1);
        // received: bytes packets errs drop fifo frame compressed multicast; sent: the first four
        std::array<std::uint64_t, 12> numbers{};
        const bool whole = std::ranges::all_of(numbers, [&](std::uint64_t& number) {
            const auto taken = take_whole(rest);
            number = taken.value_or(0);
            return taken.has_value();
        });
        if (!whole) continue;
        known = true;
        if (name == "lo") continue;
        const auto add = [&](Traffic& to, std::size_t first) {
            to.bytes += numbers[first];
            to.packets += numbers[first + 1];
            to.errors += numbers[first + 2];
            to.drops += numbers[first + 3];
        };
        add(network.received, 0);
        add(network.sent, 8);
    }
    if (!known) return {};
    return network;
}

std::optional<Disks> parse_disks(std::string_view text) {
    Disks disks;
    bool known = false;
    std::string_view disk;  // the last whole one
    while (auto line = take_line(text)) {
        static_cast<void>(take_word(*line));  // major and minor number
        static_cast<void>(take_word(*line));
        const std::string_view name = take_word(*line);
        // reads merged sectors ms, writes merged sectors ms, in flight, ms with requests
        std::array<std::uint64_t, 10> numbers{};
        const bool whole = std::ranges::all_of(numbers, [&](std::uint64_t& number) {
            const auto taken = take_whole(*line);
            number = taken.value_or(0);
            return taken.has_value();
        });
        if (!whole) continue;  // partitions of kernels before 2.6.25
        known = true;
        if (is_made_of_others(name) || is_partition_of(disk, name)) continue;
        disk = name;
        disks.read_bytes += numbers[2] * kSector;
        disks.written_bytes += numbers[6] * kSector;
        disks.io_seconds += static_cast<double>(numbers[9]) * kMillisecond;
    }
    if (!known) return {};
    return disks;
}

std::optional<double> parse_uptime(std::string_view text) {
    constexpr double kMost = 1e12;  // seconds, so that it fits into whole numbers
    const auto seconds = take_decimal(text);
    if (!seconds || *seconds > kMost) return {};
    return seconds;
}

}  // namespace rollcall::agent
