// SPDX-License-Identifier: Apache-2.0
//
// The streams of a node: push/pulls, pings, and peers that open many. Rules S3, X2, X3, Y1
// to Y3, and the stream half of P3.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "lone_node.h"
#include "membership/push_pull.h"
#include "membership/versions.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

wire::PushPullNode remote(std::string_view name, wire::NodeState state, std::uint32_t incarnation,
                          std::uint8_t last = 50) {
    return {.name = name,
            .address = WireAddress::v4(10, 0, 0, last),
            .port = 7946,
            .incarnation = Incarnation{incarnation},
            .state = state,
            .versions = wire::kSerfVersions};
}

struct StreamNode : LoneNode {
    using LoneNode::LoneNode;

    StreamId accept(Endpoint from) {
        const StreamId id{StreamId::kAcceptedBit | ++last_};
        call([&](Node& n, Time at, Outbox& out) { n.handle_stream_accepted(at, id, from, out); });
        return id;
    }
    void data(StreamId id, Bytes bytes) {
        call([&](Node& n, Time at, Outbox& out) { n.handle_stream_data(at, id, bytes, out); });
    }
    void closed(StreamId id, StreamEnd end) {
        call([&](Node& n, Time at, Outbox& out) { n.handle_stream_closed(at, id, end, out); });
    }
    void connected(StreamId id) {
        call([&](Node& n, Time at, Outbox& out) { n.handle_stream_connected(at, id, out); });
    }
    // Streams that the node closed since the last take.
    std::vector<StreamId> closings() {
        std::vector<StreamId> ids;
        for (const SentStream& s : take_streams()) {
            if (s.action.verb == StreamVerb::close) ids.push_back(s.action.id);
        }
        return ids;
    }
    // The node's message on a stream, as the other side reads it.
    static wire::StreamReader read(const std::vector<SentStream>& said, StreamId id,
                                   wire::PacketCodec& codec, wire::PacketCodec::StreamSide side) {
        wire::StreamReader reader{codec, side};
        for (const SentStream& s : said) {
            if (s.action.id == id && s.action.verb == StreamVerb::write) reader.feed(s.bytes);
        }
        return reader;
    }

private:
    std::uint64_t last_ = 500;
};

TEST(RuleS3, PushPullStateIsJudgedLikeClaims) {
    struct Row {
        wire::NodeState reported;
        std::uint32_t incarnation;
        State before;  // ours, at incarnation 5
        State after;
    };
    using wire::NodeState;
    const Row rows[]{
        {NodeState::alive, 5, State::alive, State::alive},
        {NodeState::alive, 6, State::suspect, State::alive},
        {NodeState::alive, 6, State::dead, State::alive},
        {NodeState::suspect, 4, State::alive, State::alive},
        {NodeState::suspect, 5, State::alive, State::suspect},
        {NodeState::dead, 4, State::alive, State::alive},
        {NodeState::dead, 5, State::alive, State::suspect},  // never dead by push/pull
        {NodeState::dead, 5, State::suspect, State::suspect},
        {NodeState::left, 4, State::alive, State::alive},
        {NodeState::left, 5, State::alive, State::left},
        {NodeState::left, 5, State::suspect, State::left},
        {NodeState::left, 4, State::dead, State::dead},
        {NodeState::left, 5, State::dead, State::left},  // its own leave
    };
    for (const Row& row : rows) {
        StreamNode lone;
        lone.know(3);
        lone.alive({.node = "x", .incarnation = 5, .address = WireAddress::v4(10, 0, 0, 50)});
        if (row.before == State::suspect) lone.suspect("x", 5, "n2");
        if (row.before == State::dead) lone.dead("x", 5, "n2");
        wire::PushPull state;
        state.nodes = {remote("x", row.reported, row.incarnation),
                       remote("peer", NodeState::alive, 1, 51)};
        lone.peer_state(state);
        EXPECT_EQ(lone.state("x"), row.after) << static_cast<int>(row.reported) << ' '
                                              << row.incarnation << ' ' << to_string(row.before);
        EXPECT_EQ(lone.state("peer"), State::alive);
    }
}

