// SPDX-License-Identifier: Apache-2.0
//
// What the layer above a Node gives and takes: opaque bytes only. Calls come from inside a call
// into the Node, with that call's Outbox; they must not call the Node's handle_* back. Membership
// changes are not told here but as events in the Outbox, in order. The defaults are those of an
// application that wants nothing but membership.
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
    // How many more the packet can hold. What is added beyond that is not sent.
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
    // Whether take_broadcasts would have anything to add. Rounds of gossip pass while nobody has.
    [[nodiscard]] virtual bool has_broadcasts() const { return false; }
    // Fill a packet: add messages while each costs `overhead` bytes more than its size and all
    // together stay within `budget`. The packet goes to `listener`.
    virtual void take_broadcasts(std::size_t overhead, std::size_t budget, const Listener& listener,
                                 BroadcastSink& sink) {
        (void)overhead, (void)budget, (void)listener, (void)sink;
    }
    // What a member should hear about `member` beside the claim that it left, appended; nothing for
    // none. Sent to one member directly, just before that claim.
    virtual void words_of_leave(std::string_view member, std::vector<std::byte>& words) {
        (void)member, (void)words;
    }
    // Our state for a push/pull, appended; nothing for none.
    virtual void local_state(bool join, std::vector<std::byte>& state) { (void)join, (void)state; }
    // A peer's state. Not called when it has none.
    virtual void merge_state(Time now, Bytes state, bool join, Outbox& out) {
        (void)now, (void)state, (void)join, (void)out;
    }
};

}  // namespace rollcall::membership
