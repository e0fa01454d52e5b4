// SPDX-License-Identifier: Apache-2.0
//
// What one client, and all of them together, may cost the agent. Serf's server has none of these:
// a client that never speaks, or never reads, holds it for ever. Plain values; tests make them
// small.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.h"
#include "rpc/reader.h"

namespace rollcall::agent {

struct RpcLimits {
    // At once. When all are taken, a client that never finished its handshake, or else one that
    // asks and watches nothing, gives way to a new one.
    std::size_t max_connections = 256;
    Duration handshake_timeout = std::chrono::seconds{10};  // until handshake and token are through
    Duration request_timeout = std::chrono::seconds{30};  // from the first byte of one to its last
    Duration reply_timeout = std::chrono::seconds{30};    // a reply of which nothing is taken
    // Bytes written and not yet taken by the client; beyond, its commands wait unread and its
    // streams' records queue up.
    std::size_t backlog_bytes = std::size_t{256} << 10;
    std::size_t stream_records = 512;     // queued per stream or monitor; further ones are dropped
    std::size_t streams_per_client = 32;  // streams, a monitor not counted
    std::size_t queries_per_client = 32;  // that it asked and that still run
    // Records of one query's acks and answers; further ones are dropped. Those of a large cluster
    // come in one burst.
    std::size_t query_records = 16384;
    // Queries of others that a client was told of and may answer; the oldest go.
    std::size_t pending_queries = 1024;
    std::size_t members_per_slice = 256;  // encoded without a pause
    // Of requests: from anybody at first, and once handshake and token are through. Small at first,
    // since memory is reserved for as many elements as a few bytes declare; but the longest token
    // fits as a list of integers.
    rpc::ReaderLimits first_requests{
        .object_bytes = rpc::kObjectBytesBeforeAuth, .elements = 1024, .depth = 4};
    rpc::ReaderLimits requests = rpc::kServerLimits;
};

}  // namespace rollcall::agent
