// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>

#include "agent/metrics/core_metrics.h"
#include "serf/coordinate.h"

namespace rollcall::agent {
namespace {

using SerfStats = serf::Stats;
using SerfRow = MetricRow<SerfStats>;
template <auto Member>
constexpr auto kSerfNumber = &number_of<SerfStats, Member>;
template <auto Clock>
double time_of(const SerfStats& stats) {
    return static_cast<double>((stats.*Clock).value());
}
template <auto Count>
double foreign(const SerfStats& stats) {
    return static_cast<double>(stats.foreign.*Count);
}
template <auto Count>
double drops(const SerfStats& stats) {
    return static_cast<double>(stats.broadcasts_dropped.*Count);
}
// A sample has 53 bits.
double view_checksum(const SerfStats& stats) {
    return static_cast<double>(stats.view_checksum >> 12u);
}
using serf::BroadcastDrops;
using serf::Foreign;

// clang-format off
constexpr std::array kMemberRows{
    SerfRow{"rollcall_members", "Members that this agent knows, itself included, by status.", "status", "alive", kSerfNumber<&SerfStats::alive>},
    SerfRow{"rollcall_members", "", "status", "leaving", kSerfNumber<&SerfStats::leaving>},
    SerfRow{"rollcall_members", "", "status", "failed", kSerfNumber<&SerfStats::failed>},
    SerfRow{"rollcall_members", "", "status", "left", kSerfNumber<&SerfStats::left>},
    SerfRow{"rollcall_members_known", "Members of every status.", "", "", kSerfNumber<&SerfStats::members>},
    SerfRow{"rollcall_view_checksum", "Equal for agents that see the same members up: the upper 52 bits of the checksum that rollcall partitions shows.", "", "", &view_checksum},
    SerfRow{"rollcall_timings_fingerprint", "Equal for agents with the same timings in effect: timings_fingerprint of rollcall info as a number.", "", "", kSerfNumber<&SerfStats::timings_fingerprint>},
    SerfRow{"rollcall_tuning_tentative", "1 while a change of rollcall tune is in effect that is undone unless it is confirmed.", "", "", kSerfNumber<&SerfStats::tuning_tentative>},
    SerfRow{"rollcall_tunings_total", "Changes of the timings by rollcall tune, by what became of them.", "result", "applied", kSerfNumber<&SerfStats::tunings_applied>},
    SerfRow{"rollcall_tunings_total", "", "result", "confirmed", kSerfNumber<&SerfStats::tunings_confirmed>},
    SerfRow{"rollcall_tunings_total", "", "result", "reverted", kSerfNumber<&SerfStats::tunings_reverted>},
    SerfRow{"rollcall_tunings_total", "", "result", "expired", kSerfNumber<&SerfStats::tunings_expired>},
    SerfRow{"rollcall_tunings_total", "", "result", "refused", kSerfNumber<&SerfStats::tunings_refused>},
    SerfRow{"rollcall_member_events_total", "Changes of members.", "event", "join", kSerfNumber<&SerfStats::joined>},
    SerfRow{"rollcall_member_events_total", "", "event", "leave", kSerfNumber<&SerfStats::left_total>},
    SerfRow{"rollcall_member_events_total", "", "event", "failed", kSerfNumber<&SerfStats::failed_total>},
    SerfRow{"rollcall_member_events_total", "", "event", "update", kSerfNumber<&SerfStats::updated>},
    SerfRow{"rollcall_member_events_total", "", "event", "reap", kSerfNumber<&SerfStats::reaped>},
    SerfRow{"rollcall_member_flaps_total", "Members that came back soon after they had failed.", "", "", kSerfNumber<&SerfStats::flaps>},
    SerfRow{"rollcall_lamport_time", "Lamport clocks.", "clock", "member", time_of<&SerfStats::member_time>},
    SerfRow{"rollcall_lamport_time", "", "clock", "event", time_of<&SerfStats::event_time>},
    SerfRow{"rollcall_lamport_time", "", "clock", "query", time_of<&SerfStats::query_time>},
};
constexpr std::array kQueueRows{
    SerfRow{"rollcall_queue_length", "Gossip messages waiting to be sent, by queue.", "queue", "intents", kSerfNumber<&SerfStats::intent_queue>},
    SerfRow{"rollcall_queue_length", "", "queue", "events", kSerfNumber<&SerfStats::event_queue>},
    SerfRow{"rollcall_queue_length", "", "queue", "queries", kSerfNumber<&SerfStats::query_queue>},
    SerfRow{"rollcall_broadcasts_dropped_total", "Gossip messages that were not sent to all, by the queue that was full.", "queue", "intents", drops<&BroadcastDrops::intents>},
    SerfRow{"rollcall_broadcasts_dropped_total", "", "queue", "events", drops<&BroadcastDrops::events>},
    SerfRow{"rollcall_broadcasts_dropped_total", "", "queue", "queries", drops<&BroadcastDrops::queries>},
    SerfRow{"rollcall_broadcasts_refused_total", "Messages of the Serf layer too long for any packet.", "", "", drops<&BroadcastDrops::too_long>},
    SerfRow{"rollcall_intents_waiting", "Intents about members that are not known yet.", "", "", kSerfNumber<&SerfStats::recent_intents>},
    SerfRow{"rollcall_intents_dropped_total", "Such intents dropped because the buffer was full.", "", "", kSerfNumber<&SerfStats::intents_dropped>},
    SerfRow{"rollcall_serf_messages_rejected_total", "Messages of the Serf layer refused: unknown type, undecodable, or a Lamport time too far ahead.", "", "", kSerfNumber<&SerfStats::messages_rejected>},
    SerfRow{"rollcall_lamport_times_refused_total", "Of them, those whose Lamport time was too far ahead.", "", "", kSerfNumber<&SerfStats::times_refused>},
    SerfRow{"rollcall_lamport_corrections_total", "Times that a Lamport clock of this agent followed those of its peers, after forged times.", "", "", kSerfNumber<&SerfStats::clocks_corrected>},
    SerfRow{"rollcall_leave_refutations_total", "Leave intents about this agent that it refuted, since it was not leaving.", "", "", kSerfNumber<&SerfStats::refutations>},
    SerfRow{"rollcall_prunes_ignored_total", "Prunes of members that were not carried out, by cause.", "cause", "alive", kSerfNumber<&SerfStats::prunes_refused>},
    SerfRow{"rollcall_prunes_ignored_total", "", "cause", "no_room", kSerfNumber<&SerfStats::prunes_dropped>},
};
constexpr std::array kUserEventRows{
    SerfRow{"rollcall_user_events_sent_total", "User events sent by this agent.", "", "", kSerfNumber<&SerfStats::events_sent>},
    SerfRow{"rollcall_user_events_forwarded_total", "User events of others gossiped on.", "", "", kSerfNumber<&SerfStats::events_forwarded>},
    SerfRow{"rollcall_user_events_ignored_total", "User events received and not reported, by cause.", "cause", "duplicate", kSerfNumber<&SerfStats::events_duplicate>},
    SerfRow{"rollcall_user_events_ignored_total", "", "cause", "too_old", kSerfNumber<&SerfStats::events_too_old>},
    SerfRow{"rollcall_user_events_ignored_total", "", "cause", "no_room", kSerfNumber<&SerfStats::events_refused>},
};
constexpr std::array kQueryRows{
    SerfRow{"rollcall_queries_sent_total", "Queries sent by this agent.", "", "", kSerfNumber<&SerfStats::queries_sent>},
    SerfRow{"rollcall_queries_running", "Queries of this agent whose deadline has not passed.", "", "", kSerfNumber<&SerfStats::queries_running>},
    SerfRow{"rollcall_queries_received_total", "Queries reported to this agent's clients and scripts.", "", "", kSerfNumber<&SerfStats::queries_told>},
    SerfRow{"rollcall_queries_open", "Received queries that may still be answered.", "", "", kSerfNumber<&SerfStats::queries_open>},
    SerfRow{"rollcall_queries_closed_early_total", "Received queries that could no longer be answered because too many were open.", "", "", kSerfNumber<&SerfStats::queries_closed_early>},
    SerfRow{"rollcall_queries_forwarded_total", "Queries of others gossiped on.", "", "", kSerfNumber<&SerfStats::queries_forwarded>},
    SerfRow{"rollcall_queries_ignored_total", "Queries received and not reported, by cause.", "cause", "duplicate", kSerfNumber<&SerfStats::queries_duplicate>},
    SerfRow{"rollcall_queries_ignored_total", "", "cause", "too_old", kSerfNumber<&SerfStats::queries_too_old>},
    SerfRow{"rollcall_queries_ignored_total", "", "cause", "no_room", kSerfNumber<&SerfStats::queries_refused>},
    SerfRow{"rollcall_queries_ignored_total", "", "cause", "filters_too_costly", kSerfNumber<&SerfStats::queries_undecided>},
    SerfRow{"rollcall_query_answers_sent_total", "Answers to queries of others, by way.", "way", "direct", kSerfNumber<&SerfStats::answers_sent>},
    SerfRow{"rollcall_query_answers_sent_total", "", "way", "relay", kSerfNumber<&SerfStats::answers_relayed>},
    SerfRow{"rollcall_query_acks_sent_total", "Acks of queries of others, by way.", "way", "direct", kSerfNumber<&SerfStats::queries_acked>},
    SerfRow{"rollcall_query_acks_sent_total", "", "way", "relay", kSerfNumber<&SerfStats::acks_relayed>},
    SerfRow{"rollcall_query_replies_refused_total", "Replies not sent: no usable address, too large, or over a limit.", "reply", "answer", kSerfNumber<&SerfStats::answers_refused>},
    SerfRow{"rollcall_query_replies_refused_total", "", "reply", "ack", kSerfNumber<&SerfStats::acks_refused>},
    SerfRow{"rollcall_query_replies_refused_total", "", "reply", "relayed_copy", kSerfNumber<&SerfStats::ack_relays_refused>},
    SerfRow{"rollcall_query_replies_refused_total", "", "reply", "relay_for_another", kSerfNumber<&SerfStats::relays_refused>},
    SerfRow{"rollcall_query_replies_relayed_total", "Replies of others passed on to the member that asked.", "", "", kSerfNumber<&SerfStats::relayed>},
    SerfRow{"rollcall_query_replies_ignored_total", "Replies to queries of this agent that were not used, by cause.", "cause", "late", kSerfNumber<&SerfStats::answers_late>},
    SerfRow{"rollcall_query_replies_ignored_total", "", "cause", "duplicate", kSerfNumber<&SerfStats::answers_duplicate>},
    SerfRow{"rollcall_query_replies_ignored_total", "", "cause", "too_many", kSerfNumber<&SerfStats::answers_too_many>},
    SerfRow{"rollcall_query_replies_ignored_total", "", "cause", "no_member", kSerfNumber<&SerfStats::votes_refused>},
    SerfRow{"rollcall_name_votes_overruled_total", "Votes on this agent's name that it lost and did not follow, since it had the name first.", "", "", kSerfNumber<&SerfStats::votes_overruled>},
};
constexpr std::array kCoordinateRows{
    SerfRow{"rollcall_coordinates_learned_total", "Coordinates of peers taken into account.", "", "", kSerfNumber<&SerfStats::coordinates_learned>},
    SerfRow{"rollcall_coordinate_resets_total", "Times that this agent's own coordinate became unusable and began from the origin.", "", "", kSerfNumber<&SerfStats::coordinate_resets>},
    SerfRow{"rollcall_foreign_data_total", "Application data that was not read (--delegate none).", "kind", "metadata", foreign<&Foreign::metadata>},
    SerfRow{"rollcall_foreign_data_total", "", "kind", "message", foreign<&Foreign::messages>},
    SerfRow{"rollcall_foreign_data_total", "", "kind", "state", foreign<&Foreign::states>},
    SerfRow{"rollcall_foreign_data_total", "", "kind", "ack_payload", foreign<&Foreign::ack_payloads>},
};
// clang-format on

}  // namespace

void add_metrics(const serf::Stats& stats, Families& families) {
    add_rows(kMemberRows, stats, families);
    add_rows(kQueueRows, stats, families);
    add_rows(kUserEventRows, stats, families);
    add_rows(kQueryRows, stats, families);
    add_rows(kCoordinateRows, stats, families);
    for (std::size_t i = 0; i < stats.coordinates_refused.size(); ++i) {
        families.counter("rollcall_coordinates_refused_total",
                         "Coordinates of peers that were not taken, by cause.",
                         static_cast<double>(stats.coordinates_refused[i]),
                         {{"cause", to_string(static_cast<serf::CoordinateRefusal>(i))}});
    }
}

}  // namespace rollcall::agent
