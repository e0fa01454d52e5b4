// SPDX-License-Identifier: Apache-2.0
//
// Long states of peers, merged in slices of measured time. Rule Y6.
#include "membership/merges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "exchanges.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLongState = 3000;  // some 200 kB

// Each look at the clock takes 250 us, and there is one for 16 members: 64 of them are a slice.
struct Slow : Exchanges {
    explicit Slow(const LoneNode::Tweak& tweak = {}) : Exchanges{tweak} {
        clock.each_look = 250us;
        lone.know(3);
    }
    [[nodiscard]] std::size_t known() { return lone.node().members().size() - 4; }
    [[nodiscard]] bool due_at_once() { return lone.node().next_deadline() == lone.now(); }
    void next_slice() {
        lone.call([](Node& n, Time at, Outbox& out) { n.handle_timeout(at, out); });
    }
    std::size_t finish() {
        std::size_t slices = 0;
        for (; due_at_once() && slices < 10'000; ++slices) next_slice();
        return slices;
    }
};

TEST(RuleY6, ALongStateIsMergedInSlicesAndDatagramsAreAnsweredInBetween) {
    Slow node;
    const LongState many{kLongState};
    (void)node.send(host(50, 41000), many.state);
    EXPECT_EQ(node.known(), 64u);
    EXPECT_EQ(node.stats().push_pulls, 0u);
    EXPECT_TRUE(node.due_at_once());
    node.next_slice();
    EXPECT_EQ(node.known(), 128u);

    (void)node.lone.take_sent();
    node.lone.encoded([](ByteWriter& writer) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{7}, .node = "me"}, writer);
    });
    EXPECT_EQ(of_type(node.lone.take_sent(), wire::MessageType::ack).size(), 1u);
    EXPECT_EQ(node.known(), 128u) << "a datagram is not delayed by a slice";

    EXPECT_GT(node.finish(), 40u);
    EXPECT_EQ(node.known(), kLongState);
    EXPECT_EQ(node.stats().push_pulls, 1u);
    EXPECT_GT(node.stats().merge_slices, 40u);
}

TEST(RuleY6, WithAClockThatStandsStillAStateIsMergedAtOnce) {
    Slow node;
    node.clock.each_look = {};
    const LongState many{kLongState};
    (void)node.send(host(50, 41000), many.state);
    EXPECT_EQ(node.known(), kLongState);
    EXPECT_EQ(node.stats().push_pulls, 1u);
    node.finish();
    EXPECT_EQ(node.stats().merge_slices, 0u);
}

TEST(RuleY6, AJoinEndsAfterTheLastSlice) {
    Slow node;
    const StreamId id = node.join(host(60));
    const LongState many{kLongState};
    node.data(id, stream_bytes(many.state));
    EXPECT_TRUE(node.closed(id));
    EXPECT_TRUE(node.lone.take_events<JoinFinished>().empty());
    while (node.known() < kLongState) {
        ASSERT_TRUE(node.lone.take_events<JoinFinished>().empty());
        ASSERT_TRUE(node.due_at_once());
        node.next_slice();
    }
    node.finish();
    const auto ended = node.lone.take_events<JoinFinished>();
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].contacted, 1u);
}

TEST(RuleY6, DeadlinesPassBetweenSlices) {
    Slow node{[](Config& c) { c.probe_interval = 1s; }};
    node.lone.suspect("n2", 1, "n3");
    const LongState many{kLongState};
    (void)node.send(host(50, 41000), many.state);
    // The clock of the protocol goes on while slices are merged.
    node.lone.sleep_through(1s);
    node.lone.sleep_through(1s);
    EXPECT_LT(node.known(), kLongState);
    for (int i = 0; i < 20 && node.lone.state("n2") == State::suspect; ++i) {
        node.lone.sleep_through(1900ms);
    }
    EXPECT_EQ(node.lone.state("n2"), State::dead);
    EXPECT_LT(node.known(), kLongState);
}

TEST(RuleY6, NothingIsAppliedBeforeOneMemberIsCompatible) {
    Slow node;
    LongState many{kLongState};
    for (auto& member : many.state.nodes) member.versions = wire::Versions{7, 9, 8, 2, 5, 5};
    (void)node.send(host(50, 41000), many.state);
    EXPECT_TRUE(node.due_at_once());
    EXPECT_GT(node.finish(), 40u);
    EXPECT_EQ(node.known(), 0u);
    EXPECT_EQ(node.lone.take_events<MergeRefused>().size(), 1u);

    many.state.nodes.back().versions = wire::kSerfVersions;  // the last one is
    (void)node.send(host(50, 41000), many.state);
    EXPECT_EQ(node.known(), 0u);
    node.finish();
    EXPECT_EQ(node.known(), 1u);
    EXPECT_EQ(node.stats().push_pulls, 1u);
    EXPECT_EQ(node.stats().nodes_quarantined, kLongState - 1);
}

TEST(RuleY6, ShortStatesAreMergedAtOnceWhileALongOneWaits) {
    Slow node;
    const LongState many{kLongState};
    (void)node.send(host(50, 41000), many.state);
    const LongState few{200, "few"};
    (void)node.send(host(51, 41000), few.state);
    EXPECT_EQ(node.lone.state("few199"), State::alive);
    EXPECT_EQ(node.lone.state("m2999"), std::nullopt);
}

TEST(RuleY6, LongStatesTakeTurns) {
    Slow node;
    const LongState a{kLongState, "a"}, b{kLongState, "b"};
    (void)node.send(host(50, 41000), a.state);
    (void)node.send(host(51, 41000), b.state);
    for (int i = 0; i < 20; ++i) node.next_slice();
    EXPECT_TRUE(node.lone.state("a640"));
    EXPECT_TRUE(node.lone.state("b640"));
    EXPECT_FALSE(node.lone.state("a750"));
    EXPECT_FALSE(node.lone.state("b750"));
}

TEST(RuleY6, OneSourceHasEightStatesWaiting) {
    Slow node;
    const LongState many{kLongState};
    for (int i = 0; i < 12; ++i) (void)node.send(host(50, 41000), many.state);
    EXPECT_EQ(node.stats().merges_dropped, 4u);
    (void)node.send(host(51, 41000), many.state);
    EXPECT_EQ(node.stats().merges_dropped, 4u) << "others still may";
}

TEST(RuleY6, ThirtyTwoStatesWaitInAll) {
    Slow node;
    const LongState many{kLongState};
    for (std::uint8_t i = 0; i < 40; ++i)
        (void)node.send(host(static_cast<std::uint8_t>(i + 50), 41000), many.state);
    EXPECT_EQ(node.stats().merges_dropped, 8u);
    node.finish();
    EXPECT_EQ(node.stats().push_pulls, 32u);
}

TEST(RuleY6, TheBytesThatWaitAreLimitedAndAJoinThatIsTooMuchFails) {
    Slow node{[](Config& c) { c.layers.compress = false; }};
    const LongState many{kLongState};
    const std::vector<std::byte> rest(18u << 20);
    wire::PushPull state = many.state;
    state.user_state = rest;
    for (std::uint8_t i = 0; i < 10; ++i)
        (void)node.send(host(static_cast<std::uint8_t>(i + 50), 41000), state);
    EXPECT_GT(node.stats().merges_dropped, 2u);
    const StreamId id = node.join(host(60));
    node.data(id, stream_bytes(state));
    node.pass(0s);
    const auto ended = node.lone.take_events<JoinFinished>();
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].failed, 1u);
}

}  // namespace
}  // namespace rollcall::membership
