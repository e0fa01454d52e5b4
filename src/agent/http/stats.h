// SPDX-License-Identifier: Apache-2.0
//
// Counters of the HTTP side: what was answered, and what was refused by cause.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rollcall::agent::http {

enum class Refused : std::uint8_t {
    malformed,            // a head that is not strictly HTTP/1.1, or ambiguous
    transfer_encoding,    // 501
    host,                 // 421
    head_too_large,       // 431, 414
    body_too_large,       // 413
    too_slow,             // 408: head or body not complete in time
    too_many,             // 503: all places are taken
    too_many_of_address,  // 503
    too_many_streams,     // 503: event streams
    evicted,              // closed for a new client, before its request was complete
    token,                // 401, 403
    not_read,             // the client did not read its answer
    accept_failed,        // no descriptor or no memory
};
inline constexpr std::array<std::string_view, 13> kRefusedNames{
    "malformed",        "transfer_encoding", "host",     "head_too_large",
    "body_too_large",   "too_slow",          "too_many", "too_many_of_address",
    "too_many_streams", "evicted",           "token",    "not_read",
    "accept_failed"};

struct Stats {
    std::uint64_t accepted = 0;              // connections
    std::uint64_t requests = 0;              // complete ones
    std::array<std::uint64_t, 6> answers{};  // by hundreds of the status: answers[2] are 2xx
    std::array<std::uint64_t, kRefusedNames.size()> refused{};
    std::uint64_t bytes_sent = 0;   // bodies, after compression
    std::uint64_t turns = 0;        // of HTTP work on the loop
    std::uint64_t turns_cut = 0;    // that had more to do than fits into one
    std::uint64_t events_lost = 0;  // of streams, reported to them as lagged

    [[nodiscard]] std::uint64_t& operator[](Refused cause) {
        return refused[static_cast<std::size_t>(cause)];
    }
};

// Now, not since the start.
struct Load {
    std::size_t connections = 0;
    std::size_t event_streams = 0;
};

}  // namespace rollcall::agent::http
