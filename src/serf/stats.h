// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/ids.h"
#include "serf/coordinate.h"

namespace rollcall::serf {

// Application data that a member without the Serf layer received and did not read (rule M2).
struct Foreign {
    std::uint64_t metadata = 0;  // of members that joined or changed
    std::uint64_t messages = 0, states = 0, ack_payloads = 0;
};

// Messages of this layer that were not broadcast to all members: by the queue that was full, and
// those too long for any packet.
struct BroadcastDrops {
    std::uint64_t intents = 0, queries = 0, events = 0, too_long = 0;

    [[nodiscard]] std::uint64_t all() const { return intents + queries + events + too_long; }
};

// What `rollcall info` shows of the Serf layer, beside membership::Stats.
struct Stats {
    std::size_t members = 0, failed = 0, left = 0;  // members counts every status
    std::size_t alive = 0, leaving = 0;
    std::uint64_t view_checksum = 0;  // serf/view_checksum.h
    LamportTime member_time, event_time, query_time;
    std::size_t intent_queue = 0, event_queue = 0, query_queue = 0;
    std::size_t recent_intents = 0;
    std::uint64_t joined = 0, left_total = 0, failed_total = 0, updated = 0, reaped = 0, flaps = 0;
    std::uint64_t events_sent = 0;  // our own
    std::uint64_t events_forwarded = 0, events_duplicate = 0, events_too_old = 0;
    std::uint64_t queries_forwarded = 0, queries_duplicate = 0, queries_too_old = 0;
    std::size_t queries_running = 0, queries_open = 0;  // asked by us; waiting for our application
    std::uint64_t queries_sent = 0, queries_told = 0;   // our own; reported to our application
    std::uint64_t queries_closed_early = 0;  // more waited for an answer than max_open_queries
    std::uint64_t queries_undecided = 0;     // the filter budget of the second was used up
    std::uint64_t answers_sent = 0, answers_relayed = 0;
    std::uint64_t answers_refused = 0;  // as acks_refused, and those that are too large
    // To queries of ours, acks included: after the deadline or never asked for; twice; from more
    // senders than there are members.
    std::uint64_t answers_late = 0, answers_duplicate = 0, answers_too_many = 0;
    // Rule W1: answers of nodes that are no members; votes that this node lost as the incumbent.
    std::uint64_t votes_refused = 0, votes_overruled = 0;
    std::uint64_t events_refused = 0, queries_refused = 0;  // no room to record them
    std::uint64_t queries_acked = 0,
                  acks_relayed = 0;  // sent directly; sent to others for relaying
    std::uint64_t acks_refused = 0;  // no usable address, or over the limit per packet or second
    std::uint64_t ack_relays_refused = 0;  // likewise, relayed copies of acks and answers
    std::uint64_t relayed = 0;             // for others
    std::uint64_t relays_refused = 0;      // likewise, over the limit per packet or second
    BroadcastDrops broadcasts_dropped;
    std::uint64_t messages_rejected = 0;  // unknown type, undecodable, or the next
    std::uint64_t times_refused = 0;      // their Lamport time is too far ahead
    std::uint64_t clocks_corrected = 0;   // a Lamport clock followed those of all peers
    std::uint64_t intents_dropped = 0;    // the intent buffer was full
    // Changes of the timings (rule L6): undone by request or reload; undone at their deadline.
    std::uint64_t tunings_applied = 0, tunings_confirmed = 0, tunings_refused = 0;
    std::uint64_t tunings_reverted = 0, tunings_expired = 0;
    std::uint32_t timings_fingerprint = 0;  // serf/tune_values.h
    bool tuning_tentative = false;
    std::uint64_t refutations = 0;  // of leave intents about ourselves
    // Of members that turned out to stay; more waited than fit.
    std::uint64_t prunes_refused = 0, prunes_dropped = 0;
    // Of peers' coordinates, by CoordinateRefusal those not taken; and of our own.
    std::uint64_t coordinates_learned = 0;
    std::array<std::uint64_t, kCoordinateRefusals> coordinates_refused{};
    std::uint64_t coordinate_resets = 0;
    Foreign foreign;
};

}  // namespace rollcall::serf
