// SPDX-License-Identifier: Apache-2.0
//
// Commands and when they end: join, update, leave. And requests of peers: pings and indirect pings.
// Rules L1 to L3, P6.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lone_node.h"
#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

std::vector<JoinPeer> peers(std::initializer_list<Endpoint> endpoints) {
    std::vector<JoinPeer> list;
    for (const Endpoint& e : endpoints) list.push_back({.endpoint = e, .name = {}});
    return list;
}

TEST(RuleL1, AJoinEndsWhenEveryPeerAnsweredOrFailed) {
    SimCluster cluster{Options{.nodes = 4, .seed = 3}};
    cluster.start();
    cluster.node("n3").kill();   // its host refuses
    cluster.node("n4").crash();  // its host is silent
    const auto list = peers({cluster.node("n2").endpoint(), cluster.node("n3").endpoint(),
                             cluster.node("n4").endpoint()});
    const RequestId request = cluster.node("n1").command(
        [&](Node& n, Time at, Outbox& out) { return n.join(at, list, out); });
    cluster.run_for(1s);
    EXPECT_TRUE(cluster.events<JoinFinished>("n1").empty()) << "one peer is still awaited";
    EXPECT_EQ(cluster.node("n1").node().alive_count(), 2u);
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.events<JoinFinished>("n1").empty(); },
                                  Config::lan().tcp_timeout))
        << cluster.story();
    const auto finished = cluster.events<JoinFinished>("n1");
    EXPECT_EQ(finished[0].request, request);
    EXPECT_EQ(finished[0].contacted, 1u);
    EXPECT_EQ(finished[0].failed, 2u);
    std::vector<std::string> errors;
    for (const auto& answer : cluster.events<JoinAnswered>("n1")) errors.push_back(answer.error);
    std::ranges::sort(errors);
    EXPECT_EQ(errors, (std::vector<std::string>{"", "connection refused", "timed out"}));
}

TEST(RuleL1, JoinWithoutPeersEndsAtOnce) {
    LoneNode lone;
    const RequestId request =
        lone.call([](Node& n, Time at, Outbox& out) { return n.join(at, {}, out); });
    const auto finished = lone.take_events<JoinFinished>();
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].request, request);
    EXPECT_EQ(finished[0].contacted + finished[0].failed, 0u);
}

TEST(RuleL1, PeersContactedAtOnceAreBounded) {
    LoneNode lone{[](Config& c) { c.max_joins = 3; }};
    std::vector<JoinPeer> list;
    for (std::uint8_t i = 10; i < 30; ++i) list.push_back({.endpoint = host(i), .name = {}});
    lone.call([&](Node& n, Time at, Outbox& out) { n.join(at, list, out); });
    auto opened = lone.take_streams();
    ASSERT_EQ(opened.size(), 3u);
    lone.call([&](Node& n, Time at, Outbox& out) {
        n.handle_stream_closed(at, opened[0].action.id, StreamEnd::refused, out);
    });
    opened = lone.take_streams();
    ASSERT_EQ(opened.size(), 1u) << "one makes room for one";
    EXPECT_EQ(opened[0].action.to, host(13));
}

TEST(RuleL1, JoiningOurselvesChangesNothing) {
    SimCluster cluster{Options{.nodes = 2, .seed = 4}};
    cluster.start();
    cluster.node("n1").join(cluster.node("n1").endpoint());
    cluster.run_for(5s);
    EXPECT_EQ(cluster.node("n1").node().members().size(), 1u);
    EXPECT_EQ(cluster.node("n1").node().self_member().incarnation, Incarnation{1});
    EXPECT_EQ(cluster.events<JoinFinished>("n1").size(), 1u);
}

RequestId update(LoneNode& lone, std::string_view meta, Duration timeout) {
    return *lone.call([&](Node& n, Time at, Outbox& out) {
        return n.update_meta(at, as_bytes(meta), timeout, out);
    });
}
RequestId leave(LoneNode& lone, Duration timeout) {
    return lone.call([&](Node& n, Time at, Outbox& out) { return n.leave(at, timeout, out); });
}

TEST(RuleL2, UpdateEndsWhenSentOftenEnough) {
    LoneNode lone;
    lone.know(3);
    const RequestId request = update(lone, "new", 5s);
    EXPECT_EQ(lone.incarnation("me"), 2u);
    EXPECT_EQ(lone.take_events<MemberUpdated>().size(), 1u);
    for (int i = 0; i < 4; ++i) {  // 4 x ceil(log10(5))
        EXPECT_TRUE(lone.take_events<UpdateFinished>().empty()) << i;
        const auto reported = lone.broadcasts();
        ASSERT_EQ(reported.size(), 1u);
        EXPECT_EQ(reported[0].alive().incarnation, Incarnation{2});
        EXPECT_EQ(as_text(*reported[0].alive().meta), "new");
    }
    const auto finished = lone.take_events<UpdateFinished>();
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].request, request);
    EXPECT_FALSE(finished[0].timed_out);
}