TEST(RuleS3, PushPullSuspicionIsSignedByUsAndReportedAsThePeers) {
    StreamNode lone;
    lone.know(3);
    wire::PushPull state;
    state.nodes = {remote("n2", wire::NodeState::dead, 1, 2),
                   remote("peer", wire::NodeState::alive, 1)};
    lone.peer_state(state, host(50, 41000));
    const auto suspected = lone.take_events<MemberSuspected>();
    ASSERT_EQ(suspected.size(), 1u);
    EXPECT_NE(suspected[0].from.find("10.0.0.50"), std::string::npos) << suspected[0].from;
    const auto reported = of_type(lone.broadcasts(), wire::MessageType::suspect);
    ASSERT_EQ(reported.size(), 1u);
    EXPECT_EQ(reported[0].accusation().from, "me");
}

TEST(RuleS3, StateAboutUsIsRefuted) {
    for (const auto said : {wire::NodeState::alive, wire::NodeState::suspect, wire::NodeState::dead,
                            wire::NodeState::left}) {
        StreamNode lone;
        wire::PushPull state;
        state.nodes = {remote("me", said, 9, 1), remote("peer", wire::NodeState::alive, 1)};
        lone.peer_state(state);
        EXPECT_EQ(lone.incarnation("me"), 10u) << static_cast<int>(said);
        EXPECT_EQ(lone.state("me"), State::alive);
    }
}

TEST(RuleY1, LargerClustersExchangeLessOften) {
    struct Row {
        std::size_t members;
        int factor;
    };
    for (const Row& row : {Row{1, 1}, Row{32, 1}, Row{33, 2}, Row{64, 2}, Row{65, 3}, Row{128, 3},
                           Row{129, 4}, Row{1024, 6}, Row{5000, 9}}) {
        EXPECT_EQ(push_pull_wait(30s, row.members), 30s * row.factor) << row.members;
    }
}

// Its refutation may have been lost, and who holds it dead does not ask.
TEST(RuleY1, MemberThatIsHeldDeadAfterItsStartExchangesUntilItIsKnown) {
    const auto exchanges = [](wire::NodeState told, bool pinged) {
        LoneNode lone{[](Config& c) { c.push_pull_interval = 1h; }};
        lone.know(3);
        const auto node = [](std::string_view name, std::uint8_t last, wire::NodeState state) {
            return wire::PushPullNode{.name = name,
                                      .address = WireAddress::v4(10, 0, 0, last),
                                      .port = 7946,
                                      .incarnation = Incarnation{1},
                                      .state = state,
                                      .versions = wire::kSerfVersions};
        };
        lone.peer_state({.nodes = {node("n2", 2, wire::NodeState::alive), node("me", 1, told)}});
        if (pinged) {
            lone.encoded([&](ByteWriter& w) {
                wire::encode(wire::Ping{.sequence = SequenceNumber{7},
                                        .node = "me",
                                        .source_address = WireAddress::v4(10, 0, 0, 2),
                                        .source_port = 7946,
                                        .source_node = "n2"},
                             w);
            });
        }
        (void)lone.take_streams();
        const auto opened = [&](Duration time) {
            lone.advance(time);
            const auto streams = lone.take_streams();
            return std::ranges::count_if(streams, [](const SentStream& stream) {
                return stream.action.verb == StreamVerb::open;
            });
        };
        EXPECT_EQ(opened(19s), 0);
        lone.sleep_through(1500ms);
        const auto count = opened(60s);
        lone.advance(70s);
        (void)lone.take_streams();
        EXPECT_EQ(opened(10s), 0);  // not forever
        return count;
    };
    EXPECT_GE(exchanges(wire::NodeState::dead, false), 25);
    EXPECT_EQ(exchanges(wire::NodeState::dead, true), 0);
    EXPECT_EQ(exchanges(wire::NodeState::alive, false), 0);
}

TEST(RuleY1, AnExchangeIsDueEveryIntervalWithARandomAliveMember) {
    StreamNode lone{[](Config& c) { c.push_pull_interval = 30s; }};
    lone.know(4);
    lone.suspect("n2", 1, "n3");
    lone.dead("n3", 1, "n4");
    std::map<std::string, int> peers;
    for (int i = 0; i < 60; ++i) {
        lone.advance(30s);
        for (const SentStream& s : lone.take_streams()) {
            if (s.action.verb == StreamVerb::open) ++peers[s.action.to.address_to_string()];
        }
    }
    EXPECT_EQ(peers.size(), 2u) << "not us, not the suspect, not the dead";
    EXPECT_GT(peers["10.0.0.4"], 15);
    EXPECT_GT(peers["10.0.0.5"], 15);
    EXPECT_NEAR(peers["10.0.0.4"] + peers["10.0.0.5"], 60, 1);
}

