// SPDX-License-Identifier: Apache-2.0
//
// Once warm, handling a packet allocates nothing, sealed or not: the calls of the global operator
// new are counted around Node::handle_packet on a node that knows fifty others. And the memory for
// a peer's state is bounded by its bytes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lone_node.h"
#include "support/count_allocations.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

struct Warm {
    explicit Warm(bool sealed)
        : lone{[](Config& c) {
              c.gossip_interval = std::chrono::milliseconds{200};
              c.probe_interval = std::chrono::seconds{1};
          }} {
        if (sealed) lone.install_key(std::vector<std::byte>(32, std::byte{5}));
        lone.know(50);
    }

    // Allocations while `packet` is handled, with a reused Outbox as in a driver.
    std::uint64_t during(Bytes packet) {
        out.clear();
        const std::uint64_t before = tests::allocations.load();
        lone.node().handle_packet(lone.now(), host(2), packet, out);
        return tests::allocations.load() - before;
    }
    template <class Encode>
    std::vector<std::byte> message(Encode&& encode) {
        std::vector<std::byte> room(1000);
        ByteWriter writer{room};
        encode(writer);
        return {writer.written().begin(), writer.written().end()};
    }

    LoneNode lone;
    Outbox out;
};

class PacketPath : public testing::TestWithParam<bool> {};

TEST_P(PacketPath, AllocatesNothingOnceWarm) {
    Warm warm{GetParam()};
    const auto ping = warm.message([](ByteWriter& w) {
        wire::encode(wire::Ping{.sequence = SequenceNumber{5},
                                .node = "me",
                                .source_address = WireAddress::v4(10, 0, 0, 2),
                                .source_port = 7946,
                                .source_node = "n2"},
                     w);
    });
    const auto stray_ack = warm.message([](ByteWriter& w) {
        wire::encode(wire::Ack{.sequence = SequenceNumber{5}, .payload = {}}, w);
    });
    const auto nack = warm.message(
        [](ByteWriter& w) { wire::encode(wire::Nack{.sequence = SequenceNumber{5}}, w); });
    const auto known_alive = warm.message([](ByteWriter& w) {
        wire::encode(wire::Alive{.node = "n7",
                                 .incarnation = Incarnation{1},
                                 .address = WireAddress::v4(10, 0, 0, 7),
                                 .port = 7946,
                                 .versions = wire::kSerfVersions},
                     w);
    });
    const auto old_suspicion = warm.message([](ByteWriter& w) {
        wire::encode_suspect({"n8", Incarnation{0}, "n9"}, w);
    });
    const auto unknown_dead = warm.message([](ByteWriter& w) {
        wire::encode_dead({"an-unknown-member-with-a-long-name", Incarnation{3}, "n9"}, w);
    });
    const std::vector<std::pair<const char*, std::vector<std::byte>>> packets{
        {"ping", warm.lone.sealed({ping})},
        {"ack", warm.lone.sealed({stray_ack})},
        {"nack", warm.lone.sealed({nack})},
        {"compound of known claims",
         warm.lone.sealed({known_alive, old_suspicion, unknown_dead, known_alive})},
        {"ping with gossip", warm.lone.sealed({ping, known_alive, old_suspicion})},
        {"garbage", {std::byte{200}, std::byte{1}, std::byte{2}}},
    };
    for (int round = 0; round < 3; ++round) {
        for (const auto& [name, packet] : packets) (void)warm.during(packet);
    }
    for (const auto& [name, packet] : packets) {
        for (int i = 0; i < 20; ++i) EXPECT_EQ(warm.during(packet), 0u) << name;
    }
    EXPECT_GT(warm.lone.node().stats().packets_received, 100u);
}

// New claims about members: the table, the queue and the outgoing packets reuse their memory.
TEST_P(PacketPath, AllocatesNothingForClaimsAboutKnownMembersOnceWarm) {
    Warm warm{GetParam()};
    std::uint32_t incarnation = 1;
    const auto claims = [&] {
        ++incarnation;
        return warm.lone.sealed({warm.message([&](ByteWriter& w) {
            wire::encode(wire::Alive{.node = "n7",
                                     .incarnation = Incarnation{incarnation},
                                     .address = WireAddress::v4(10, 0, 0, 7),
                                     .port = 7946,
                                     .versions = wire::kSerfVersions},
                         w);
        })});
    };
    for (int i = 0; i < 50; ++i) (void)warm.during(claims());
    for (int i = 0; i < 50; ++i) {
        const auto packet = claims();
        EXPECT_EQ(warm.during(packet), 0u);
    }
    EXPECT_EQ(warm.lone.incarnation("n7"), incarnation);
}

// Nodes of one byte each, as many as a header may declare: decoded all at once they would take more
// than a hundred times their size.
TEST(RuleX2, AMillionEmptyNodesCostNoMoreThanTheirBytes) {
    LoneNode lone;
    std::vector<std::byte> message(64);
    ByteWriter writer{message};
    ASSERT_TRUE(wire::encode(wire::PushPullHeader{.nodes = wire::kMaxPushPullNodes}, writer));
    message.resize(writer.size());
    message.resize(message.size() + wire::kMaxPushPullNodes, std::byte{0x80});  // an empty map
    const StreamId id{StreamId::kAcceptedBit | 1};
    Outbox out;
    lone.node().handle_stream_accepted(lone.now(), id, host(9, 4000), out);
    const std::uint64_t before = tests::allocated_bytes.load();
    lone.node().handle_stream_data(lone.now(), id, message, out);
    EXPECT_LT(tests::allocated_bytes.load() - before, 2 * message.size());
    EXPECT_EQ(lone.node().members().size(), 1u);
    EXPECT_EQ(lone.node().stats().claims_invalid, wire::kMaxPushPullNodes);
}

INSTANTIATE_TEST_SUITE_P(PlainAndSealed, PacketPath, testing::Bool(),
                         [](const auto& test) { return test.param ? "Sealed" : "Plain"; });

}  // namespace
}  // namespace rollcall::membership