TEST(RuleL2, UpdateEndsAtTimeoutOrWhenReplaced) {
    LoneNode lone;
    lone.know(3);
    const RequestId first = update(lone, "one", 5s);
    const RequestId second = update(lone, "two", 5s);
    auto finished = lone.take_events<UpdateFinished>();
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].request, first);
    EXPECT_FALSE(finished[0].timed_out);
    lone.advance(4999ms);
    EXPECT_TRUE(lone.take_events<UpdateFinished>().empty());
    lone.advance(1ms);
    finished = lone.take_events<UpdateFinished>();
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].request, second);
    EXPECT_TRUE(finished[0].timed_out);
}

TEST(RuleL2, SingleNodeUpdateEndsAtOnce) {
    LoneNode lone;
    update(lone, "new", 5s);
    EXPECT_EQ(lone.take_events<UpdateFinished>().size(), 1u);
    const std::string big(513, 'x');
    const auto refused = lone.call(
        [&](Node& n, Time at, Outbox& out) { return n.update_meta(at, as_bytes(big), 5s, out); });
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error(), CommandError::meta_too_large);
    EXPECT_EQ(lone.incarnation("me"), 2u);
    update(lone, std::string_view{big}.substr(1), 5s);
    EXPECT_EQ(lone.member("me")->meta().size(), 512u);
}

TEST(RuleL2, UnchangedMetadataIsGossipedWithoutEvent) {
    LoneNode lone;
    lone.know(1);
    update(lone, "", 5s);
    EXPECT_TRUE(lone.take_events<MemberUpdated>().empty());
    EXPECT_EQ(lone.incarnation("me"), 2u);
    EXPECT_EQ(lone.broadcasts().size(), 1u);
}

TEST(RuleL3, LeaveIsSelfSignedDeadAndEndsWhenSent) {
    LoneNode lone;
    lone.know(3);
    const RequestId request = leave(lone, 5s);
    EXPECT_EQ(lone.state("me"), State::left);
    EXPECT_EQ(lone.take_events<MemberLeft>().size(), 1u);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(lone.take_events<LeaveFinished>().empty()) << i;
        const auto reported = lone.broadcasts();
        ASSERT_EQ(reported.size(), 1u);
        EXPECT_EQ(reported[0].type, wire::MessageType::dead);
        EXPECT_EQ(reported[0].accusation().node, "me");
        EXPECT_EQ(reported[0].accusation().from, "me");
        EXPECT_EQ(reported[0].accusation().incarnation, Incarnation{1});
    }
    const auto finished = lone.take_events<LeaveFinished>();
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].request, request);
    EXPECT_FALSE(finished[0].timed_out);
}

TEST(RuleL3, LeaveEndsAtTimeoutOrWaitsIndefinitely) {
    LoneNode with_timeout;
    with_timeout.know(3);
    leave(with_timeout, 2s);
    with_timeout.advance(1999ms);
    EXPECT_TRUE(with_timeout.take_events<LeaveFinished>().empty());
    with_timeout.advance(1ms);
    const auto finished = with_timeout.take_events<LeaveFinished>();
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_TRUE(finished[0].timed_out);

    LoneNode without;
    without.know(3);
    leave(without, {});
    without.advance(50min);
    EXPECT_TRUE(without.take_events<LeaveFinished>().empty());
}

TEST(RuleL3, LeaveWithoutPeersOrRepeatedEndsAtOnce) {
    LoneNode alone;
    leave(alone, 5s);
    EXPECT_EQ(alone.take_events<LeaveFinished>().size(), 1u);

    LoneNode twice;
    twice.know(3);
    leave(twice, 5s);
    EXPECT_TRUE(twice.take_events<LeaveFinished>().empty());
    leave(twice, 5s);
    EXPECT_EQ(twice.take_events<LeaveFinished>().size(), 1u);
    EXPECT_EQ(twice.broadcasts().size(), 1u) << "it is said once";
}

TEST(RuleL3, LeaveAmongDeadMembersEndsAtOnce) {
    LoneNode lone;
    lone.know(2);
    lone.dead("n2", 1, "n3");
    lone.dead("n3", 1, "n3");
    leave(lone, 5s);
    EXPECT_EQ(lone.take_events<LeaveFinished>().size(), 1u);
}

TEST(RuleL3, LeftNodeAnswersPingsAndKeepsItsState) {
    LoneNode lone;
    lone.know(2);
    leave(lone, 5s);
    (void)lone.take_sent();
    lone.encoded([](ByteWriter& w) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{5}, .node = "me"}, w);
    });
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::ack).size(), 1u);
    const auto refused =
        lone.call([](Node& n, Time at, Outbox& out) { return n.update_meta(at, {}, 5s, out); });
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error(), CommandError::leaving);
}

