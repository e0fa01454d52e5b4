// SPDX-License-Identifier: Apache-2.0
//
// The sending side of a process. Messages go to the network at once; while the process is blocked
// they wait, in order, and go out when the block ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "membership/outbox.h"
#include "sim/cluster/alarm_clock.h"
#include "sim/world/blocking.h"
#include "sim/world/network.h"
#include "sim/world/streams.h"

namespace rollcall::sim {

class OutputQueue {
public:
    static constexpr std::size_t kMostHeld = 65536;  // more are dropped and counted

    // `port`: the receiving side of the same process.
    OutputQueue(Network& network, StreamNetwork& streams, const AlarmClock& clock, Port& port);

    // The process sends from there.
    void set_address(const Endpoint& from) { from_ = from; }

    void send(const Endpoint& to, Bytes bytes);
    void carry_out(const membership::StreamAction& action, Bytes bytes);

    void block(const Blocking& how);
    // Sends what was held.
    void unblock();
    // The process ended: it is not blocked any more, and what was held is gone.
    void clear();

    [[nodiscard]] bool blocked() const { return blocked_.has_value(); }
    // No deadline passes: the block stops them, or a send has stopped the whole process.
    [[nodiscard]] bool stops_deadlines() const {
        return blocked_ && (stuck_ || !blocked_->timers_run);
    }
    [[nodiscard]] bool stops_loops() const {
        return blocked_ && blocked_->sends == Blocking::Sends::loops;
    }
    // How many received datagrams wait while it is blocked.
    [[nodiscard]] std::size_t backlog() const { return blocked_->backlog; }
    // Messages beyond kMostHeld, in all lives of the process.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    struct Held {
        Endpoint to;
        std::optional<membership::StreamAction> action;  // nullopt: a datagram
        std::vector<std::byte> bytes;
    };
    void hold(Held held);
    void carry_out_now(const membership::StreamAction& action, Bytes bytes);

    Network& network_;
    StreamNetwork& streams_;
    const AlarmClock& clock_;
    Port& port_;
    Endpoint from_;
    std::optional<Blocking> blocked_;
    bool stuck_ = false;  // at a send, while blocked
    std::vector<Held> held_;
    std::uint64_t dropped_ = 0;
};

}  // namespace rollcall::sim
