// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/figure_words.h"

#include <algorithm>
#include <iterator>

namespace rollcall::sim {
namespace {

// clang-format off
constexpr FigureWord kFigures[] = {
    {"detect_news", "", "processes that ended without a leave: crashed and killed"},
    {"detect_first_s", "s", "until the first member considered it dead: the median of these processes"},
    {"detect_median_s", "s", "until a member considered it dead: the median of all members and processes"},
    {"detect_p99_s", "s", "the same, 99th percentile"},
    {"detect_last_s", "s", "the same, maximum"},
    {"detect_missed", "", "members that knew such a process and had not declared it dead when the run ended"},
    {"detect_overtaken", "", "of these processes, those started again before any member declared them dead"},
    {"join_news", "", "processes that started and joined"},
    {"join_first_s", "s", "until the first member knew it: the median of these processes"},
    {"join_median_s", "s", "until a member knew it: the median of all members and processes"},
    {"join_p99_s", "s", "the same, 99th percentile"},
    {"join_last_s", "s", "the same, maximum"},
    {"join_missed", "", "members that never learned of such a process"},
    {"join_overtaken", "", "of these processes, those that ended before any other member knew them"},
    {"leave_news", "", "members that began to leave"},
    {"leave_first_s", "s", "until the first member considered it left: the median of these members"},
    {"leave_median_s", "s", "until a member considered it left: the median of all members and leaves"},
    {"leave_p99_s", "s", "the same, 99th percentile"},
    {"leave_last_s", "s", "the same, maximum"},
    {"leave_missed", "", "members that never learned of the leave"},
    {"leave_overtaken", "", "of these members, those started again before any other member knew of the leave"},
    {"update_news", "", "members that announced new metadata or another address"},
    {"update_first_s", "s", "until the first other member had it: the median of all updates"},
    {"update_median_s", "s", "until a member had it: the median of all members and updates"},
    {"update_p99_s", "s", "the same, 99th percentile"},
    {"update_last_s", "s", "the same, maximum"},
    {"update_missed", "", "members that never received such an update"},
    {"update_overtaken", "", "of these updates, those replaced before any other member had them"},
    {"suspicions", "", "times that a member began to suspect another"},
    {"failures", "", "times that a member began to consider another dead"},
    {"false_suspicions", "", "suspicions of a member that had been healthy and reachable throughout"},
    {"false_failures", "", "the same for considering it dead"},
    {"false_suspicions_at_healthy", "", "false suspicions by members that had been healthy themselves"},
    {"false_failures_at_healthy", "", "false failures by members that had been healthy themselves"},
    {"refutations", "", "times that a member refuted a claim about itself"},
    {"probes", "", "probes that ended"},
    {"probes_failed", "", "probes without an answer"},
    {"health_score_max", "", "highest local health score of any member; 0 is healthy"},
    {"push_pulls", "", "push/pull exchanges"},
    {"packets_per_s_mean", "/s", "datagrams sent by a node while it ran: mean over nodes"},
    {"packets_per_s_p99", "/s", "the same, 99th percentile of nodes"},
    {"packets_per_s_max", "/s", "the same, maximum of nodes"},
    {"bytes_per_s_mean", "bytes/s", "bytes in these datagrams: mean over nodes"},
    {"bytes_per_s_p99", "bytes/s", "the same, 99th percentile of nodes"},
    {"bytes_per_s_max", "bytes/s", "the same, maximum of nodes"},
    {"stream_bytes_per_s_mean", "bytes/s", "bytes in streams, per node"},
    {"datagrams_lost", "share", "of all datagrams: lost on the way, or sent to a missing or silent host"},
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
