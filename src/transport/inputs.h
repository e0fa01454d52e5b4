// SPDX-License-Identifier: Apache-2.0
//
// The input events of the sockets and the timer. The driver turns each call into one call of its
// core; a test records them. No call comes from inside a call to the transport: failures found
// while sending or opening are reported later, from the loop.
#pragma once

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "membership/core.h"

namespace rollcall::transport {

class Inputs {
public:
    virtual ~Inputs() = default;
    virtual void packet(const Endpoint& from, Bytes bytes) = 0;  // bytes die with the call
    virtual void packets_read() = 0;  // after one or more packet(): the socket is read for now
    virtual void send_error(const Endpoint& to, membership::SendError error) = 0;
    virtual void stream_accepted(StreamId id, const Endpoint& from) = 0;
    virtual void stream_connected(StreamId id) = 0;
    virtual void stream_data(StreamId id, Bytes bytes) = 0;
    // The last call about this id. After `finished` what is written within the call is still sent.
    virtual void stream_closed(StreamId id, membership::StreamEnd end) = 0;
    virtual void deadline_reached() = 0;
};

}  // namespace rollcall::transport
