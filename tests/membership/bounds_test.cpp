// SPDX-License-Identifier: Apache-2.0
//
// Bounds on messages and memory against network input and our own settings. Rules S6,
// G2, L2.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lone_node.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

TEST(RuleS6, AccuserWithTooLongNameIsIgnored) {
    LoneNode lone;
    lone.know(4);
    const std::string endless(60'000, 'x');
    lone.suspect("n2", 1, endless);
    EXPECT_EQ(lone.state("n2"), State::alive);
    lone.dead("n3", 1, endless);
    EXPECT_EQ(lone.state("n3"), State::alive);
    EXPECT_EQ(lone.node().stats().claims_invalid, 2u);
    EXPECT_EQ(lone.node().broadcasts_queued(), 0u);
    lone.suspect("me", 1, endless);
    EXPECT_TRUE(lone.take_events<Refuted>().empty());
}

// Peers accept metadata that does not fit into our packets: applied, but never queued.
TEST(RuleG2, TooLongMessageIsCountedAndNotQueued) {
    LoneNode lone;
    lone.alive({.node = "x", .meta = std::string(1500, 'm')});
    EXPECT_EQ(lone.state("x"), State::alive);
    EXPECT_EQ(lone.node().broadcasts_queued(), 0u);
    EXPECT_EQ(lone.node().stats().broadcasts_dropped, 1u);
}

TEST(RuleG2, QueuedMessageIsSent) {
    LoneNode lone{[](Config& c) { c.gossip_interval = 100ms; }};
    lone.know(3);
    lone.advance(10s);
    unsigned refused = 0, rode = 0;
    std::uint32_t incarnation = 1;
    for (std::size_t size = 1280; size < 1360; ++size) {
        lone.alive({.node = "n2", .incarnation = ++incarnation, .meta = std::string(size, 'm')});
        (lone.node().broadcasts_queued() > 0 ? rode : refused) += 1;
        lone.advance(10s);
        EXPECT_EQ(lone.node().broadcasts_queued(), 0u) << size;
    }
    EXPECT_GT(rode, 10u);
    EXPECT_GT(refused, 10u);
}

TEST(RuleL2, MetadataThatDoesNotFitOurPacketsIsRefusedAtOnce) {
    LoneNode lone{[](Config& c) { c.packet_size = 512; }};
    lone.know(2);
    const std::vector<std::byte> fits(300), too_long(512);
    const auto update = [&](Bytes meta) {
        return lone.call(
            [&](Node& node, Time at, Outbox& out) { return node.update_meta(at, meta, 1s, out); });
    };
    const auto refused = update(too_long);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), CommandError::meta_too_large);
    ASSERT_TRUE(update(fits));
    EXPECT_EQ(of_type(lone.broadcasts(), wire::MessageType::alive).size(), 1u);
}

TEST(RuleG2, PacketSizeTooSmallForOurAliveIsRefused) {
    Config config = Config::lan();
    config.name = std::string(255, 'n');
    config.address = WireAddress::v4(10, 0, 0, 1);
    config.meta.resize(wire::kMaxMeta);
    config.layers.label = std::string(255, 'l');
    EXPECT_FALSE(config.validate());
    config.packet_size = 512;
    const auto error = config.validate();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "packet_size");
    EXPECT_EQ(error->value, "512");
}

