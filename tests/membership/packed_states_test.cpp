// SPDX-License-Identifier: Apache-2.0
//
// Requests for our state, and what their answers may cost. Rule Y5.
#include "membership/packed_states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "exchanges.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

Endpoint nth(unsigned n) {
    return *Endpoint::from_wire(
        WireAddress::v4(10, 9, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)),
        40000);
}

bool knows(const std::vector<std::string>& names, const char* name) {
    return std::ranges::find(names, name) != names.end();
}

// The attack: 20 requests a second of 95 bytes, 85 ms of the loop for each.
TEST(RuleY5, AFloodOfRequestsGetsFewStatesAndAllAreAnswered) {
    Exchanges node;
    node.lone.know(50);
    node.app.to_make = 85ms;
    constexpr unsigned kSeconds = 10, kEachSecond = 20;
    const Time from = node.clock.at;
    for (unsigned i = 0; i < kSeconds * kEachSecond; ++i) {
        const StreamId id = node.ask(nth(i % 7));
        ASSERT_TRUE(node.written(id)) << i;
        ASSERT_TRUE(node.closed(id));
        ASSERT_EQ(node.names(id).size(), 51u);
        node.pass(1000ms / kEachSecond);
    }
    const Duration spent = (node.clock.at - from) - Duration{std::chrono::seconds{kSeconds}};
    EXPECT_EQ(spent, 85ms * node.stats().states_made);
    EXPECT_LE(spent, 1300ms) << "a tenth of the time, and the first";
    EXPECT_EQ(node.stats().states_made + node.stats().states_shared, kSeconds * kEachSecond);
}

TEST(RuleY5, TheSameBytesAreSentToAllThatShareAState) {
    Exchanges node;
    node.app.to_make = 85ms;
    const StreamId first = node.ask(nth(1)), second = node.ask(nth(2)), third = node.ask(nth(3));
    EXPECT_EQ(node.written(first), node.written(second));
    EXPECT_EQ(node.written(first), node.written(third));
    EXPECT_EQ(node.stats().states_made, 1u);
}

TEST(RuleY5, ASharedStateIsReplacedAsSoonAsThereIsTime) {
    Exchanges node;
    node.app.to_make = 85ms;
    (void)node.ask(nth(1));
    node.lone.alive({.node = "newcomer", .address = WireAddress::v4(10, 0, 0, 77)});
    node.pass(580ms);  // nine times what went beyond the first 20 ms
    EXPECT_FALSE(knows(node.names(node.ask(nth(2))), "newcomer"));
    node.pass(10ms);
    EXPECT_TRUE(knows(node.names(node.ask(nth(3))), "newcomer"));
}

TEST(RuleY5, AStateMadeForAJoinIsNotSharedWithOthers) {
    Exchanges node;
    node.app.to_make = 85ms;
    (void)node.ask(nth(1), true);
    const StreamId other = node.ask(nth(2), false);
    EXPECT_FALSE(node.written(other));
    node.pass(600ms);
    EXPECT_TRUE(node.written(other));
    EXPECT_EQ(node.stats().states_made, 2u);
}

TEST(RuleY5, WithoutAStateToShareTheStreamWaitsForTheNext) {
    Exchanges node;
    node.app.to_make = 85ms;
    (void)node.ask(nth(1), true);
    std::vector<StreamId> waiting;
    for (unsigned i = 2; i < 12; ++i) waiting.push_back(node.ask(nth(i)));
    for (const StreamId id : waiting) EXPECT_FALSE(node.written(id) || node.closed(id));
    EXPECT_EQ(node.stats().states_delayed, 10u);
    node.pass(600ms);
    for (const StreamId id : waiting) {
        EXPECT_EQ(node.written(id), node.written(waiting.front()));
        EXPECT_TRUE(node.closed(id));
    }
    EXPECT_EQ(node.stats().states_made, 2u) << "one for all of them";
}

