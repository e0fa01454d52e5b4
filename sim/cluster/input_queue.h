// SPDX-License-Identifier: Apache-2.0
//
// The receiving side of a process: decides when input reaches the core, and when a deadline that
// has come may pass. At once, as a rule. While the process is paused or blocked input waits in
// bounded socket buffers, the oldest kept, and is handled before deadlines afterwards. A slow
// process needs a time for each piece of input, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "membership/core.h"
#include "sim/cluster/node_log.h"
#include "sim/cluster/output_queue.h"
#include "sim/world/latency.h"
#include "sim/world/network.h"
#include "sim/world/socket_buffer.h"
#include "sim/world/world.h"

namespace rollcall::sim {

class InputQueue final : public Port, public Actor {
public:
    using Input = SocketBuffer::Input;
    struct Handlers {
        std::function<void(const Input&)> input;  // it reaches the core now
        std::function<void()> deadlines;          // those that have come pass now
    };
    // `output`: the sending side of the same process, which knows of blocks.
    InputQueue(World& world, NodeLog& log, const OutputQueue& output, Handlers handlers);

    // A process starts to receive; it ends, and what waited is gone.
    void open() { open_ = true; }
    void close();

    void set_paused(bool paused) { paused_ = paused; }
    [[nodiscard]] bool paused() const { return paused_; }
    // How long the process needs for each piece of input; what it answers goes out at the end of
    // that. Latency{}: no time. Deadlines wait for the input that came before, or pass at once, as
    // in a process that has a thread for them.
    void set_service_time(const Latency& each, bool deadlines_wait = true);

    // After a pause or a block: handles what waits, then lets deadlines pass.
    void catch_up();
    // A deadline has come.
    void deadline_came();

    // Datagrams that found no room, in all lives of the process.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_ + buffer_.dropped(); }

    // --- from the network ------------------------------------------------------------------------
    void datagram(Endpoint from, Bytes bytes) override;
    void send_error(Endpoint to, membership::SendError error) override;
    bool stream_accepted(StreamId id, Endpoint from) override;
    void stream_connected(StreamId id) override;
    void stream_data(StreamId id, Bytes bytes) override;
    void stream_closed(StreamId id, membership::StreamEnd end) override;
    // From the world: a piece of input is finished.
    void act(std::uint64_t life) override;

private:
    [[nodiscard]] bool waits() const;
    void receive(const Input& input);
    void begin_oldest();
    void pass_deadlines();

    World& world_;
    NodeLog& log_;
    const OutputQueue& output_;
    Handlers handlers_;
    SocketBuffer buffer_;
    Latency service_time_;
    bool deadlines_wait_for_input_ = true;
    bool open_ = false;
    bool paused_ = false;
    bool busy_ = false;                        // with the oldest of buffer_
    std::optional<std::size_t> input_before_;  // a deadline came behind this much of buffer_
    std::uint64_t life_ = 0;                   // rises when the process ends
    std::uint64_t dropped_ = 0;                // in earlier lives
};

}  // namespace rollcall::sim
