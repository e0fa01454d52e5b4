// SPDX-License-Identifier: Apache-2.0
//
// Messages to one member that a query brings about: acks and answers to it, copies of them by way
// of others, and what others hand us for a third (rules E2, E3, E6). They are sent when the packet
// at hand is done, since we are inside the node's handling of it. What strangers can make us send
// is bounded per packet and per second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"
#include "serf/asking.h"
#include "serf/context.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/rejects.h"
#include "serf/say_error.h"
#include "serf/token_bucket.h"

namespace rollcall::serf {

class Replies {
public:
    Replies(Context& context, Rejects& rejects, Asking& asking)
        : context_{context}, rejects_{rejects}, asking_{asking} {}

    [[nodiscard]] bool asked_by_us(const ReturnPath& path) const;
    // The query names an address that an answer can be sent to.
    [[nodiscard]] bool can_reach(const ReturnPath& path) const;

    void acknowledge(Time now, const ReturnPath& path, Outbox& out);
    // An answer for the application, which judges how often it answers.
    [[nodiscard]] Result<std::vector<std::byte>, SayError> encode_answer(const ReturnPath& path,
                                                                         Bytes payload) const;
    void send_answer(Time now, const ReturnPath& path, Bytes message, Outbox& out);
    // An answer of our own accord: it counts towards the bounds, and is dropped beyond them.
    void answer_internally(Time now, const ReturnPath& path, Bytes payload, Outbox& out);

    void relay_received(Time now, Bytes message, Outbox& out);

    // The packet is done: sends what waited.
    void send_pending(Time now, Outbox& out);

private:
    struct Pending {
        Endpoint to;
        std::vector<std::byte> message;
        std::uint64_t Stats::*counter;  // of those sent
    };

    [[nodiscard]] bool within_bounds(Time now);
    void relay(Time now, const ReturnPath& path, Bytes message, std::uint64_t Stats::*counter);

    Context& context_;
    Rejects& rejects_;
    Asking& asking_;
    std::vector<Pending> pending_;
    std::size_t replies_this_call_ = 0, relays_this_call_ = 0;
    TokenBucket replies_{{.burst = 256, .per_second = 64}};
    TokenBucket relays_{{.burst = 512, .per_second = 128}};
};

}  // namespace rollcall::serf