// As many states wait to be sent as may, so no other is made for a peer that asks.
struct ManyUnsent : Exchanges {
    explicit ManyUnsent(Duration probe_interval = 1h)
        : Exchanges{[=](Config& c) {
              c.layers.compress = false;
              c.probe_interval = probe_interval;
          }} {}
    void fill(bool join = false) {
        app.size = 9u << 20;
        app.to_make = 1ms;
        for (unsigned i = 0; i < 15; ++i) EXPECT_TRUE(written(ask(nth(100 + i), join))) << i;
    }
};

TEST(RuleY5, AStreamThatWaitsForAStateEndsAtItsDeadline) {
    ManyUnsent node;
    node.fill(true);
    const StreamId waiting = node.ask(nth(2));
    node.pass(9s);
    EXPECT_FALSE(node.closed(waiting));
    node.pass(1s);
    EXPECT_TRUE(node.closed(waiting));
    EXPECT_FALSE(node.written(waiting));
    EXPECT_EQ(node.stats().streams_timed_out, 1u);
}

TEST(RuleY5, AStateOlderThanFifteenSecondsIsNotShared) {
    ManyUnsent node;
    node.fill();
    node.pass(15s);
    EXPECT_TRUE(node.written(node.ask(nth(2))));
    node.pass(1s);
    EXPECT_FALSE(node.written(node.ask(nth(3))));
}

TEST(RuleY5, NoStateIsSharedThatHasAnOldClaimOfOurs) {
    Exchanges node;
    node.app.to_make = 85ms;
    (void)node.ask(nth(1));
    node.lone.suspect("me", 1, "n9");  // refuted: a new incarnation
    ASSERT_EQ(node.lone.incarnation("me"), 2u);
    EXPECT_FALSE(node.written(node.ask(nth(2))));
}

// Rule S9: a state that was made before a flood was found has all of the invented names.
TEST(RuleY5, NoStateIsSharedWithTheStrangersOfAFloodThatWasFoundSince) {
    ManyUnsent node{1s};
    node.lone.know(1);
    node.lone.answer_pings();
    node.pass(3s);
    node.lone.answer_pings_of(host(2));
    const LongState invented{600};
    (void)node.send(nth(1), invented.state);
    node.fill();
    EXPECT_EQ(node.names(node.ask(nth(3))).size(), 602u) << "shared";
    node.pass(6s);  // a sample is found silent
    ASSERT_GT(node.stats().strangers_silent, 0u);
    EXPECT_FALSE(node.written(node.ask(nth(4))));
}

TEST(RuleY5, NoStateIsSharedAfterAChangeOfKeys) {
    Exchanges node;
    node.app.to_make = 85ms;
    (void)node.ask(nth(1));
    ASSERT_TRUE(node.written(node.ask(nth(2))));
    const StreamId before = node.accept(nth(3));
    const std::vector<std::byte> key(32, std::byte{7});
    node.lone.install_key(key);
    sim::SeededEntropy entropy{3};
    wire::PacketCodec codec{node.lone.config().layers, entropy};
    ASSERT_FALSE(codec.keyring().add(key));
    std::vector<std::byte> sealed;
    codec.seal_stream(stream_bytes({}), wire::PacketCodec::StreamSide::dialer, sealed);
    node.data(before, sealed);
    EXPECT_FALSE(node.written(before)) << "it would be in the clear";
    node.pass(1s);
    EXPECT_TRUE(node.written(before));
}

TEST(RuleY5, WithAClockThatStandsStillEachRequestGetsAStateOfItsOwn) {
    Exchanges node;
    for (unsigned i = 0; i < 1000; ++i) ASSERT_TRUE(node.written(node.ask(nth(i))));
    EXPECT_EQ(node.stats().states_made, 1000u);
    EXPECT_EQ(node.stats().states_shared, 0u);
}