TEST(RuleY2, VersionsFitWhenEachUsesWhatBothUnderstand) {
    const wire::Versions ours{1, 5, 2, 2, 5, 5};
    struct Row {
        wire::Versions theirs;
        VersionFault fault;
    };
    const Row rows[]{
        {{1, 5, 2, 2, 5, 5}, VersionFault::none},
        {{1, 5, 2, 2, 5, 4}, VersionFault::none},
        {{2, 2, 2, 2, 5, 5}, VersionFault::none},
        {{2, 9, 2, 5, 9, 5}, VersionFault::none},
        {{0, 0, 0, 0, 0, 0}, VersionFault::malformed},
        {{0, 5, 2, 2, 5, 5}, VersionFault::malformed},
        {{1, 0, 2, 2, 5, 5}, VersionFault::malformed},
        {{4, 3, 3, 2, 5, 5}, VersionFault::malformed},
        {{3, 5, 3, 2, 5, 5}, VersionFault::protocol},  // we use 2, they need 3
        {{1, 5, 6, 2, 5, 5}, VersionFault::protocol},  // their current is above their maximum
        {{1, 1, 1, 2, 5, 5}, VersionFault::protocol},
        {{1, 5, 2, 2, 4, 4}, VersionFault::application},  // we use 5
        {{1, 5, 2, 0, 0, 0}, VersionFault::application},
        {{1, 5, 2, 6, 9, 6}, VersionFault::application},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(judge_versions(ours, row.theirs), row.fault)
            << describe(row.fault, "x", ours, row.theirs);
    }
}

TEST(RuleY2, IncompatibleMemberIsSkippedAlone) {
    for (const auto bad : {std::optional<wire::Versions>{}, std::optional{wire::Versions{}},
                           std::optional{wire::Versions{1, 5, 2, 0, 0, 0}}}) {
        StreamNode lone;
        wire::PushPullNode poison = remote("poison", wire::NodeState::alive, 1, 60);
        poison.versions = bad;
        wire::PushPull state;
        state.nodes = {poison, remote("good", wire::NodeState::alive, 1)};
        lone.peer_state(state);
        EXPECT_EQ(lone.member("poison"), nullptr);
        EXPECT_EQ(lone.state("good"), State::alive);
        EXPECT_EQ(lone.node().stats().nodes_quarantined, 1u);
        EXPECT_TRUE(lone.take_events<MergeRefused>().empty());
    }
}

TEST(RuleY2, StateWithoutCompatibleMemberIsRefused) {
    StreamNode lone;
    lone.know(1);
    wire::PushPullNode a = remote("a", wire::NodeState::alive, 1, 60);
    a.versions = wire::Versions{7, 9, 8, 2, 5, 5};
    wire::PushPull state;
    state.nodes = {a, remote("n2", wire::NodeState::dead, 1, 2)};
    lone.peer_state(state);
    const auto refused = lone.take_events<MergeRefused>();
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_NE(refused[0].reason.find("'a'"), std::string::npos);
    EXPECT_EQ(lone.state("n2"), State::alive) << "nothing of it was applied";
}

TEST(RuleY3, TheAnswerIsOurStateBeforeTheMergeThenTheStreamIsClosed) {
    StreamNode lone;
    lone.know(2);
    const StreamId id = lone.accept(host(50, 41000));
    wire::PushPull state;
    state.join = true;
    state.nodes = {remote("joiner", wire::NodeState::alive, 1)};
    const auto bytes = stream_bytes(state);
    lone.data(id, Bytes{bytes}.first(bytes.size() - 1));
    EXPECT_TRUE(lone.take_streams().empty()) << "not before all of it was read";
    EXPECT_EQ(lone.member("joiner"), nullptr);
    lone.data(id, Bytes{bytes}.last(1));
    const auto said = lone.take_streams();
    ASSERT_GE(said.size(), 2u);
    EXPECT_EQ(said.back().action.verb, StreamVerb::close);
    sim::SeededEntropy entropy{1};
    wire::PacketCodec codec{lone.config().layers, entropy};
    const auto reader = StreamNode::read(said, id, codec, wire::PacketCodec::StreamSide::dialer);
    ASSERT_EQ(reader.status(), wire::StreamReader::Status::complete);
    const auto& answer = std::get<wire::ReceivedPushPull>(reader.message());
    EXPECT_TRUE(answer.join);
    ASSERT_EQ(answer.nodes.size(), 3u);
    for (const auto& node : answer.nodes) EXPECT_NE(node.name, "joiner");
    EXPECT_EQ(lone.state("joiner"), State::alive);
}

