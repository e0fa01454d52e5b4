// SPDX-License-Identifier: Apache-2.0
//
// A node among peers that exchange states with it, and a clock for the time that this takes: the
// test is both. `pass()` moves the clock and the protocol's time together.
#pragma once

#include <string>
#include <vector>

#include "lone_node.h"

namespace rollcall::membership {

// Measured time: what the test says, and a fixed time for each look at it.
struct BusyClock final : WorkClock {
    Time at{std::chrono::hours{5}};
    Duration each_look{};
    [[nodiscard]] Time now() override { return at += each_look; }
};

// An application whose state takes time to make and to merge.
struct BusyApplication final : Application {
    explicit BusyApplication(BusyClock& its_clock) : clock{its_clock} {}
    BusyClock& clock;
    Duration to_make{}, to_merge{};
    std::size_t size = 0;

    void local_state(bool, std::vector<std::byte>& state) override {
        clock.at += to_make;
        state.resize(size);
    }
    void merge_state(Time, Bytes, bool, Outbox&) override { clock.at += to_merge; }
};

class Exchanges {
public:
    explicit Exchanges(const LoneNode::Tweak& tweak = {}) : lone{tweak, &app, clock} {}

    BusyClock clock;
    BusyApplication app{clock};
    LoneNode lone;

    void pass(Duration time) {
        clock.at += time;
        lone.advance(time);
    }
    StreamId accept(Endpoint from);
    void data(StreamId id, Bytes bytes);
    void ended(StreamId id, StreamEnd end);
    // A peer's whole request, in a stream of its own.
    StreamId ask(Endpoint from, bool join = false);
    StreamId send(Endpoint from, const wire::PushPull& state);
    // The node joins by a stream of its own, which is open.
    StreamId join(Endpoint to);
    // What the node wrote to a stream, in all; nullptr: it wrote nothing.
    [[nodiscard]] SharedBytes written(StreamId id);
    [[nodiscard]] bool closed(StreamId id);
    // The names in the state that it wrote.
    [[nodiscard]] std::vector<std::string> names(StreamId id);
    [[nodiscard]] const Stats& stats() { return lone.node().stats(); }

private:
    void collect();

    std::uint64_t next_ = 5000;
    std::vector<SentStream> streams_;
};

// A state of that many live members: PREFIX0, PREFIX1... at 10.x.y.z.
struct LongState {
    explicit LongState(std::size_t members, const std::string& prefix = "m");
    std::vector<std::string> names;
    wire::PushPull state;
};

}  // namespace rollcall::membership
