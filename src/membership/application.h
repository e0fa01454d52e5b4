// SPDX-License-Identifier: Apache-2.0
//
// The interface between a Node and the layer above it: opaque bytes only. Calls come from inside a
// call into the Node, with that call's Outbox; they must not call the Node's handle_* back.
// Membership changes are not reported here but as events in the Outbox, in order. The defaults are
// those of an application that uses membership only.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/broadcast_queue.h"
#include "membership/outbox.h"
#include "wire/packet.h"

namespace rollcall::membership {

// Takes messages for the packet being filled. Bytes are copied.
class BroadcastSink {
public:
    virtual ~BroadcastSink() = default;
    virtual void add(Bytes message) = 0;
    // How many more fit into the packet. Messages added beyond that are not sent.
    [[nodiscard]] virtual std::size_t messages_left() const { return wire::kMaxCompoundParts; }
};

class Application {
public:
    virtual ~Application() = default;

    // Written into acks of datagram pings; at most room.size() bytes. Returns the size, 0 = none.
    virtual std::size_t ack_payload(MutableBytes room) {
        (void)room;
        return 0;
    }
    // Our direct probe of `member` was answered.
    virtual void ack_received(Time now, MemberId member, Duration rtt, Bytes payload, Outbox& out) {
        (void)now, (void)member, (void)rtt, (void)payload, (void)out;
    }
    // A user message arrived, by datagram or stream, without its type byte.
    virtual void user_message(Time now, Bytes message, Outbox& out) {
        (void)now, (void)message, (void)out;
    }
    // Whether take_broadcasts has anything to add. Gossip rounds are skipped while nothing waits.
    [[nodiscard]] virtual bool has_broadcasts() const { return false; }
    // Fill a packet: add messages while each costs `overhead` bytes more than its size and all
    // together stay within `budget`. The packet goes to `recipient`.
    virtual void take_broadcasts(std::size_t overhead, std::size_t budget,
                                 const Recipient& recipient, BroadcastSink& sink) {
        (void)overhead, (void)budget, (void)recipient, (void)sink;
    }
    // Appends the application's message about the leave of `member`; nothing for none. It is sent
    // to one member directly, just before the leave claim.
    virtual void append_leave_message(std::string_view member, std::vector<std::byte>& message) {
        (void)member, (void)message;
    }
    // Our state for a push/pull, appended; nothing for none.
    virtual void local_state(bool join, std::vector<std::byte>& state) { (void)join, (void)state; }
    // A peer's state. Not called when it has none.
    virtual void merge_state(Time now, Bytes state, bool join, Outbox& out) {
        (void)now, (void)state, (void)join, (void)out;
    }
};

}  // namespace rollcall::membership
