// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/cgroup_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "agent/samples/text_fields.h"

namespace rollcall::agent {
namespace {

constexpr double kMicrosecond = 1e-6;
constexpr double kNanosecond = 1e-9;
// Version 1 says "no limit" by the largest number of whole pages.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60u;

struct CgroupMount {
    bool unified = false;
    std::string root, point;
    std::string controllers;  // of version 1: "rw,cpu,cpuacct"
};

// Whether a list with commas has the word.
bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        if (item == word) return true;
        list.remove_prefix(std::min(item.size() + 1, list.size()));
    }
    return false;
}

// "\040" is how mountinfo writes a space.
std::string without_escapes(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) {
            return at < text.size() && text[at] >= '0' && text[at] <= '7' ? text[at] - '0' : -1;
        };
        const int a = digit(i + 1), b = digit(i + 2), c = digit(i + 3);
        if (text[i] == '\\' && a >= 0 && a <= 3 && b >= 0 && c >= 0) {
            plain += static_cast<char>(a * 64 + b * 8 + c);
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

// 31 23 0:28 /ROOT /POINT rw,relatime [shared:1 ...] - cgroup2 SOURCE rw,OPTIONS
std::vector<CgroupMount> cgroup_mounts(std::string_view text) {
    std::vector<CgroupMount> mounts;
    while (auto line = take_line(text)) {
        for (int skipped = 0; skipped < 3; ++skipped) static_cast<void>(take_word(*line));
        const std::string_view root = take_word(*line);
        const std::string_view point = take_word(*line);
        std::string_view word = take_word(*line);
        while (!word.empty() && word != "-") word = take_word(*line);
        const std::string_view kind = take_word(*line);
        static_cast<void>(take_word(*line));
        const std::string_view options = take_word(*line);
        if ((kind != "cgroup" && kind != "cgroup2") || !point.starts_with('/')) continue;
        mounts.push_back({.unified = kind == "cgroup2",
                          .root = without_escapes(root),
                          .point = without_escapes(point),
                          .controllers = std::string{options}});
    }
    return mounts;
}

// The agent's path in the hierarchy of a controller; of version 2 with "". HIERARCHY:LIST:PATH
std::optional<std::string_view> own_path(std::string_view text, std::string_view controller) {
    while (const auto line = take_line(text)) {
        const std::size_t first = line->find(':');
        if (first == std::string_view::npos) continue;
        const std::size_t second = line->find(':', first + 1);
        if (second == std::string_view::npos) continue;
        const std::string_view list = line->substr(first + 1, second - first - 1);
        const bool wanted = controller.empty() ? list.empty() && line->substr(0, first) == "0"
                                               : has_word(list, controller);
        if (wanted) return line->substr(second + 1);
    }
    return {};
}

// In a container the mount may show a part of the hierarchy only, whose path the agent sees whole,
// or a path that begins above what it sees.
std::string cgroup_folder(const CgroupMount& mount, std::string_view path) {
    if (!path.starts_with('/') || path.find("/..") != std::string_view::npos) return {};
    if (mount.root == "/") return mount.point + std::string{path == "/" ? "" : path};
    if (path.starts_with(mount.root + '/')) {
        return mount.point + std::string{path.substr(mount.root.size())};
    }
    return mount.point;
}

std::string folder_in(const std::vector<CgroupMount>& mounts, std::string_view own_cgroups,
                      std::string_view controller) {
    const auto path = own_path(own_cgroups, controller);
    if (!path) return {};
    const auto mount = std::ranges::find_if(mounts, [&](const CgroupMount& one) {
        return controller.empty() ? one.unified
                                  : !one.unified && has_word(one.controllers, controller);
    });
    return mount == mounts.end() ? std::string{} : cgroup_folder(*mount, *path);
}

std::string_view first_word(std::string_view text) {
    return take_word(text);
}

}  // namespace

CgroupFolders find_cgroup(std::string_view own_cgroups, std::string_view mount_text) {
    const std::vector<CgroupMount> mounts = cgroup_mounts(mount_text);
    CgroupFolders folders{.version = 1,
                          .cpu = folder_in(mounts, own_cgroups, "cpu"),
                          .cpu_usage = folder_in(mounts, own_cgroups, "cpuacct"),
                          .memory = folder_in(mounts, own_cgroups, "memory")};
    if (folders.any()) return folders;
    const std::string unified = folder_in(mounts, own_cgroups, "");
    return {.version = 2, .cpu = unified, .cpu_usage = {}, .memory = unified};
}

std::optional<std::uint64_t> parse_amount(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const auto number = whole_word_number(first_word(line));
    if (!number || *number >= kNoLimit) return {};
    return number;
}

std::optional<std::uint64_t> amount_of(std::string_view text, std::string_view key) {
    while (auto line = take_line(text)) {
        if (take_word(*line) == key) return take_whole(*line);
    }
    return {};
}

std::optional<double> parse_cpu_max(std::string_view text) {
    auto line = take_line(text);
    if (!line) return {};
    const auto quota = take_whole(*line);
    const auto period = take_whole(*line);
    if (!quota || !period || *period == 0) return {};
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<double> parse_cpu_quota(std::string_view quota, std::string_view period) {
    const auto of = parse_amount(quota);
    const auto in = parse_amount(period);
    if (!of || !in || *in == 0) return {};
    return static_cast<double>(*of) / static_cast<double>(*in);
}

std::optional<Throttling> parse_throttling(std::string_view text) {
    const auto periods = amount_of(text, "nr_periods");
    const auto throttled = amount_of(text, "nr_throttled");
    if (!periods || !throttled) return {};
    Throttling throttling{.periods = *periods, .throttled = *throttled};
    if (const auto microseconds = amount_of(text, "throttled_usec")) {
        throttling.seconds = static_cast<double>(*microseconds) * kMicrosecond;
    } else if (const auto nanoseconds = amount_of(text, "throttled_time")) {
        throttling.seconds = static_cast<double>(*nanoseconds) * kNanosecond;
    }
    return throttling;
}

std::optional<double> parse_usage(std::string_view text) {
    const auto microseconds = amount_of(text, "usage_usec");
    if (!microseconds) return {};
    return static_cast<double>(*microseconds) * kMicrosecond;
}

}  // namespace rollcall::agent
