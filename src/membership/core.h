// SPDX-License-Identifier: Apache-2.0
//
// The whole surface between a protocol core and the world (docs/architecture.md). The libuv driver
// and the simulator both take any ProtocolCore: membership::Node and serf::Serf are.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"

namespace rollcall::membership {

// Why a datagram did not reach its peer. `number` is the system's (errno), 0 when there is none: it
// is for logs, and no decision depends on it.
struct SendError {
    enum Kind : std::uint8_t {
        unreachable,  // the peer's host answered "port unreachable": no process listens there
        no_route,     // this host has no way to that peer: no route, no address of its family
        local,  // a local error: no buffer, not permitted, too large. No information on the peer
    };
    Kind kind = local;
    int number = 0;

    constexpr SendError() = default;
    constexpr SendError(Kind kind_, int number_ = 0) : kind{kind_}, number{number_} {}
    friend constexpr bool operator==(SendError a, SendError b) { return a.kind == b.kind; }
};

// How a stream ended. `number` as above.
struct StreamEnd {
    enum Kind : std::uint8_t {
        finished,  // the peer sent everything and closed its side
        reset,
        refused,    // no process listens there
        timed_out,  // connecting or the driver's own limits took too long
        local,      // a local failure: no descriptors, no route
    };
    Kind kind = local;
    int number = 0;

    constexpr StreamEnd() = default;
    constexpr StreamEnd(Kind kind_, int number_ = 0) : kind{kind_}, number{number_} {}
    friend constexpr bool operator==(StreamEnd a, StreamEnd b) { return a.kind == b.kind; }
};

template <class C>
concept ProtocolCore = requires(C core, const C& view, Time now, Endpoint peer, Bytes bytes,
                                StreamId id, SendError send_error, StreamEnd end,
                                typename C::Outbox& out) {
    core.start(now, out);
    core.handle_packet(now, peer, bytes, out);
    core.handle_send_error(now, peer, send_error, out);
    core.handle_timeout(now, out);  // safe to call early: it then does nothing
    core.handle_stream_accepted(now, id, peer, out);
    core.handle_stream_connected(now, id, out);
    core.handle_stream_data(now, id, bytes, out);
    core.handle_stream_closed(now, id, end, out);
    { view.next_deadline() } -> std::same_as<std::optional<Time>>;
};

}  // namespace rollcall::membership
