// SPDX-License-Identifier: Apache-2.0
//
// Messages to one member that a query causes: its acks and answers, copies of them relayed by
// others, and messages that we relay (rules E2, E3, E6). They are sent after the current packet was
// handled, since the calls come from inside the node. What the network can make us send is bounded
// per packet and per second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"
#include "base/token_bucket.h"
#include "serf/context.h"
#include "serf/message_error.h"
#include "serf/open_queries.h"
#include "serf/outbox.h"
#include "serf/outgoing_queries.h"
#include "serf/rejects.h"

namespace rollcall::serf {

class Replies {
public:
    Replies(Context& context, Rejects& rejects, OutgoingQueries& outgoing_queries)
        : context_{context}, rejects_{rejects}, outgoing_queries_{outgoing_queries} {}

    [[nodiscard]] bool asked_by_us(const ReturnPath& path) const;
    // The query names an address that an answer can be sent to.
    [[nodiscard]] bool can_reach(const ReturnPath& path) const;
    // The asker is a member, and the path leads to its address; or it is ourselves.
    [[nodiscard]] bool asker_is_member(const ReturnPath& path) const;

    void acknowledge(Time now, const ReturnPath& path, Outbox& out);
    // An answer of the application; not rate-limited here.
    [[nodiscard]] Result<std::vector<std::byte>, MessageError> encode_answer(const ReturnPath& path,
                                                                             Bytes payload) const;
    void send_answer(Time now, const ReturnPath& path, Bytes message, Outbox& out);
    // An automatic answer: it counts towards the bounds, and is dropped beyond them.
    void answer_internally(Time now, const ReturnPath& path, Bytes payload, Outbox& out);

    // Whether a query may be answered automatically, later: it counts towards the bounds.
    [[nodiscard]] bool admits_answer(Time now, const ReturnPath& path);

    void relay_received(Time now, Bytes message, Outbox& out);

    // The packet was handled: sends what waited.
    void send_pending(Time now, Outbox& out);

private:
    struct Pending {
        Endpoint to;
        std::vector<std::byte> message;
        std::uint64_t Stats::*counter;  // of those sent
    };

    [[nodiscard]] bool is_member_at(std::string_view name, const Endpoint& address) const;
    [[nodiscard]] bool within_bounds(Time now, const ReturnPath& path);
    [[nodiscard]] bool may_forward(Time now, std::string_view name, const Endpoint& to);
    void relay(Time now, const ReturnPath& path, Bytes message, std::uint64_t Stats::*counter);

    Context& context_;
    Rejects& rejects_;
    OutgoingQueries& outgoing_queries_;
    std::vector<Pending> pending_;
    std::size_t replies_this_call_ = 0, relays_this_call_ = 0, forwarded_this_call_ = 0;
    TokenBucket replies_{{.burst = 256, .per_second = 64}};
    TokenBucket replies_to_strangers_{{.burst = 256, .per_second = 64}};
    TokenBucket relays_{{.burst = 512, .per_second = 128}};
    TokenBucket forwarded_{{.burst = 1024, .per_second = 512}};
    TokenBucket forwarded_to_strangers_{{.burst = 128, .per_second = 32}};
};

}  // namespace rollcall::serf