TEST(RuleY5, OneSourceGetsALimitedNumberOfBytes) {
    Exchanges node{[](Config& c) { c.layers.compress = false; }};
    node.app.size = 9u << 20;
    unsigned answered = 0;
    for (int i = 0; i < 20; ++i) {
        if (node.written(node.ask(nth(1)))) ++answered;
    }
    EXPECT_EQ(answered, 8u);  // 64 MiB and what the last one went beyond
    EXPECT_EQ(node.stats().states_refused, 12u);
    EXPECT_TRUE(node.written(node.ask(nth(2)))) << "others are answered";
    node.pass(1s);
    EXPECT_FALSE(node.written(node.ask(nth(1))));
    node.pass(1100ms);
    EXPECT_TRUE(node.written(node.ask(nth(1)))) << "4 MiB a second";
}

TEST(RuleY5, OnlySoManySourcesAreRemembered) {
    SourceBytes sources;
    const Time now{1h};
    for (unsigned i = 0; i < 5000; ++i) {
        ASSERT_TRUE(sources.admits(now, nth(i)));
        sources.spend(now, nth(i), (i == 0 ? 100u : 1u) << 20);
    }
    EXPECT_FALSE(sources.admits(now, nth(0))) << "those that had most are remembered";
    EXPECT_TRUE(sources.admits(now + 10s, nth(0)));
    EXPECT_LE(sources.size(), SourceBytes::kMostSources);
}

TEST(RuleY5, OnlySoManyBytesWaitToBeSent) {
    Exchanges node{[](Config& c) { c.layers.compress = false; }};
    node.app.size = 9u << 20;
    std::vector<SharedBytes> held;  // by streams whose peers do not read
    for (unsigned i = 0; i < 100; ++i) {
        if (SharedBytes state = node.written(node.ask(nth(i)))) held.push_back(std::move(state));
    }
    EXPECT_EQ(held.size(), 15u);  // 128 MiB
    EXPECT_GT(node.stats().states_delayed, 0u);
}

// Each look at the clock takes 600 us, and there is one for 16 KiB: 32 KiB are a slice.
struct SlowPacking : Exchanges {
    SlowPacking() {
        const LongState many{3000};  // some 200 kB
        (void)send(host(50, 41000), many.state);
        clock.each_look = 600us;
    }
    [[nodiscard]] bool due_at_once() { return lone.node().next_deadline() == lone.now(); }
    void next_slice() {
        lone.call([](Node& n, Time at, Outbox& out) { n.handle_timeout(at, out); });
    }
};

TEST(RuleY5, ALongStateIsPackedInSlicesAndDatagramsAreAnsweredInBetween) {
    SlowPacking node;
    const StreamId id = node.ask(nth(1));
    EXPECT_FALSE(node.written(id));
    EXPECT_TRUE(node.due_at_once());
    node.next_slice();
    EXPECT_FALSE(node.written(id));
    (void)node.lone.take_sent();
    node.lone.encoded([](ByteWriter& writer) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{7}, .node = "me"}, writer);
    });
    EXPECT_EQ(of_type(node.lone.take_sent(), wire::MessageType::ack).size(), 1u);
    int slices = 0;
    for (; !node.written(id) && slices < 1000; ++slices) node.next_slice();
    EXPECT_GE(slices, 3);
    EXPECT_EQ(node.names(id).size(), 3001u);
    EXPECT_TRUE(node.closed(id));
    EXPECT_FALSE(node.due_at_once());
}

TEST(RuleY5, AllThatAskWhileAStateIsPackedGetThatOne) {
    SlowPacking node;
    std::vector<StreamId> all;
    for (unsigned i = 0; i < 10; ++i) all.push_back(node.ask(nth(i)));
    const auto made = node.stats().states_made;
    node.lone.suspect("me", 1, "m1");  // our own claim changes meanwhile
    for (int i = 0; i < 1000 && !node.written(all[0]); ++i) node.next_slice();
    for (const StreamId id : all) EXPECT_EQ(node.written(id), node.written(all[0]));
    EXPECT_EQ(node.stats().states_made, made + 1);
}

