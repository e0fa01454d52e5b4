// SPDX-License-Identifier: Apache-2.0
//
// Once warm, the Serf layer answers pings and learns from acks without allocating: the calls of the
// global operator new are counted round Serf::handle_packet.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "serf/coordinate.h"
#include "serf/lone.h"
#include "support/count_allocations.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;

// Catches the pings in what was sent, and the payload of acks.
class Pings final : public wire::PacketVisitor {
public:
    void message(wire::MessageType type, Bytes body) override {
        if (type == wire::MessageType::ping) sequence = wire::decode_ping(body)->sequence;
        if (type == wire::MessageType::ack) {
            payload = wire::decode_ack(body)->payload.value_or(Bytes{}).size();
        }
    }
    void rejected(wire::DecodeError) override { FAIL(); }

    std::optional<SequenceNumber> sequence;
    std::size_t payload = 0;
};

class AckPath : public testing::Test {
protected:
    static constexpr int kPeers = 20;

    AckPath() {
        for (int i = 0; i < kPeers; ++i) {
            a_.add_member("peer-" + std::to_string(i), static_cast<std::uint16_t>(8001 + i));
        }
        Coordinate place;
        place.vec[1] = 0.03;
        payload_.resize(encode_payload(place, payload_));
    }

    template <class Message>
    Buffer packet_of(const Message& message) {
        Buffer room(1000);
        ByteWriter out{room};
        wire::encode(message, out);
        room.resize(out.size());
        return room;
    }
    std::uint64_t during(Bytes packet) {
        out_.clear();
        const std::uint64_t before = tests::allocations.load();
        a_.serf.handle_packet(a_.now, at(8001), packet, out_);
        return tests::allocations.load() - before;
    }
    void read_what_was_sent() {
        out_.for_each_send([&](Endpoint, Bytes bytes) { codec_.open(bytes, sent_); });
    }
    // Waits for the next probe and answers it; the allocations that the answer made.
    std::uint64_t answer_next_probe() {
        sent_.sequence.reset();
        while (!sent_.sequence) {
            a_.now = *a_.serf.next_deadline();
            out_.clear();
            a_.serf.handle_timeout(a_.now, out_);
            read_what_was_sent();
        }
        return during(packet_of(wire::Ack{.sequence = *sent_.sequence, .payload = payload_}));
    }

    Lone a_;
    Serf::Outbox out_;
    Buffer payload_ = Buffer(200);
    Pings sent_;
    sim::SeededEntropy entropy_{1};
    wire::PacketCodec codec_{{.compress = false}, entropy_};
};

TEST_F(AckPath, AllocatesNothingOnceAllHaveAnswered) {
    for (int i = 0; i < 3 * kPeers; ++i) (void)answer_next_probe();
    const std::uint64_t learned = a_.serf.stats().coordinates_learned;
    for (int i = 0; i < 3 * kPeers; ++i) EXPECT_EQ(answer_next_probe(), 0u);
    EXPECT_EQ(a_.serf.stats().coordinates_learned, learned + 3 * kPeers);
}

TEST_F(AckPath, AnsweringWithOurCoordinateAllocatesNothing) {
    const Buffer ping = packet_of(wire::Ping{.sequence = SequenceNumber{7},
                                             .node = "a",
                                             .source_address = WireAddress::v4(127, 0, 0, 1),
                                             .source_port = 8001,
                                             .source_node = "peer-0"});
    for (int i = 0; i < 300; ++i) (void)during(ping);  // until all broadcasts are sent
    for (int i = 0; i < 20; ++i) EXPECT_EQ(during(ping), 0u);
    read_what_was_sent();
    EXPECT_EQ(sent_.payload, 130u);
}

}  // namespace
}  // namespace rollcall::serf
