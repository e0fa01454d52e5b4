// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/figure_words.h"

#include <algorithm>
#include <iterator>

namespace rollcall::sim {
namespace {

// clang-format off
constexpr FigureWord kFigures[] = {
    {"detect_news", "", "processes that ended without a leave: crashed and killed"},
    {"detect_first_s", "s", "until the first member held such a one for dead: the median of all of them"},
    {"detect_median_s", "s", "until a member held it for dead: the median of all members and all of them"},
    {"detect_p99_s", "s", "the same, 99 % of them"},
    {"detect_last_s", "s", "the same, the slowest"},
    {"detect_missed", "", "members that held such a one for alive, and for nothing else when the run ended"},
    {"detect_overtaken", "", "of these processes, started again before any member declared them dead"},
    {"join_news", "", "processes that started and joined"},
    {"join_first_s", "s", "until the first member knew such a one: the median of all of them"},
    {"join_median_s", "s", "until a member knew it: the median of all members and all of them"},
    {"join_p99_s", "s", "the same, 99 % of them"},
    {"join_last_s", "s", "the same, the slowest"},
    {"join_missed", "", "members that never heard of such a one"},
    {"join_overtaken", "", "of these processes, ended before any other member knew them"},
    {"leave_news", "", "members that were told to leave"},
    {"leave_first_s", "s", "until the first member held such a one for left: the median of all of them"},
    {"leave_median_s", "s", "until a member held it for left: the median of all members and all of them"},
    {"leave_p99_s", "s", "the same, 99 % of them"},
    {"leave_last_s", "s", "the same, the slowest"},
    {"leave_missed", "", "members that never heard of the leave"},
    {"leave_overtaken", "", "of these members, started again before any other member knew of the leave"},
    {"update_news", "", "members that announced new metadata"},
    {"update_first_s", "s", "until the first other member had it: the median of all updates"},
    {"update_median_s", "s", "until a member had it: the median of all members and updates"},
    {"update_p99_s", "s", "the same, 99 % of them"},
    {"update_last_s", "s", "the same, the slowest"},
    {"update_missed", "", "members that never heard of such an update"},
    {"update_overtaken", "", "of these updates, replaced before any other member had them"},
    {"suspicions", "", "times that a member came to suspect another"},
    {"failures", "", "times that a member came to hold another for dead"},
    {"false_suspicions", "", "suspicions of a member that had been well and within reach all along"},
    {"false_failures", "", "verdicts of death about such a member"},
    {"false_suspicions_at_healthy", "", "false suspicions by members that had been well themselves"},
    {"false_failures_at_healthy", "", "false verdicts of death by members that had been well themselves"},
    {"refutations", "", "times that a member spoke up against what was said of it"},
    {"probes", "", "probes that ended"},
    {"probes_failed", "", "probes that nothing answered"},
    {"health_score_max", "", "worst health score that any member gave itself; 0 is healthy"},
    {"push_pulls", "", "exchanges of whole states"},
    {"packets_per_s_mean", "/s", "datagrams sent by a node while it ran: the mean over nodes"},
    {"packets_per_s_p99", "/s", "the same, 99 % of the nodes"},
    {"packets_per_s_max", "/s", "the same, the busiest node"},
    {"bytes_per_s_mean", "bytes/s", "bytes in these datagrams: the mean over nodes"},
    {"bytes_per_s_p99", "bytes/s", "the same, 99 % of the nodes"},
    {"bytes_per_s_max", "bytes/s", "the same, the busiest node"},
    {"stream_bytes_per_s_mean", "bytes/s", "bytes in streams, per node of the cluster"},
    {"datagrams_lost", "share", "of all datagrams: lost on the way, or sent to no host or a silent one"},
};
// clang-format on

}  // namespace

std::span<const FigureWord> figure_words() {
    return kFigures;
}

const FigureWord* figure_word(std::string_view name) {
    const auto* found = std::ranges::find(kFigures, name, &FigureWord::name);
    return found == std::end(kFigures) ? nullptr : found;
}

}  // namespace rollcall::sim
