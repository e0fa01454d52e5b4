// SPDX-License-Identifier: Apache-2.0
//
// Golden bytes cut short and changed at random: nothing is read past the end (a sanitizer sees to
// it), nothing fails but by an error, and no step takes long. The libFuzzer targets of tests/fuzz
// go deeper; this runs in every suite. ROLLCALL_FUZZ_ITERATIONS asks for more.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/rng.h"
#include "support/vectors.h"
#include "wire/golden.h"

namespace rollcall::wire::tests {
namespace {

using Packet = std::vector<std::byte>;
using Side = PacketCodec::StreamSide;

// An exact copy, so that one byte too many is seen.
Packet cut_at(const Packet& whole, std::size_t size) {
    return {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(Hostile, EveryTruncationOfEveryGoldenPacketIsRefusedOrReadsItsWholePart) {
    std::size_t cuts = 0;
    for (const GoldenVector& v : golden_vectors()) {
        if (v.transport != "udp" || v.must_be_rejected()) continue;
        SCOPED_TRACE(v.file + ": " + v.name);
        RepeatingEntropy nonce{Packet(12)};
        PacketCodec codec{layers_of(v), nonce};
        ASSERT_TRUE(v.key.empty() || !codec.keyring().add(v.key));
        Collected whole;
        codec.open(v.bytes, whole);
        // A bare user message is all payload: a shorter one is another message, and legal.
        const bool bare_user = v.bytes[0] == std::byte{8};
        for (std::size_t size = 0; size < v.bytes.size(); ++size, ++cuts) {
            Collected got;
            codec.open(cut_at(v.bytes, size), got);
            if (bare_user && size > 0) continue;
            ASSERT_FALSE(got.errors.empty()) << size;
            ASSERT_LT(got.messages.size(), whole.messages.size()) << size;
        }
    }
    std::printf("packets cut %zu times\n", cuts);
    EXPECT_GT(cuts, 1000u);
}

TEST(Hostile, NoTruncationOfAGoldenStreamIsTakenForAWholeMessage) {
    std::size_t cuts = 0;
    for (const GoldenVector& v : golden_vectors()) {
        if (v.transport != "tcp" || v.must_be_rejected()) continue;
        SCOPED_TRACE(v.file + ": " + v.name);
        RepeatingEntropy nonce{Packet(12)};
        PacketCodec codec{layers_of(v), nonce};
        ASSERT_TRUE(v.key.empty() || !codec.keyring().add(v.key));
        for (std::size_t size = 0; size < v.bytes.size(); ++size, ++cuts) {
            StreamReader reader{codec, v.from_dialer ? Side::acceptor : Side::dialer};
            ASSERT_EQ(reader.feed(cut_at(v.bytes, size)), StreamReader::Status::need_more) << size;
            ASSERT_EQ(reader.finish(), StreamReader::Status::failed);
        }
    }
    std::printf("streams cut %zu times\n", cuts);
    EXPECT_GT(cuts, 1000u);
}

// One to four changes: a bit, a byte, a length, a piece cut out, doubled or taken from elsewhere.
Packet mutated(Rng& rng, Packet bytes, const Packet& other) {
    for (std::uint64_t changes = 1 + rng.below(4); changes > 0 && !bytes.empty(); --changes) {
        const auto at = static_cast<std::ptrdiff_t>(rng.below(bytes.size()));
        const auto room = static_cast<std::uint64_t>(std::ssize(bytes) - at);
        const auto length =
            static_cast<std::ptrdiff_t>(1 + rng.below(std::min<std::uint64_t>(room, 40)));
        switch (rng.below(7)) {
            case 0:
                bytes[static_cast<std::size_t>(at)] ^= static_cast<std::byte>(1u << rng.below(8));
                break;
            case 1:
                bytes[static_cast<std::size_t>(at)] = static_cast<std::byte>(rng.next());
                break;
            case 2: {
                constexpr std::byte heads[] = {std::byte{0xdb}, std::byte{0xdf}, std::byte{0xdd},
                                               std::byte{0xc1}, std::byte{0xff}, std::byte{0x00},
                                               std::byte{0x9f}, std::byte{0x07}, std::byte{0x09}};
                bytes[static_cast<std::size_t>(at)] = heads[rng.below(std::size(heads))];
                break;
            }
            case 3:
                bytes.erase(bytes.begin() + at, bytes.begin() + at + length);
                break;
            case 4: {
                const Packet piece(bytes.begin() + at, bytes.begin() + at + length);
                bytes.insert(bytes.begin() + at, piece.begin(), piece.end());
                break;
            }
            case 5:
                bytes.resize(static_cast<std::size_t>(at));
                break;
            default: {
                const auto from = static_cast<std::ptrdiff_t>(rng.below(other.size()));
                bytes.insert(bytes.begin() + at, other.begin() + from, other.end());
            }
        }
    }
    return bytes;
}

std::size_t iterations() {
    const char* text = std::getenv("ROLLCALL_FUZZ_ITERATIONS");
    return text == nullptr ? 100'000 : std::stoul(text);
}

struct Counting : PacketVisitor {
    std::size_t messages = 0;
    std::size_t refused = 0;
    void message(MessageType type, Bytes body) override {
        decodes(type, body) ? ++messages : ++refused;
    }
    void rejected(DecodeError) override { ++refused; }
    static bool decodes(MessageType type, Bytes body) {
        switch (type) {
            case MessageType::ping:
                return decode_ping(body).ok();
            case MessageType::indirect_ping:
                return decode_indirect_ping(body).ok();
            case MessageType::ack:
                return decode_ack(body).ok();
            case MessageType::nack:
                return decode_nack(body).ok();
            case MessageType::alive:
                return decode_alive(body).ok();
            case MessageType::suspect:
            case MessageType::dead:
                return decode_accusation(body).ok();
            default:
                return true;
        }
    }
};

TEST(Hostile, MutatedGoldenBytesAreSurvived) {
    constexpr std::uint64_t kSeed = 20260724;
    Rng rng{kSeed};
    struct Seed {
        bool datagram;
        Packet bytes;
    };
    std::vector<Seed> pool;
    for (const GoldenVector& v : golden_vectors()) {
        if (v.transport == "lzw" || !v.key.empty() || v.bytes.size() < 2) continue;
        pool.push_back({v.transport == "udp", v.bytes});
        // Behind a checksum no change gets far: the same packet without it.
        if (v.bytes[0] == std::byte{0x0c} && v.bytes.size() > 5) {
            pool.push_back({true, Packet(v.bytes.begin() + 5, v.bytes.end())});
        }
    }
    ASSERT_GT(pool.size(), 50u);
    RepeatingEntropy nonce{Packet(12)};
    PacketCodec plain{{}, nonce};
    PacketCodec labelled{{.label = "blue"}, nonce};
    PacketCodec keyed{{.encryption = Encryption::send}, nonce};
    ASSERT_FALSE(keyed.keyring().add(Packet(32, std::byte{1})));
    PacketCodec* const codecs[] = {&plain, &labelled, &keyed};

    Counting seen;
    std::size_t read = 0;
    const std::size_t rounds = iterations();
    for (std::size_t i = 0; i < rounds; ++i) {
        const Seed& seed = pool[rng.below(pool.size())];
        const Packet bytes = mutated(rng, seed.bytes, pool[rng.below(pool.size())].bytes);
        PacketCodec& codec = *codecs[rng.below(std::size(codecs))];
        if (seed.datagram) {
            codec.open(bytes, seen);
            continue;
        }
        StreamReader reader{codec, rng.one_in(2) ? Side::acceptor : Side::dialer};
        const std::size_t half = bytes.size() / 2;
        reader.feed(Bytes{bytes}.first(half));
        reader.feed(Bytes{bytes}.subspan(half));
        if (reader.finish() == StreamReader::Status::complete) ++read;
        ASSERT_LT(reader.memory(), kMaxStreamExpansion * 4) << "seed " << kSeed << " round " << i;
    }
    std::printf("%zu mutations: %zu messages, %zu refusals, %zu streams read\n", rounds,
                seen.messages, seen.refused, read);
    EXPECT_GT(seen.messages, rounds / 100);  // else the mutations are too coarse to reach anything
    EXPECT_GT(seen.refused, rounds / 10);
    EXPECT_GT(read, rounds / 1000);
}

}  // namespace
}  // namespace rollcall::wire::tests
