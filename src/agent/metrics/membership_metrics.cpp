// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <string_view>

#include "agent/metrics/core_metrics.h"
#include "wire/messages.h"

namespace rollcall::agent {
namespace {

using MembershipStats = membership::Stats;
using MembershipRow = MetricRow<MembershipStats>;
template <auto Member>
constexpr auto kMembershipNumber = &number_of<MembershipStats, Member>;
using membership::AnswersRefused;
template <auto Count>
double refused(const MembershipStats& stats) {
    return static_cast<double>(stats.answers_refused.*Count);
}

// clang-format off
constexpr std::array kTrafficRows{
    MembershipRow{"rollcall_packets_received_total", "Datagrams that reached the protocol.", "", "", kMembershipNumber<&MembershipStats::packets_received>},
    MembershipRow{"rollcall_packets_received_bytes_total", "Bytes of these datagrams.", "", "", kMembershipNumber<&MembershipStats::bytes_received>},
    MembershipRow{"rollcall_packets_sent_total", "Datagrams that the protocol sent.", "", "", kMembershipNumber<&MembershipStats::packets_sent>},
    MembershipRow{"rollcall_packets_sent_bytes_total", "Bytes of these datagrams.", "", "", kMembershipNumber<&MembershipStats::bytes_sent>},
    MembershipRow{"rollcall_send_errors_total", "Datagrams that could not be sent, or whose host answered that no process is there.", "", "", kMembershipNumber<&MembershipStats::send_errors>},
};
constexpr std::array kProbeRows{
    MembershipRow{"rollcall_probes_total", "Probes begun.", "", "", kMembershipNumber<&MembershipStats::probes>},
    MembershipRow{"rollcall_probes_unanswered_total", "Probes that ended without a direct ack, by what happened instead.", "result", "failed", kMembershipNumber<&MembershipStats::probes_failed>},
    MembershipRow{"rollcall_probes_unanswered_total", "", "result", "acked_by_relay", kMembershipNumber<&MembershipStats::probes_by_relay>},
    MembershipRow{"rollcall_probes_unanswered_total", "", "result", "acked_by_stream", kMembershipNumber<&MembershipStats::probes_by_stream>},
    MembershipRow{"rollcall_acks_unknown_total", "Acks for no probe of this agent, or not from its target; late ones are among them.", "", "", kMembershipNumber<&MembershipStats::acks_unknown>},
    MembershipRow{"rollcall_pings_misaddressed_total", "Pings that named another member.", "", "", kMembershipNumber<&MembershipStats::pings_misaddressed>},
    MembershipRow{"rollcall_relays_total", "Indirect pings that this agent relayed for others.", "", "", kMembershipNumber<&MembershipStats::relays>},
    MembershipRow{"rollcall_relays_refused_total", "Indirect pings that it did not relay, because too many were running.", "", "", kMembershipNumber<&MembershipStats::relays_refused>},
    MembershipRow{"rollcall_nacks_sent_total", "Nacks sent: the target of a relayed ping did not answer in time.", "", "", kMembershipNumber<&MembershipStats::nacks_sent>},
    MembershipRow{"rollcall_answers_refused_total", "Answers not sent because of a limit (rule X4), by cause. More than a few mean forged requests.", "cause", "datagram", refused<&AnswersRefused::datagram>},
    MembershipRow{"rollcall_answers_refused_total", "", "cause", "stranger", refused<&AnswersRefused::stranger>},
    MembershipRow{"rollcall_answers_refused_total", "", "cause", "member", refused<&AnswersRefused::member>},
    MembershipRow{"rollcall_answers_refused_total", "", "cause", "relay", refused<&AnswersRefused::relay>},
    MembershipRow{"rollcall_answers_refused_total", "", "cause", "leave_echo", refused<&AnswersRefused::leave_echo>},
};
constexpr std::array kVigilRows{
    MembershipRow{"rollcall_vigils_total", "Vigils begun: silent members pinged in a row (profile fast).", "kind", "own", kMembershipNumber<&MembershipStats::vigils>},
    MembershipRow{"rollcall_vigils_total", "", "kind", "for_another", kMembershipNumber<&MembershipStats::watches>},
    MembershipRow{"rollcall_vigils_refused_total", "Vigils not begun because too many were running.", "kind", "own", kMembershipNumber<&MembershipStats::vigils_refused>},
    MembershipRow{"rollcall_vigils_refused_total", "", "kind", "for_another", kMembershipNumber<&MembershipStats::watches_refused>},
    MembershipRow{"rollcall_verdicts_total", "Members declared failed by a vigil, by ground.", "ground", "unanswered", kMembershipNumber<&MembershipStats::verdicts_by_silence>},
    MembershipRow{"rollcall_verdicts_total", "", "ground", "refused", kMembershipNumber<&MembershipStats::verdicts_by_refusal>},
    MembershipRow{"rollcall_verdicts_held_total", "Verdicts held back because this agent itself may be cut off.", "", "", kMembershipNumber<&MembershipStats::verdicts_held>},
    MembershipRow{"rollcall_last_words_total", "Suspects pinged once more before their suspicion ran out, by result.", "result", "asked", kMembershipNumber<&MembershipStats::last_words>},
    MembershipRow{"rollcall_last_words_total", "", "result", "answered", kMembershipNumber<&MembershipStats::last_words_answered>},
    MembershipRow{"rollcall_last_words_total", "", "result", "not_asked", kMembershipNumber<&MembershipStats::last_words_refused>},
    MembershipRow{"rollcall_accusers_answered_total", "Accusers that got the newer claim at once.", "", "", kMembershipNumber<&MembershipStats::answers_sent>},
    MembershipRow{"rollcall_accusers_unanswered_total", "Accusers that did not, because of the limit per second.", "", "", kMembershipNumber<&MembershipStats::answers_unsent>},
};
constexpr std::array kClaimRows{
    MembershipRow{"rollcall_suspicions_total", "Members that this agent began to suspect.", "", "", kMembershipNumber<&MembershipStats::suspicions>},
    MembershipRow{"rollcall_failures_total", "Members that this agent came to consider failed.", "", "", kMembershipNumber<&MembershipStats::failures>},
    MembershipRow{"rollcall_refutations_total", "Claims against this agent that it refuted with a higher incarnation.", "", "", kMembershipNumber<&MembershipStats::refutations>},
    MembershipRow{"rollcall_claims_refused_total", "Claims that were not believed, by cause.", "cause", "unbeatable", kMembershipNumber<&MembershipStats::claims_unbeatable>},
    MembershipRow{"rollcall_claims_refused_total", "", "cause", "invalid", kMembershipNumber<&MembershipStats::claims_invalid>},
    MembershipRow{"rollcall_claims_refused_total", "", "cause", "link_test", kMembershipNumber<&MembershipStats::ignored_of_tests>},
    MembershipRow{"rollcall_claims_refused_total", "", "cause", "outside_networks", kMembershipNumber<&MembershipStats::claims_outside_networks>},
    MembershipRow{"rollcall_claims_refused_total", "", "cause", "table_full", kMembershipNumber<&MembershipStats::members_refused>},
    MembershipRow{"rollcall_claims_refused_total", "", "cause", "former_address", kMembershipNumber<&MembershipStats::former_claims>},
    MembershipRow{"rollcall_name_conflicts_total", "Claims that a known name is at another address.", "", "", kMembershipNumber<&MembershipStats::conflicts>},
    MembershipRow{"rollcall_name_takeovers_total", "Claims to the name of a member that left, as others say, from another address: what came of asking the old address.", "result", "held", kMembershipNumber<&MembershipStats::takeovers_held>},
    MembershipRow{"rollcall_name_takeovers_total", "", "result", "silent", kMembershipNumber<&MembershipStats::takeovers>},
    MembershipRow{"rollcall_name_takeovers_total", "", "result", "answered", kMembershipNumber<&MembershipStats::takeovers_refused>},
    MembershipRow{"rollcall_name_takeovers_total", "", "result", "not_asked", kMembershipNumber<&MembershipStats::takeovers_unasked>},
    MembershipRow{"rollcall_strangers_total", "Members known from others only, that never answered a ping: what became of them.", "result", "asked", kMembershipNumber<&MembershipStats::strangers_asked>},
    MembershipRow{"rollcall_strangers_total", "", "result", "answered", kMembershipNumber<&MembershipStats::strangers_answered>},
    MembershipRow{"rollcall_strangers_total", "", "result", "silent", kMembershipNumber<&MembershipStats::strangers_silent>},
    MembershipRow{"rollcall_strangers_total", "", "result", "displaced", kMembershipNumber<&MembershipStats::strangers_displaced>},
    MembershipRow{"rollcall_strangers_total", "", "result", "over_quota", kMembershipNumber<&MembershipStats::strangers_refused>},
    MembershipRow{"rollcall_strangers_total", "", "result", "repeated", kMembershipNumber<&MembershipStats::strangers_repeated>},
    MembershipRow{"rollcall_strangers_ungossiped_total", "Claims about such members that were not gossiped, since they were too many.", "", "", kMembershipNumber<&MembershipStats::strangers_ungossiped>},
    MembershipRow{"rollcall_leave_answers_total", "Accusers of members that left which got the leave as an answer.", "", "", kMembershipNumber<&MembershipStats::leaves_told>},
    MembershipRow{"rollcall_leave_answers_dropped_total", "Accusers that did not, because of the limit per second.", "", "", kMembershipNumber<&MembershipStats::leaves_untold>},
    MembershipRow{"rollcall_broadcasts_dropped_total", "", "queue", "membership", kMembershipNumber<&MembershipStats::broadcasts_dropped>},
};
constexpr std::array kExchangeRows{
    MembershipRow{"rollcall_reaped_total", "Failed and left members removed from membership's table.", "", "", kMembershipNumber<&MembershipStats::reaped>},
    MembershipRow{"rollcall_push_pulls_total", "States of peers that were merged, whichever side asked for the exchange.", "", "", kMembershipNumber<&MembershipStats::push_pulls>},
    MembershipRow{"rollcall_push_pulls_failed_total", "Exchanges that this agent began and that failed.", "", "", kMembershipNumber<&MembershipStats::push_pulls_failed>},
    MembershipRow{"rollcall_push_pulls_refused_total", "States of peers refused as a whole: no member in them is compatible.", "", "", kMembershipNumber<&MembershipStats::merges_refused>},
    MembershipRow{"rollcall_push_pull_received_bytes_total", "Bytes of states received, as on the wire.", "", "", kMembershipNumber<&MembershipStats::push_pull_bytes_received>},
    MembershipRow{"rollcall_push_pull_sent_bytes_total", "Bytes of states sent, as on the wire.", "", "", kMembershipNumber<&MembershipStats::push_pull_bytes_sent>},
    MembershipRow{"rollcall_push_pull_members_skipped_total", "Members in received states that were not merged, by cause.", "cause", "incompatible", kMembershipNumber<&MembershipStats::nodes_quarantined>},
    MembershipRow{"rollcall_push_pull_members_skipped_total", "", "cause", "unreadable", kMembershipNumber<&MembershipStats::nodes_unreadable>},
    MembershipRow{"rollcall_push_pull_omitted_total", "What did not fit into sent states.", "what", "member", kMembershipNumber<&MembershipStats::nodes_untold>},
    MembershipRow{"rollcall_push_pull_omitted_total", "", "what", "user_state", kMembershipNumber<&MembershipStats::user_states_untold>},
    MembershipRow{"rollcall_push_pull_states_total", "States made for peers or for exchanges of this agent, or sent once more.", "state", "made", kMembershipNumber<&MembershipStats::states_made>},
    MembershipRow{"rollcall_push_pull_states_total", "", "state", "shared", kMembershipNumber<&MembershipStats::states_shared>},
    MembershipRow{"rollcall_push_pulls_delayed_total", "Exchanges that had to wait for time of the loop, by work.", "work", "reading", kMembershipNumber<&MembershipStats::streams_delayed>},
    MembershipRow{"rollcall_push_pulls_delayed_total", "", "work", "answering", kMembershipNumber<&MembershipStats::states_delayed>},
    MembershipRow{"rollcall_push_pulls_dropped_total", "Exchanges given up because of a limit: bytes for one source, or states that wait to be merged.", "limit", "source", kMembershipNumber<&MembershipStats::states_refused>},
    MembershipRow{"rollcall_push_pulls_dropped_total", "", "limit", "merges", kMembershipNumber<&MembershipStats::merges_dropped>},
    MembershipRow{"rollcall_merge_slices_total", "Slices in which long states of peers were merged, beyond the first of each.", "", "", kMembershipNumber<&MembershipStats::merge_slices>},
    MembershipRow{"rollcall_streams_accepted_total", "Streams that peers opened.", "", "", kMembershipNumber<&MembershipStats::streams_accepted>},
    MembershipRow{"rollcall_streams_evicted_total", "Streams closed to make room for others: the longest idle ones.", "", "", kMembershipNumber<&MembershipStats::streams_evicted>},
    MembershipRow{"rollcall_streams_timed_out_total", "Streams closed at their deadline, whichever side opened them.", "", "", kMembershipNumber<&MembershipStats::streams_timed_out>},
    MembershipRow{"rollcall_pauses_total", "Gaps in which this process did not run, by what followed.", "reaction", "suspicions_restarted", kMembershipNumber<&MembershipStats::pauses>},
    MembershipRow{"rollcall_pauses_total", "", "reaction", "state_fetched", kMembershipNumber<&MembershipStats::catch_ups>},
};
// clang-format on

struct NamedType {
    wire::MessageType type;
    std::string_view name;
};
constexpr std::array kMessageTypes{NamedType{wire::MessageType::ping, "ping"},
                                   NamedType{wire::MessageType::indirect_ping, "indirect_ping"},
                                   NamedType{wire::MessageType::ack, "ack"},
                                   NamedType{wire::MessageType::suspect, "suspect"},
                                   NamedType{wire::MessageType::alive, "alive"},
                                   NamedType{wire::MessageType::dead, "dead"},
                                   NamedType{wire::MessageType::push_pull, "push_pull"},
                                   NamedType{wire::MessageType::compound, "compound"},
                                   NamedType{wire::MessageType::user, "user"},
                                   NamedType{wire::MessageType::compress, "compress"},
                                   NamedType{wire::MessageType::encrypt, "encrypt"},
                                   NamedType{wire::MessageType::nack, "nack"},
                                   NamedType{wire::MessageType::has_crc, "has_crc"},
                                   NamedType{wire::MessageType::err, "err"},
                                   NamedType{wire::MessageType::label, "label"}};

// Unknown numbers share one label value, so that no peer can make series.
void add_messages(const MembershipStats& stats, Families& families) {
    constexpr std::string_view name = "rollcall_messages_received_total";
    std::uint64_t others = 0;
    for (const std::uint64_t count : stats.messages_received) others += count;
    for (const NamedType& known : kMessageTypes) {
        const std::uint64_t count = stats.messages_received[static_cast<std::size_t>(known.type)];
        others -= count;
        families.counter(name, "Messages in datagrams, by type.", static_cast<double>(count),
                         {{"type", known.name}});
    }
    families.counter(name, "", static_cast<double>(others), {{"type", "other"}});
}

using RejectCounts = std::array<std::uint64_t, wire::kDecodeErrors>;
void add_rejects(std::string_view name, std::string_view help, const RejectCounts& rejects,
                 Families& families) {
    for (std::size_t i = 0; i < rejects.size(); ++i) {
        families.counter(name, help, static_cast<double>(rejects[i]),
                         {{"cause", to_string(static_cast<wire::DecodeError>(i))}});
    }
}

}  // namespace

void add_metrics(const membership::Stats& stats, Families& families) {
    add_rows(kTrafficRows, stats, families);
    add_messages(stats, families);
    add_rejects("rollcall_packets_rejected_total",
                "Datagrams refused, by cause: label_mismatch is another cluster, bad_encryption "
                "another key.",
                stats.packets_rejected, families);
    add_rejects("rollcall_streams_rejected_total", "Streams refused, by the same causes.",
                stats.streams_rejected, families);
    add_rows(kProbeRows, stats, families);
    add_rows(kVigilRows, stats, families);
    add_rows(kClaimRows, stats, families);
    add_rows(kExchangeRows, stats, families);
    families.histogram("rollcall_push_pull_duration_seconds",
                       "Duration of the exchanges that this agent began, failed ones included.",
                       stats.push_pulls_took, membership::kPushPullBounds);
}

}  // namespace rollcall::agent