TEST(RuleY3, EmptyStateGetsAnAnswer) {
    StreamNode lone;
    lone.know(2);
    lone.peer_state({});
    EXPECT_GE(lone.take_streams().size(), 2u);
    EXPECT_EQ(lone.node().members().size(), 3u);
    EXPECT_TRUE(lone.take_events<MergeRefused>().empty());
}

TEST(RuleP6, StreamPingIsAnsweredOnlyByItsTarget) {
    for (const char* named : {"me", "", "other"}) {
        StreamNode lone;
        const StreamId id = lone.accept(host(50, 41000));
        std::vector<std::byte> room(200);
        ByteWriter writer{room};
        wire::encode(wire::Ping{.sequence = SequenceNumber{77}, .node = named}, writer);
        lone.data(id, writer.written());
        const auto said = lone.take_streams();
        sim::SeededEntropy entropy{1};
        wire::PacketCodec codec{lone.config().layers, entropy};
        const auto reader =
            StreamNode::read(said, id, codec, wire::PacketCodec::StreamSide::dialer);
        if (std::string{named} == "other") {
            ASSERT_EQ(said.size(), 1u);
            EXPECT_EQ(said[0].action.verb, StreamVerb::close);
            continue;
        }
        ASSERT_EQ(reader.status(), wire::StreamReader::Status::complete);
        EXPECT_EQ(std::get<wire::Ack>(reader.message()).sequence, SequenceNumber{77});
        EXPECT_FALSE(std::get<wire::Ack>(reader.message()).payload);
    }
}

// Idle and half-spoken connections up to every cap; a legitimate exchange still works.
TEST(RuleX3, NewStreamEvictsSilentOnes) {
    StreamNode lone{[](Config& c) {
        c.max_streams_accepted = 32;
        c.max_streams_per_source = 8;
        c.max_push_pulls = 16;
    }};
    lone.know(2);
    // Many sources, half of them silent, half stopped in the middle of a request.
    wire::PushPull state;
    state.nodes = {remote("joiner", wire::NodeState::alive, 1)};
    const auto bytes = stream_bytes(state);
    for (int i = 0; i < 200; ++i) {
        const StreamId id = lone.accept(host(static_cast<std::uint8_t>(100 + i % 100), 1000));
        if (i % 2 == 0) lone.data(id, Bytes{bytes}.first(bytes.size() / 2));
        lone.advance(1ms);
    }
    EXPECT_EQ(lone.closings().size(), 200u - 32u);
    EXPECT_EQ(lone.node().stats().streams_evicted, 200u - 32u);
    lone.peer_state(state, host(50, 41000));
    EXPECT_EQ(lone.state("joiner"), State::alive);
}

TEST(RuleX3, OneSourceCannotBlockOthers) {
    StreamNode lone{[](Config& c) { c.max_streams_per_source = 4; }};
    const StreamId innocent = lone.accept(host(30, 5000));
    std::vector<StreamId> greedy;
    for (int i = 0; i < 50; ++i) {
        greedy.push_back(lone.accept(host(66, static_cast<std::uint16_t>(1000 + i))));
        lone.advance(1ms);
    }
    const auto closed = lone.closings();
    EXPECT_EQ(closed.size(), 46u);
    EXPECT_EQ(std::ranges::find(closed, innocent), closed.end());
    EXPECT_EQ(closed.front(), greedy.front()) << "the longest silent one is evicted";
}

TEST(RuleX3, HalfSentExchangesAreEvicted) {
    StreamNode lone{[](Config& c) { c.max_push_pulls = 4; }};
    wire::PushPull state;
    state.nodes = {remote("joiner", wire::NodeState::alive, 1)};
    const auto bytes = stream_bytes(state);
    for (int i = 0; i < 4; ++i) {
        const StreamId id = lone.accept(host(static_cast<std::uint8_t>(100 + i), 1000));
        lone.data(id, Bytes{bytes}.first(3));
        lone.advance(1ms);
    }
    EXPECT_TRUE(lone.closings().empty());
    lone.peer_state(state, host(50, 41000));
    EXPECT_EQ(lone.node().stats().streams_evicted, 1u);
    EXPECT_EQ(lone.state("joiner"), State::alive);
}