// A peer's error text is reported, but truncated.
TEST(RuleL1, PeerErrorTextIsTruncated) {
    LoneNode lone;
    const std::vector<JoinPeer> peers{{.endpoint = host(5)}};
    lone.call([&](Node& node, Time at, Outbox& out) { return node.join(at, peers, out); });
    const auto opened = lone.take_streams();
    ASSERT_EQ(opened.size(), 1u);
    const StreamId id = opened[0].action.id;
    lone.call([&](Node& node, Time at, Outbox& out) { node.handle_stream_connected(at, id, out); });
    const std::string endless(100'000, 'e');
    std::vector<std::byte> reply(endless.size() + 64);
    ByteWriter writer{reply};
    ASSERT_TRUE(wire::encode(wire::ErrorReply{.text = endless}, writer));
    const Bytes bytes = writer.written();
    lone.call(
        [&](Node& node, Time at, Outbox& out) { node.handle_stream_data(at, id, bytes, out); });
    const auto answered = lone.take_events<JoinAnswered>();
    ASSERT_EQ(answered.size(), 1u);
    EXPECT_NE(answered[0].error.find("eeee"), std::string::npos);
    EXPECT_LT(answered[0].error.size(), 600u);
}

TEST(RuleY2, RefusedMergeTruncatesNames) {
    LoneNode lone;
    const std::string endless(100'000, 'n');
    lone.peer_state({.nodes = {{.name = endless,
                                .address = WireAddress::v4(10, 0, 0, 9),
                                .port = 7946,
                                .incarnation = Incarnation{1},
                                .versions = wire::kBareVersions}}});
    const auto refused = lone.take_events<MergeRefused>();
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_LT(refused[0].reason.size(), 800u);
}

TEST(RuleS2, ConflictReportsAreRateLimited) {
    LoneNode lone;
    lone.know(2);
    const auto flood = [&] {
        wire::PushPull state;
        state.nodes.assign(5000, {.name = "n2",
                                  .address = WireAddress::v4(10, 9, 9, 9),
                                  .port = 7946,
                                  .incarnation = Incarnation{7},
                                  .versions = wire::kSerfVersions});
        lone.peer_state(state);
        return lone.take_events<NameConflict>().size();
    };
    const std::size_t reported = flood();
    EXPECT_GE(reported, 1u);
    EXPECT_LE(reported, 100u);
    EXPECT_EQ(lone.node().stats().conflicts, 5000u);
    EXPECT_EQ(flood(), 0u);
    lone.advance(1s);
    EXPECT_EQ(flood(), reported);
}

// An application with a queue must know how many parts are left, or it counts messages as sent that
// no packet carried.
TEST(RuleG2, ApplicationGetsRemainingMessageCount) {
    struct Counting final : Application {
        std::vector<std::size_t> left;
        std::size_t added = 0;
        void take_broadcasts(std::size_t, std::size_t, const Recipient&,
                             BroadcastSink& sink) override {
            left.push_back(sink.messages_left());
            const std::vector<std::byte> message(1);
            while (sink.messages_left() > 0) {
                sink.add(message);
                ++added;
            }
        }
    } app;
    LoneNode lone{[](Config& c) { c.packet_size = 9000; }, &app};
    lone.know(100);
    for (unsigned i = 2; i < 102; ++i) lone.suspect("n" + std::to_string(i), 1, "n2");
    app.left.clear();
    app.added = 0;
    const auto riding = lone.broadcasts();
    ASSERT_EQ(app.left.size(), 1u);
    EXPECT_EQ(app.left[0], wire::kMaxCompoundParts - 1 - 100);
    EXPECT_EQ(of_type(riding, wire::MessageType::user).size(), app.added);
}

// A full packet of gossip was five bytes over its size, those of the checksum.
TEST(RuleG2, NoPacketIsLongerThanItsSizeWithItsChecksum) {
    for (const std::size_t size : {512u, 1000u, 1400u}) {
        LoneNode lone{[&](Config& c) {
            c.packet_size = size;
            c.gossip_interval = 100ms;
            c.layers.compress = false;
        }};
        lone.know(100);
        (void)lone.take_sent();
        std::size_t longest = 0;
        bool checksum = false;
        for (unsigned round = 0; round < 50; ++round) {
            // Of many lengths, so that some round fills its packets to the last byte.
            for (unsigned i = 2; i < 60; ++i) {
                lone.alive({.node = "n" + std::to_string(i),
                            .incarnation = 2 + round,
                            .address = WireAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i)),
                            .meta = std::string((i * 7 + round) % 90, 'm')});
            }
            lone.advance(100ms);
            for (const Sent& packet : lone.take_sent()) {
                longest = std::max(longest, packet.size);
                checksum |= packet.checksum;
            }
        }
        EXPECT_LE(longest, size);
        EXPECT_GT(longest, size - 4);
        EXPECT_TRUE(checksum);
    }
}

// Gossip on an answer took two bytes too many: the answer's own length in the compound.
TEST(RuleG2, AnswerWithGossipKeepsPacketSize) {
    for (const std::size_t size : {621u, 1000u, 1400u}) {
        LoneNode lone{[&](Config& c) {
            c.packet_size = size;
            c.layers.compress = false;
        }};
        lone.know(60);
        std::size_t longest = 0;
        for (std::uint32_t round = 0; round < 200; ++round) {
            for (unsigned i = 2; i < 60; ++i) {
                lone.alive({.node = "n" + std::to_string(i),
                            .incarnation = 2 + round,
                            .address = WireAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i)),
                            .meta = std::string((i * 7 + round * 3) % 90, 'm')});
            }
            (void)lone.take_sent();
            lone.encoded([&](ByteWriter& writer) {
                wire::encode(wire::Ping{.sequence = SequenceNumber{round}, .node = "me"}, writer);
            });
            for (const Sent& packet : lone.take_sent()) longest = std::max(longest, packet.size);
        }
        EXPECT_LE(longest, size);
        EXPECT_GT(longest, size - 4);
    }
}

TEST(RuleG2, LargestPacketFitsWithChecksum) {
    LoneNode lone{[](Config& c) {
        c.packet_size = wire::kMaxDatagram;
        c.gossip_interval = 100ms;
        c.layers.compress = false;
    }};
    lone.know(100);
    std::uint32_t incarnation = 1;
    for (unsigned i = 2; i < 102; ++i) {
        lone.alive({.node = "n" + std::to_string(i),
                    .incarnation = ++incarnation,
                    .address = WireAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i)),
                    .meta = std::string(560 + i, 'm')});
    }
    (void)lone.take_sent();
    lone.advance(1s);
    const auto sent = lone.take_sent();
    ASSERT_FALSE(sent.empty());
    for (const Sent& packet : sent) EXPECT_LE(packet.size, wire::kMaxDatagram);
    EXPECT_EQ(lone.node().stats().send_errors, 0u);
}

// A probe belongs to one address of a member: its verdict does not apply to a new address.
TEST(RuleP4, VerdictDoesNotApplyToNewOwnerOfName) {
    LoneNode lone{[](Config& c) { c.probe_interval = 1s; }};
    lone.alive({.node = "x", .incarnation = 9});
    while (of_type(lone.take_sent(), wire::MessageType::ping).empty()) lone.advance(100ms);
    lone.leaves_by_stream("x", 9, host(2));
    lone.alive({.node = "x", .incarnation = 1, .address = WireAddress::v4(10, 0, 0, 77)});
    ASSERT_EQ(lone.state("x"), State::alive);
    lone.forget_events();
    while (lone.take_events<ProbeEnded>().empty()) lone.advance(100ms);
    EXPECT_EQ(lone.state("x"), State::alive);
    EXPECT_EQ(lone.incarnation("x"), 1u);
}

}  // namespace
}  // namespace rollcall::membership
