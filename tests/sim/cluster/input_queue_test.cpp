// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/input_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "host_parts.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(InputQueues, PassInputOnAtOnce) {
    HostParts host;
    host.receive("a");
    host.input.deadline_came();
    host.receive("b");
    EXPECT_THAT(host.seen, ElementsAre("a", "deadlines", "b"));
}

TEST(InputQueues, PassNothingOnAfterTheProcessEnded) {
    HostParts host;
    host.input.set_paused(true);
    host.receive("waits");
    host.input.close();
    host.receive("too late");
    host.input.deadline_came();
    EXPECT_FALSE(host.input.paused());
    host.input.open();
    host.input.catch_up();
    EXPECT_THAT(host.seen, ElementsAre("deadlines"));
}

TEST(InputQueues, KeepInputOfAPauseAndPassItOnBeforeDeadlines) {
    HostParts host;
    host.input.set_paused(true);
    host.receive("a");
    host.input.deadline_came();
    host.receive("b");
    host.run_for(1s);
    EXPECT_THAT(host.seen, IsEmpty());
    host.input.set_paused(false);
    host.input.catch_up();
    EXPECT_THAT(host.seen, ElementsAre("a", "b", "deadlines"));
}

// As a kernel does: what comes to a full buffer is gone.
TEST(InputQueues, KeepTheOldestDatagramsOfAPause) {
    constexpr std::size_t kSize = 1000;
    constexpr std::size_t kFit =
        SocketBuffer::kDatagramBytes / (kSize + SocketBuffer::kDatagramCost);
    HostParts host;
    host.input.set_paused(true);
    host.receive(std::string(kSize, 'a'));
    for (std::size_t i = 1; i < kFit + 3; ++i) host.receive(std::string(kSize, 'b'));
    EXPECT_EQ(host.input.dropped(), 3u);
    host.input.set_paused(false);
    host.input.catch_up();
    ASSERT_EQ(host.seen.size(), kFit + 1);
    EXPECT_EQ(host.seen.front(), std::string(kSize, 'a'));
    EXPECT_EQ(host.seen.back(), "deadlines");
    host.input.close();
    EXPECT_EQ(host.input.dropped(), 3u) << "counted over all lives of the process";
}

TEST(InputQueues, RefuseStreamsWhenTheAcceptQueueOfAPauseIsFull) {
    HostParts host;
    EXPECT_TRUE(host.input.stream_accepted(StreamId{1}, host.there));
    host.input.set_paused(true);
    for (std::uint64_t i = 0; i < SocketBuffer::kBacklog; ++i) {
        ASSERT_TRUE(host.input.stream_accepted(StreamId{i + 2}, host.there)) << i;
    }
    EXPECT_FALSE(host.input.stream_accepted(StreamId{1000}, host.there));
    EXPECT_THAT(host.seen, ElementsAre("other input")) << "only the stream before the pause";
}

TEST(InputQueues, OfASlowProcessPassOnePieceAfterTheOther) {
    HostParts host;
    host.input.set_service_time(Latency::constant(10ms).value());
    host.receive("a");
    host.receive("b");
    host.run_for(9ms);
    EXPECT_THAT(host.seen, IsEmpty());
    host.run_for(1ms);
    EXPECT_THAT(host.seen, ElementsAre("a"));
    host.run_for(10ms);
    EXPECT_THAT(host.seen, ElementsAre("a", "b"));
}

TEST(InputQueues, OfASlowProcessLetDeadlinesWaitForEarlierInputOnly) {
    HostParts host;
    host.input.set_service_time(Latency::constant(10ms).value());
    host.receive("a");
    host.receive("b");
    host.input.deadline_came();
    host.receive("c");
    host.run_for(1s);
    EXPECT_THAT(host.seen, ElementsAre("a", "b", "deadlines", "c"));
}

TEST(InputQueues, OfAProcessWithAThreadForTimersLetDeadlinesPass) {
    HostParts host;
    host.input.set_service_time(Latency::constant(10ms).value(), false);
    host.receive("a");
    host.input.deadline_came();
    host.run_for(1s);
    EXPECT_THAT(host.seen, ElementsAre("deadlines", "a"));
}

TEST(InputQueues, ForgetThePieceInHandWhenTheProcessEnds) {
    HostParts host;
    host.input.set_service_time(Latency::constant(10ms).value());
    host.receive("a");
    host.input.close();
    host.input.open();
    host.receive("b");
    host.run_for(9ms);
    EXPECT_THAT(host.seen, IsEmpty());
    host.run_for(1s);
    EXPECT_THAT(host.seen, ElementsAre("b"));
}

TEST(InputQueues, OfABlockedProcessHoldInputAndLetDeadlinesPass) {
    HostParts host;
    host.output.block({.backlog = 2});
    for (const char* text : {"a", "b", "c"}) host.receive(text);
    host.input.deadline_came();
    EXPECT_THAT(host.seen, ElementsAre("deadlines"));
    host.output.unblock();
    host.input.catch_up();
    EXPECT_THAT(host.seen, ElementsAre("deadlines", "a", "b", "deadlines"));
    EXPECT_EQ(host.input.dropped(), 1u);
}

}  // namespace
}  // namespace rollcall::sim