TEST(RuleX3, NoStreamOutlivesTheTimeout) {
    StreamNode lone;
    const StreamId silent = lone.accept(host(30, 5000));
    lone.advance(9999ms);
    const StreamId crumbs = lone.accept(host(31, 5000));
    EXPECT_TRUE(lone.closings().empty());
    lone.advance(1ms);
    EXPECT_EQ(lone.closings(), std::vector<StreamId>{silent});
    // A byte now and then does not lengthen it.
    wire::PushPull state;
    state.nodes = {remote("joiner", wire::NodeState::alive, 1)};
    const auto bytes = stream_bytes(state);
    for (int i = 0; i < 20; ++i) {
        lone.data(crumbs, Bytes{bytes}.subspan(static_cast<std::size_t>(i), 1));
        lone.advance(499ms);
    }
    lone.advance(1s);
    EXPECT_EQ(lone.node().stats().streams_timed_out, 2u);
}

TEST(RuleX2, MemoryFollowsArrivedBytesNotDeclaredSize) {
    StreamNode lone{[](Config& c) { c.max_stream_memory = 1u << 20; }};
    // A header that promises a million nodes and 20 MiB of state, then a trickle of them.
    std::vector<std::byte> room(64);
    ByteWriter writer{room};
    ASSERT_TRUE(wire::encode(wire::PushPullHeader{.nodes = 1u << 20, .user_state_size = 20u << 20},
                             writer));
    std::vector<StreamId> open;
    for (int i = 0; i < 100; ++i) {
        open.push_back(lone.accept(host(static_cast<std::uint8_t>(100 + i), 1000)));
        lone.data(open.back(), writer.written());
    }
    EXPECT_TRUE(lone.closings().empty()) << "a promise costs nothing";
    // Now one of them really sends: at the cap, the largest is refused.
    const std::string long_name(500, 'x');
    const wire::PushPullNode one = remote(long_name, wire::NodeState::alive, 1);
    std::vector<std::byte> node_room(1000);
    ByteWriter node_writer{node_room};
    ASSERT_TRUE(wire::encode(one, node_writer));
    std::vector<std::byte> flood;
    while (flood.size() < 64 * 1024) {
        flood.insert(flood.end(), node_writer.written().begin(), node_writer.written().end());
    }
    std::vector<StreamId> closed;
    for (int i = 0; i < 64 && closed.empty(); ++i) {
        lone.data(open[7], flood);
        closed = lone.closings();
    }
    EXPECT_EQ(closed, std::vector<StreamId>{open[7]});
    using wire::DecodeError;
    EXPECT_EQ(
        lone.node().stats().streams_rejected[static_cast<std::size_t>(DecodeError::too_large)], 1u);
}

TEST(RuleX2, RefusedBytesChangeNothingAndAreCountedByCause) {
    StreamNode lone;
    lone.know(2);
    const StreamId id = lone.accept(host(30, 5000));
    lone.data(id, as_bytes("GET / HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(lone.closings(), std::vector<StreamId>{id});
    EXPECT_EQ(lone.node().members().size(), 3u);
    EXPECT_EQ(lone.take_events<Rejected>().size(), 1u);
    std::uint64_t counted = 0;
    for (const std::uint64_t n : lone.node().stats().streams_rejected) counted += n;
    EXPECT_EQ(counted, 1u);
}

TEST(RuleX1, RefusedPacketsAreCountedAndReportedOncePerSecond) {
    StreamNode lone;
    for (int i = 0; i < 100; ++i) {
        lone.packet(as_bytes("\xc8nonsense"));
        lone.advance(1ms);
    }
    EXPECT_EQ(lone.take_events<Rejected>().size(), 1u);
    lone.advance(1s);
    lone.packet(as_bytes("\xc8nonsense"));
    const auto reported = lone.take_events<Rejected>();
    ASSERT_EQ(reported.size(), 1u);
    EXPECT_EQ(reported[0].since_last, 100u);
}

}  // namespace
}  // namespace rollcall::membership
