// SPDX-License-Identifier: Apache-2.0
//
// The way of a packet through the driver, once warm, allocates nothing. Counts operator new of the
// whole program; libuv's own memory is malloc's and not counted.
#include <gtest/gtest.h>

#include <chrono>

#include "raw_socket.h"
#include "recording_core.h"
#include "support/count_allocations.h"
#include "support/test_loop.h"

namespace rollcall::transport {
namespace {

using tests::TestLoop;
using namespace std::chrono_literals;

// Answers every datagram and moves its deadline, as a core does.
struct EchoCore {
    using Outbox = membership::Outbox;
    void start(Time, Outbox&) {}
    void handle_packet(Time now, Endpoint from, Bytes bytes, Outbox& out) {
        ++packets;
        send(out, from, as_text(bytes));
        deadline = now + 1h;
    }
    void handle_send_error(Time, Endpoint, membership::SendError, Outbox&) {}
    void handle_timeout(Time now, Outbox&) { deadline = now + 1ms; }
    void handle_stream_accepted(Time, StreamId, Endpoint, Outbox&) {}
    void handle_stream_connected(Time, StreamId, Outbox&) {}
    void handle_stream_data(Time, StreamId, Bytes, Outbox&) {}
    void handle_stream_closed(Time, StreamId, membership::StreamEnd, Outbox&) {}
    [[nodiscard]] std::optional<Time> next_deadline() const { return deadline; }
    int packets = 0;
    std::optional<Time> deadline;
};

TEST(Allocation, AnsweringDatagramsAllocatesNothingOnceWarm) {
    TestLoop loop;
    EchoCore core;
    Driver<EchoCore> driver{loop, core};
    const auto at_port = driver.open({.bind = at("127.0.0.1:0")});
    ASSERT_TRUE(at_port);
    auto peer = RawSocket::udp(at("127.0.0.1:0"));
    int notified = 0;
    driver.on_outbox([&](const membership::Outbox&) { ++notified; });
    const auto exchange = [&](int upto) {
        for (int i = 0; i < 40; ++i)
            peer.send_to(*at_port, "a ping of a common size, give or take");
        return loop.run_until([&] { return core.packets == upto; });
    };
    ASSERT_TRUE(exchange(40));
    const std::uint64_t before = tests::allocations;
    { const std::string long_enough(100, 'x'); }
    ASSERT_GT(tests::allocations, before) << "the counter must count";
    // What the test itself allocates in a round, measured with a round that brings nothing.
    const std::uint64_t idle_before = tests::allocations;
    ASSERT_TRUE(loop.run_until([] { return true; }));
    const std::uint64_t per_run = tests::allocations - idle_before;

    const std::uint64_t warm = tests::allocations;
    ASSERT_TRUE(exchange(80));
    EXPECT_EQ(tests::allocations - warm, per_run) << "40 datagrams in, 40 out";
    EXPECT_EQ(notified, 80);
}

}  // namespace
}  // namespace rollcall::transport