void ask(LoneNode& lone, const wire::IndirectPing& request, Endpoint from = host(9)) {
    lone.encoded([&](ByteWriter& w) { ASSERT_TRUE(wire::encode(request, w)); }, from);
}

const wire::IndirectPing kRequest{.sequence = SequenceNumber{42},
                                  .node = "x",
                                  .target = WireAddress::v4(10, 0, 0, 99),
                                  .port = 7946,
                                  .nack = true,
                                  .source_address = WireAddress::v4(10, 0, 0, 5),
                                  .source_port = 7000,
                                  .source_node = "asker"};

TEST(RuleP6, AckGoesToNamedSourceOrPacketSource) {
    LoneNode lone;
    lone.encoded([](ByteWriter& w) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{5},
                                .node = "me",
                                .source_address = WireAddress::v4(10, 0, 0, 5),
                                .source_port = 7000},
                     w);
    });
    lone.encoded([](ByteWriter& w) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{6}, .node = ""}, w);
    });
    const auto sent = lone.take_sent();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].to, host(5, 7000));
    EXPECT_EQ(sent[0].messages[0].ack().sequence, SequenceNumber{5});
    EXPECT_EQ(sent[1].to, host(9));
    EXPECT_EQ(sent[1].messages[0].ack().sequence, SequenceNumber{6});
}

TEST(RuleP6, PingForAnotherNodeIsNotAnswered) {
    LoneNode lone;
    lone.encoded([](ByteWriter& w) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{5}, .node = "other"}, w);
    });
    EXPECT_TRUE(lone.take_sent().empty());
    EXPECT_EQ(lone.node().stats().pings_misaddressed, 1u);
}

TEST(RuleP6, RelayUsesOwnNumberAndForwardsAck) {
    LoneNode lone;
    ask(lone, kRequest);
    const auto asked = lone.take_sent();
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].to, host(99));
    const wire::Ping ping = asked[0].messages[0].ping();
    EXPECT_EQ(ping.node, "x");
    EXPECT_EQ(ping.source_node, "me");
    EXPECT_NE(ping.sequence, kRequest.sequence);
    lone.advance(499ms);
    lone.ack(ping.sequence, host(99));
    const auto passed = lone.take_sent();
    ASSERT_EQ(passed.size(), 1u);
    EXPECT_EQ(passed[0].to, host(5, 7000));
    EXPECT_EQ(passed[0].messages[0].ack().sequence, kRequest.sequence);
    EXPECT_FALSE(passed[0].messages[0].ack().payload);
    lone.advance(2s);
    EXPECT_TRUE(lone.take_sent().empty()) << "no nack after the ack";
}

TEST(RuleP6, NackAfterProbeTimeoutAndNoLateAck) {
    LoneNode lone;
    ask(lone, kRequest);
    const SequenceNumber ours = lone.take_sent().at(0).messages[0].ping().sequence;
    lone.advance(499ms);
    EXPECT_TRUE(lone.take_sent().empty());
    lone.advance(1ms);
    const auto sent = lone.take_sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].to, host(5, 7000));
    EXPECT_EQ(sent[0].messages[0].nack().sequence, kRequest.sequence);
    lone.ack(ours, host(99));
    EXPECT_TRUE(lone.take_sent().empty());
    EXPECT_EQ(lone.node().stats().acks_unknown, 1u);
}

TEST(RuleP6, NackOnlyOnRequest) {
    LoneNode lone;
    wire::IndirectPing request = kRequest;
    request.nack = false;
    ask(lone, request);
    (void)lone.take_sent();
    lone.advance(2s);
    EXPECT_TRUE(lone.take_sent().empty());
}

TEST(RuleP6, RelayTimeoutIgnoresHealthScore) {
    LoneNode lone;
    for (unsigned i = 1; i <= 7; ++i) lone.suspect("me", i, "n2");
    lone.drain();
    ask(lone, kRequest);
    (void)lone.take_sent();
    lone.advance(500ms);
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::nack).size(), 1u);
}

TEST(RuleP6, RelaysAreBounded) {
    LoneNode lone{[](Config& c) { c.max_relays = 10; }};
    for (int i = 0; i < 25; ++i) ask(lone, kRequest);
    EXPECT_EQ(lone.take_sent().size(), 10u);
    EXPECT_EQ(lone.node().stats().relays_refused, 15u);
    lone.advance(500ms);
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::nack).size(), 10u);
    ask(lone, kRequest);
    EXPECT_EQ(lone.take_sent().size(), 1u);
}

}  // namespace
}  // namespace rollcall::membership
