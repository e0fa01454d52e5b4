// SPDX-License-Identifier: Apache-2.0
//
// The packet path allocates nothing once warm. Every operator new of this program counts.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/count_allocations.h"
#include "support/vectors.h"
#include "wire/golden.h"

namespace rollcall::wire {
namespace {

using rollcall::tests::from_hex;

// Decodes every message, as the core does, and keeps only numbers.
struct DecodingVisitor : PacketVisitor {
    std::size_t decoded = 0;
    std::size_t refused = 0;
    template <class Message>
    void count(const Result<Message, DecodeError>& message) {
        message ? ++decoded : ++refused;
    }
    void message(MessageType type, Bytes body) override {
        switch (type) {
            case MessageType::ping:
                return count(decode_ping(body));
            case MessageType::indirect_ping:
                return count(decode_indirect_ping(body));
            case MessageType::ack:
                return count(decode_ack(body));
            case MessageType::nack:
                return count(decode_nack(body));
            case MessageType::alive:
                return count(decode_alive(body));
            case MessageType::suspect:
            case MessageType::dead:
                return count(decode_accusation(body));
            default:
                ++decoded;
        }
    }
    void rejected(DecodeError) override { ++refused; }
};

TEST(Allocations, OpeningAndSealingNeedNoneOnceWarm) {
    for (const char* label : {"", "blue"}) {
        for (const bool keyed : {false, true}) {
            for (const bool compress : {false, true}) {
                tests::RepeatingEntropy entropy{from_hex("000102030405060708090a0b")};
                PacketCodec codec{{.label = label, .compress = compress}, entropy};
                const auto key = from_hex("000102030405060708090a0b0c0d0e0f");
                ASSERT_TRUE(!keyed || !codec.keyring().add(key));

                const std::vector<std::byte> meta(300, std::byte{'m'});
                std::array<std::byte, 2048> message_room;
                ByteWriter writer{message_room};
                ASSERT_TRUE(encode(Alive{.node = "member-one",
                                         .incarnation = Incarnation{7},
                                         .address = WireAddress::v4(10, 0, 0, 1),
                                         .port = 7946,
                                         .meta = meta,
                                         .versions = kSerfVersions},
                                   writer));
                const std::array<Bytes, 3> parts = {writer.written(), writer.written(),
                                                    writer.written()};
                std::array<std::byte, 2048> packet;
                DecodingVisitor visitor;
                const auto round = [&](std::size_t count) {
                    const std::size_t size =
                        codec.seal(std::span{parts}.first(count), {.checksum = true}, packet);
                    codec.open(Bytes{packet}.first(size), visitor);
                };
                round(3);
                round(1);
                const std::size_t before = rollcall::tests::allocations.load();
                for (int i = 0; i < 1000; ++i) round(i % 2 == 0 ? 3 : 1);
                EXPECT_EQ(rollcall::tests::allocations.load(), before)
                    << label << " keyed " << keyed << " compress " << compress;
                EXPECT_EQ(visitor.decoded, 4u + 2000u);
                EXPECT_EQ(visitor.refused, 0u);
            }
        }
    }
}

TEST(Allocations, RefusingAPacketNeedsNoneEither) {
    tests::RepeatingEntropy entropy{from_hex("00")};
    PacketCodec codec{{.label = "blue"}, entropy};
    for (std::uint8_t i = 1; i <= Keyring::kMaxKeys; ++i) {
        ASSERT_FALSE(codec.keyring().add(std::vector<std::byte>(32, std::byte{i})));
    }
    auto bad = from_hex("f404626c756501");
    bad.resize(1400);
    DecodingVisitor visitor;
    codec.open(bad, visitor);
    const std::size_t before = rollcall::tests::allocations.load();
    for (int i = 0; i < 100; ++i) codec.open(bad, visitor);
    EXPECT_EQ(rollcall::tests::allocations.load(), before);
    EXPECT_EQ(visitor.refused, 101u);
}

}  // namespace
}  // namespace rollcall::wire