TEST(RuleY5, AStreamOfOursGetsItsStateInSlicesToo) {
    SlowPacking node;
    const StreamId opened = node.join(host(3));
    EXPECT_FALSE(node.written(opened));
    for (int i = 0; i < 1000 && !node.written(opened); ++i) node.next_slice();
    EXPECT_TRUE(node.written(opened));
    EXPECT_FALSE(node.closed(opened)) << "the peer's state follows";
}

TEST(RuleY5, AStateIsFinishedEvenIfNobodyWaitsForItAnyMore) {
    SlowPacking node;
    const StreamId id = node.ask(nth(1));
    const auto made = node.stats().states_made;
    node.ended(id, StreamEnd::reset);
    for (int i = 0; i < 1000 && node.due_at_once(); ++i) node.next_slice();
    EXPECT_EQ(node.stats().states_made, made + 1);
    EXPECT_FALSE(node.due_at_once());
}

// A peer's state that takes that long to read, or to merge for the application.
wire::PushPull work() {
    static constexpr std::byte kState{};
    return {.join = false, .nodes = {}, .user_state = Bytes{&kState, 1}};
}

// A bomb of a few kB takes a quarter of a second to unpack.
TEST(RuleY5, ReadingTakesAQuarterOfTheTimeAndShortRequestsGoFirst) {
    Exchanges node;
    const LongState many{500};
    node.app.to_merge = 100ms;
    (void)node.send(nth(1), work());
    const StreamId long_one = node.send(nth(2), many.state);
    EXPECT_FALSE(node.written(long_one) || node.closed(long_one));
    EXPECT_EQ(node.stats().streams_delayed, 1u);
    EXPECT_TRUE(node.written(node.ask(nth(3))));
    node.pass(149ms);  // three times what went beyond the first 50 ms
    EXPECT_FALSE(node.written(long_one));
    node.pass(2ms);
    EXPECT_TRUE(node.written(long_one));
    EXPECT_EQ(node.lone.state("m499"), State::alive);
}

TEST(RuleY5, EvenShortRequestsWaitWhenMuchTimeIsOwed) {
    Exchanges node;
    node.app.to_merge = 200ms;
    (void)node.send(nth(1), work());
    const StreamId other = node.ask(nth(2));
    EXPECT_FALSE(node.written(other));
    node.pass(451ms);
    EXPECT_TRUE(node.written(other));
}

TEST(RuleY5, BytesThatArriveWhileEarlierOnesWaitStayInOrder) {
    Exchanges node;
    const LongState many{500};
    const std::vector<std::byte> bytes = stream_bytes(many.state);
    node.app.to_merge = 100ms;
    (void)node.send(nth(1), work());
    const StreamId id = node.accept(nth(2));
    node.data(id, Bytes{bytes}.first(10'000));
    node.data(id, Bytes{bytes}.subspan(10'000));
    EXPECT_EQ(node.stats().streams_delayed, 1u);
    node.pass(1s);
    EXPECT_TRUE(node.written(id));
    EXPECT_EQ(node.lone.state("m499"), State::alive);
}

TEST(RuleY5, APeersStateIsReadWhenThePeerEndsTheStream) {
    Exchanges node;
    const StreamId opened = node.join(host(3));
    node.app.to_merge = 100ms;
    (void)node.send(nth(1), work());
    const LongState answer{500};
    node.data(opened, stream_bytes(answer.state));
    ASSERT_EQ(node.stats().streams_delayed, 1u);
    EXPECT_TRUE(node.lone.take_events<JoinFinished>().empty());
    node.ended(opened, StreamEnd::finished);
    const auto finished = node.lone.take_events<JoinFinished>();
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].contacted, 1u);
    EXPECT_EQ(node.lone.state("m499"), State::alive);
}

}  // namespace
}  // namespace rollcall::membership
