// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/output_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "host_parts.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(OutputQueues, SendAtOnce) {
    HostParts host;
    host.send("a");
    host.run_for(10ms);
    EXPECT_THAT(host.peer.received, ElementsAre("a"));
}

TEST(OutputQueues, OfABlockedProcessHoldMessagesUntilTheBlockEnds) {
    HostParts host;
    host.output.block({});
    host.send("a");
    host.send("b");
    host.run_for(1s);
    EXPECT_THAT(host.peer.received, IsEmpty());
    EXPECT_EQ(host.network.traffic().datagrams, 0u);
    host.output.unblock();
    EXPECT_FALSE(host.output.blocked());
    host.run_for(1s);
    EXPECT_THAT(host.peer.received, UnorderedElementsAre("a", "b"));
}

TEST(OutputQueues, OfABlockedProcessHoldStreamsToo) {
    HostParts host;
    host.output.block({});
    host.output.carry_out({.verb = membership::StreamVerb::open,
                           .id = StreamId{1},
                           .to = host.there,
                           .deadline = host.clock.now() + 10s},
                          {});
    host.run_for(1s);
    EXPECT_THAT(host.peer.received, IsEmpty());
    host.output.unblock();
    host.run_for(1s);
    EXPECT_THAT(host.peer.received, ElementsAre("stream"));
}

TEST(OutputQueues, StopDeadlinesWhenTheirBlockSaysSo) {
    HostParts host;
    host.output.block({.timers_run = false});
    EXPECT_TRUE(host.output.stops_deadlines());
    host.output.unblock();
    EXPECT_FALSE(host.output.stops_deadlines());
    host.output.block({.timers_run = true});
    host.send("a");
    EXPECT_FALSE(host.output.stops_deadlines()) << "each send waits on its own";
}

TEST(OutputQueues, StopDeadlinesFromTheFirstSendThatStopsTheProcess) {
    HostParts host;
    host.output.block({.sends = Blocking::Sends::first});
    EXPECT_FALSE(host.output.stops_deadlines());
    host.send("a");
    EXPECT_TRUE(host.output.stops_deadlines());
    host.output.unblock();
    EXPECT_FALSE(host.output.stops_deadlines());
    host.output.block({.sends = Blocking::Sends::first});
    EXPECT_FALSE(host.output.stops_deadlines()) << "no send in this block yet";
}

TEST(OutputQueues, ForgetWhatTheyHoldWhenTheProcessEnds) {
    HostParts host;
    host.output.block({});
    host.send("a");
    host.output.clear();
    EXPECT_FALSE(host.output.blocked());
    host.output.block({});
    host.output.unblock();
    host.run_for(1s);
    EXPECT_THAT(host.peer.received, IsEmpty());
}

TEST(OutputQueues, HoldABoundedNumberAndCountTheRest) {
    HostParts host;
    host.output.block({});
    for (std::size_t i = 0; i < OutputQueue::kMostHeld + 2; ++i) host.send("a");
    EXPECT_EQ(host.output.dropped(), 2u);
    host.output.unblock();
    EXPECT_EQ(host.network.traffic().datagrams, OutputQueue::kMostHeld);
}

}  // namespace
}  // namespace rollcall::sim
