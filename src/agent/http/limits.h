// SPDX-License-Identifier: Apache-2.0
//
// Limits of the HTTP side, for one client and for all together (docs/http.md, "Limits"). Plain
// values; tests make them small.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.h"

namespace rollcall::agent::http {

struct Limits {
    std::size_t connections = 256;             // at once
    std::size_t connections_per_address = 64;  // of them; clients of a Unix socket are one address
    std::size_t event_streams = 32;            // of them
    std::size_t head_bytes = std::size_t{8} << 10;
    std::size_t headers = 100;
    std::size_t parameters = 100;  // of a query string, and cookies
    std::size_t body_bytes = std::size_t{64} << 10;
    Duration first_byte = std::chrono::seconds{30};  // from the connection's start
    Duration request = std::chrono::seconds{10};     // from its first byte to its last
    Duration linger = std::chrono::seconds{1};       // a refused client has to read why
    Duration progress = std::chrono::seconds{30};    // an answer that the client does not read
    std::size_t accepted_per_turn = 8;               // the others wait in the backlog
    std::size_t compress_from = 1024;                // bytes of an answer
    Duration keep_alive_comment = std::chrono::seconds{15};  // of an event stream
};

}  // namespace rollcall::agent::http
