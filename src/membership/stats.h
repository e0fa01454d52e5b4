// SPDX-License-Identifier: Apache-2.0
//
// Plain counters of one node since its start. Everything accepted and then dropped is counted here
// by cause.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/duration_counts.h"
#include "membership/answer_limits.h"
#include "wire/errors.h"

namespace rollcall::membership {

// Bounds of the durations of push/pulls that we opened, from the request for a stream to its end.
inline constexpr std::array<std::chrono::milliseconds, 10> kPushPullBounds{
    std::chrono::milliseconds{5},    std::chrono::milliseconds{10},
    std::chrono::milliseconds{25},   std::chrono::milliseconds{50},
    std::chrono::milliseconds{100},  std::chrono::milliseconds{250},
    std::chrono::milliseconds{500},  std::chrono::milliseconds{1000},
    std::chrono::milliseconds{2500}, std::chrono::milliseconds{10000}};

struct Stats {
    std::uint64_t packets_received = 0, bytes_received = 0;
    std::uint64_t packets_sent = 0, bytes_sent = 0;
    std::array<std::uint64_t, 256> messages_received{};                 // by type number
    std::array<std::uint64_t, wire::kDecodeErrors> packets_rejected{};  // by DecodeError
    std::array<std::uint64_t, wire::kDecodeErrors> streams_rejected{};
    std::uint64_t send_errors = 0;

    std::uint64_t probes = 0, probes_failed = 0, probes_by_relay = 0, probes_by_stream = 0;
    std::uint64_t acks_unknown = 0;        // for no probe of ours, or not from its target
    std::uint64_t pings_misaddressed = 0;  // named another node
    std::uint64_t relays = 0, relays_refused = 0;
    std::uint64_t nacks_sent = 0;
    AnswersRefused answers_refused;  // rule X4

    std::uint64_t vigils = 0;                        // rule F2
    std::uint64_t vigils_refused = 0;                // beyond the limit: the suspicion decides
    std::uint64_t watches = 0, watches_refused = 0;  // likewise, of a member that another looks at
    std::uint64_t verdicts_by_silence = 0, verdicts_by_refusal = 0;  // rule F4
    std::uint64_t verdicts_held = 0;                                 // rule F6
    std::uint64_t last_words = 0, last_words_refused = 0;            // rule F5
    std::uint64_t last_words_answered = 0;
    std::uint64_t answers_sent = 0, answers_unsent = 0;  // rule F3: alive claims to accusers
    std::uint64_t suspicions = 0, failures = 0, refutations = 0;
    std::uint64_t claims_unbeatable = 0;  // rule S5
    std::uint64_t claims_invalid = 0;     // empty name, no versions, incarnation 0 of a new member
    std::uint64_t claims_outside_networks = 0;
    std::uint64_t ignored_of_tests = 0;  // rule L5: gossip of an address without a member
    std::uint64_t leaves_told = 0;       // rule S7: leaves sent in answers
    std::uint64_t leaves_untold = 0;     // rule S7: beyond the limit per second
    std::uint64_t members_refused = 0;   // the table is full
    std::uint64_t conflicts = 0;
    // Rule S2, claims to a name whose leave is hearsay: held, applied, and dropped since the old
    // address answered; and not held since too many were.
    std::uint64_t takeovers_held = 0, takeovers = 0, takeovers_refused = 0, takeovers_unasked = 0;
    // Rule S9, names that others reported: beyond the quota of their source; reported again though
    // they did not answer; pinged, and answered; removed: silent, or for a member that announced
    // itself; not gossiped.
    std::uint64_t strangers_refused = 0, strangers_repeated = 0;
    std::uint64_t strangers_asked = 0, strangers_answered = 0;
    std::uint64_t strangers_silent = 0, strangers_displaced = 0, strangers_ungossiped = 0;
    std::uint64_t former_claims = 0;       // about ourselves, at an address that was ours
    std::uint64_t broadcasts_dropped = 0;  // the queue is full
    std::uint64_t reaped = 0;

    std::uint64_t push_pulls = 0, push_pulls_failed = 0, merges_refused = 0;
    DurationCounts<kPushPullBounds.size()> push_pulls_took;  // failed ones included
    // Of states as they are on the wire, in either direction and by either side's request.
    std::uint64_t push_pull_bytes_received = 0, push_pull_bytes_sent = 0;
    std::uint64_t nodes_quarantined = 0;   // push/pull nodes whose versions do not fit
    std::uint64_t nodes_unreadable = 0;    // push/pull nodes with a field out of range
    std::uint64_t nodes_untold = 0;        // rule Y4: members that did not fit into our state
    std::uint64_t user_states_untold = 0;  // rule Y4: likewise, the application's whole state
    // Rule Y5: states made; sent again; of streams that had to wait for one; refused to a source.
    std::uint64_t states_made = 0, states_shared = 0, states_delayed = 0, states_refused = 0;
    std::uint64_t streams_delayed = 0;  // rule Y5: read later, since reading took its share of time
    std::uint64_t merge_slices = 0;     // rule Y6: beyond the first of each state
    std::uint64_t merges_dropped = 0;   // rule Y6: not merged, too many were waiting
    std::uint64_t streams_accepted = 0, streams_evicted = 0, streams_timed_out = 0;
    std::uint64_t pauses = 0, catch_ups = 0;  // rules Z1 and Z2
};

}  // namespace rollcall::membership
