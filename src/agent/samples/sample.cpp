// SPDX-License-Identifier: Apache-2.0
#include "agent/samples/sample.h"

#include <algorithm>
#include <chrono>

namespace rollcall::agent {

std::optional<CpuShare> share_between(const CpuTimes& before, const CpuTimes& after) {
    const auto passed = [](double from, double to) { return std::max(to - from, 0.0); };
    const double user = passed(before.user, after.user);
    const double system = passed(before.system, after.system);
    const double iowait = passed(before.iowait, after.iowait);
    const double steal = passed(before.steal, after.steal);
    const double idle = passed(before.idle, after.idle);
    const double all = user + system + iowait + steal + idle;
    if (!(all > 0)) return {};
    return CpuShare{.busy = (user + system + steal) / all,
                    .user = user / all,
                    .system = system / all,
                    .iowait = iowait / all,
                    .steal = steal / all};
}

void compare_with(const Sample& before, Sample& sample) {
    if (before.cpu && sample.cpu) {
        sample.cpu_share = share_between(before.cpu->times, sample.cpu->times);
    }
    const double seconds = std::chrono::duration<double>(sample.taken - before.taken).count();
    if (seconds <= 0 || !before.cgroup || !sample.cgroup) return;
    const auto& from = before.cgroup->cpu_seconds;
    const auto& to = sample.cgroup->cpu_seconds;
    if (from && to && *to >= *from) sample.cgroup_cores = (*to - *from) / seconds;
}

}  // namespace rollcall::agent
