// SPDX-License-Identifier: Apache-2.0
//
// Why a user event, query or answer was refused. Nothing was sent or changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::serf {

// The error of a member without the Serf layer for a command of that layer (rule M2).
inline constexpr std::string_view kNoSerfLayer =
    "this agent runs with --delegate none: a bare memberlist application has no user events, "
    "queries, tags, coordinates, key changes or force-leave";

struct MessageError {
    enum class Cause : std::uint8_t {
        event_too_large,          // name and payload
        encoded_event_too_large,  // the message
        query_too_large,          // the message
        query_timeout,            // negative, or longer than kMaxQueryTimeout; both in seconds
        too_many_queries,         // of ours are running
        too_old_protocol,         // queries need Serf's protocol 4
        response_too_large,       // the message
        response_too_late,        // the query's deadline has passed
        response_already_sent,
        no_serf_layer,  // delegate none (rule M2)
    };
    Cause cause = Cause::event_too_large;
    std::size_t size = 0;   // the actual size: bytes, unless the cause says otherwise
    std::size_t limit = 0;  // the allowed size
};

[[nodiscard]] std::string to_string(const MessageError& error);  // Serf's own text where it has one

}  // namespace rollcall::serf
