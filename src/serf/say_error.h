// SPDX-License-Identifier: Apache-2.0
//
// Why something that the application wanted to say was not said. Nothing was sent or changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::serf {

// What a member without the Serf layer answers to a command of that layer (rule M2).
inline constexpr std::string_view kNoSerfLayer =
    "this agent runs with --delegate none: a bare memberlist application has no user events, "
    "queries, tags, coordinates, key changes or force-leave";

struct SayError {
    enum class Cause : std::uint8_t {
        event_too_large,          // name and payload
        encoded_event_too_large,  // the message
        query_too_large,          // the message
        query_timeout,            // negative, or longer than kMaxQueryTimeout; both in seconds
        too_many_queries,         // of ours are running
        too_old_protocol,         // Serf's protocol 4 knows queries first
        response_too_large,       // the message
        response_too_late,        // the query's deadline is over
        response_already_sent,
        no_serf_layer,  // delegate none (rule M2)
    };
    Cause cause = Cause::event_too_large;
    std::size_t size = 0;   // what it would have had: bytes, unless the cause says otherwise
    std::size_t limit = 0;  // what it may have
};

[[nodiscard]] std::string to_string(const SayError& error);  // Serf's own text where it has one

}  // namespace rollcall::serf
