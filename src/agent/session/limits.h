// SPDX-License-Identifier: Apache-2.0
//
// Limits of one client and of all clients together. Serf's server has none: a client that never
// sends or never reads blocks it indefinitely. Plain values; tests make them small.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.h"
#include "rpc/reader.h"

namespace rollcall::agent {

struct RpcLimits {
    // At once. At the limit a new client evicts one that has not finished its handshake, or else an
    // idle one.
    std::size_t max_connections = 256;
    Duration handshake_timeout = std::chrono::seconds{10};  // for handshake and authentication
    Duration request_timeout = std::chrono::seconds{30};    // from the first byte to the last
    Duration reply_timeout = std::chrono::seconds{30};      // without progress in sending a reply
    // Bytes written and not yet read by the client; above, its commands are not read and the
    // records of its streams are queued.
    std::size_t backlog_bytes = std::size_t{256} << 10;
    std::size_t stream_records = 512;     // queued per stream or monitor; further ones are dropped
    std::size_t streams_per_client = 32;  // without the monitor
    std::size_t queries_per_client = 32;  // running queries of the client
    // Records of one query's acks and responses; further ones are dropped. A large cluster answers
    // in one burst.
    std::size_t query_records = 16384;
    // Received queries that a client may answer; the oldest are dropped.
    std::size_t pending_queries = 1024;
    // Encoded without a pause: within about half a millisecond.
    std::size_t members_per_slice = 128;
    std::size_t details_per_slice = 32;
    // Of requests before and after authentication. Small before, since a few bytes can declare many
    // elements and memory is reserved for them; but the longest token fits as a list of integers.
    rpc::ReaderLimits first_requests{
        .object_bytes = rpc::kObjectBytesBeforeAuth, .elements = 1024, .depth = 4};
    rpc::ReaderLimits requests = rpc::kServerLimits;
};

}  // namespace rollcall::agent
