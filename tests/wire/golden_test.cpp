// SPDX-License-Identifier: Apache-2.0
//
// Bytes of real peers decode to the recorded meaning, and we encode the same bytes.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "base/rng.h"
#include "support/vectors.h"
#include "wire/golden.h"
#include "wire/lzw.h"

namespace rollcall::wire::tests {
namespace {

using rollcall::tests::from_hex;
using rollcall::tests::to_hex;

// The messages inside a datagram's layers, as the vector has them.
void leaves_of(const json& tree, std::vector<json>& out, bool& checksum) {
    const std::string type = tree["type"];
    if (type == "hasCrc" || type == "compress") {
        checksum = checksum || type == "hasCrc";
        leaves_of(tree["inner"], out, checksum);
    } else if (type == "compound") {
        for (const json& part : tree["parts"]) leaves_of(part, out, checksum);
    } else {
        out.push_back(tree);
    }
}

std::vector<std::byte> nonce_of(const GoldenVector& vector) {
    std::size_t at = 1;
    if (!vector.label.empty() && vector.from_dialer) at += 2 + vector.label.size();
    if (vector.transport == "tcp") at += 5;
    const auto from = vector.bytes.begin() + static_cast<std::ptrdiff_t>(at);
    return vector.key.empty() ? std::vector<std::byte>(12)
                              : std::vector<std::byte>(from, from + 12);
}

void add_key(PacketCodec& codec, const GoldenVector& vector) {
    if (vector.key.empty()) return;
    ASSERT_FALSE(codec.keyring().add(vector.key));
}

TEST(GoldenPackets, DecodeToWhatTheirWritersMeantAndEncodeToTheSameBytes) {
    std::size_t decoded = 0;
    std::size_t encoded = 0;
    for (const GoldenVector& v : golden_vectors()) {
        if (v.transport != "udp" || v.must_be_rejected()) continue;
        SCOPED_TRACE(v.file + ": " + v.name);
        RepeatingEntropy nonce{nonce_of(v)};
        PacketCodec codec{layers_of(v), nonce};
        add_key(codec, v);

        Collected got;
        codec.open(v.bytes, got);
        std::vector<json> expected;
        bool checksum = false;
        leaves_of(v.decoded.contains("message") ? v.decoded["message"] : v.decoded, expected,
                  checksum);
        EXPECT_TRUE(got.errors.empty());
        ASSERT_EQ(json(got.messages), json(expected));
        ++decoded;

        if (v.new_dialect) continue;
        std::vector<Bytes> parts(got.encoded.begin(), got.encoded.end());
        std::array<std::byte, kMaxDatagram> out;
        const std::size_t size = codec.seal(parts, {.checksum = checksum}, out);
        EXPECT_EQ(to_hex(Bytes{out}.first(size)), to_hex(v.bytes));
        ++encoded;
    }
    std::printf("packets: %zu decoded, %zu encoded to the same bytes\n", decoded, encoded);
    EXPECT_GT(encoded, 50u);
}

// The message of a stream vector in our own bytes.
std::vector<std::byte> encode_stream_message(const StreamMessage& message) {
    std::vector<std::byte> out;
    if (const auto* exchange = std::get_if<ReceivedPushPull>(&message)) {
        encode_push_pull({.join = exchange->join,
                          .nodes = {exchange->nodes.begin(), exchange->nodes.end()},
                          .user_state = exchange->user_state},
                         out);
    } else if (const auto* user = std::get_if<UserMessage>(&message)) {
        encode_user_stream(user->payload, out);
    } else {
        out.resize(4096);
        ByteWriter writer{out};
        if (const auto* ping = std::get_if<Ping>(&message)) encode(*ping, writer);
        if (const auto* ack = std::get_if<Ack>(&message)) encode(*ack, writer);
        if (const auto* error = std::get_if<ErrorReply>(&message)) encode(*error, writer);
        out.resize(writer.size());
    }
    return out;
}

TEST(GoldenStreams, DecodeInAnyCutAndEncodeToTheSameBytes) {
    std::size_t decoded = 0;
    std::size_t encoded = 0;
    Rng rng{11};
    for (const GoldenVector& v : golden_vectors()) {
        if (v.transport != "tcp" || v.must_be_rejected()) continue;
        SCOPED_TRACE(v.file + ": " + v.name);
        RepeatingEntropy nonce{nonce_of(v)};
        PacketCodec codec{layers_of(v), nonce};
        add_key(codec, v);
        using Side = PacketCodec::StreamSide;
        const Side reads = v.from_dialer ? Side::acceptor : Side::dialer;
        const Side writes = v.from_dialer ? Side::dialer : Side::acceptor;
        json expected = v.decoded;
        for (const char* layer : {"label", "compressed", "encrypted"}) expected.erase(layer);

        StreamReader reader{codec, reads};
        ASSERT_EQ(reader.feed(v.bytes), StreamReader::Status::complete);
        EXPECT_EQ(stream_json(reader.message()), expected);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{0}}) {
            StreamReader slow{codec, reads};
            Bytes rest = v.bytes;
            while (!rest.empty()) {
                ASSERT_EQ(slow.status(), StreamReader::Status::need_more);
                const std::size_t size = piece == 0 ? 1 + rng.below(40) : piece;
                const Bytes cut = rest.first(std::min(size, rest.size()));
                slow.feed(cut);
                rest = rest.subspan(cut.size());
            }
            ASSERT_EQ(slow.status(), StreamReader::Status::complete);
            EXPECT_EQ(stream_json(slow.message()), expected);
        }
        ++decoded;

        std::vector<std::byte> out;
        codec.seal_stream(encode_stream_message(reader.message()), writes, out);
        if (v.new_dialect) {
            StreamReader again{codec, reads};
            ASSERT_EQ(again.feed(out), StreamReader::Status::complete);
            EXPECT_EQ(stream_json(again.message()), expected);
        } else {
            EXPECT_EQ(to_hex(out), to_hex(v.bytes));
            ++encoded;
        }
    }
    std::printf("streams: %zu decoded, %zu encoded to the same bytes\n", decoded, encoded);
    EXPECT_GT(encoded, 15u);
}

TEST(GoldenRejections, WhatMustBeRejectedIs) {
    std::size_t rejected = 0;
    for (const GoldenVector& v : golden_vectors()) {
        if (!v.must_be_rejected()) continue;
        SCOPED_TRACE(v.file + ": " + v.name);
        RepeatingEntropy nonce{nonce_of(v)};
        PacketCodec codec{layers_of(v), nonce};
        add_key(codec, v);
        if (v.transport == "udp") {
            Collected got;
            codec.open(v.bytes, got);
            EXPECT_TRUE(got.messages.empty());
            EXPECT_FALSE(got.errors.empty());
        } else {
            using Side = PacketCodec::StreamSide;
            StreamReader reader{codec, v.from_dialer ? Side::acceptor : Side::dialer};
            reader.feed(v.bytes);
            EXPECT_EQ(reader.finish(), StreamReader::Status::failed);
        }
        ++rejected;
    }
    std::printf("rejected: %zu\n", rejected);
    EXPECT_GT(rejected, 10u);
}

std::vector<std::byte> plain_of(const json& vector) {
    if (vector.contains("plain_hex")) return from_hex(vector["plain_hex"].get<std::string>());
    const std::string recipe = vector["plain_recipe"];
    const std::size_t colon = recipe.rfind(':');
    const auto count = static_cast<std::size_t>(std::stoul(recipe.substr(colon + 1)));
    std::vector<std::byte> out;
    std::uint32_t x = 1;
    const std::vector<std::byte> unit = recipe.starts_with("repeat:")
                                            ? from_hex(recipe.substr(7, colon - 7))
                                            : std::vector<std::byte>{};
    for (std::size_t i = 0; i < count; ++i) {
        if (recipe.starts_with("repeat:")) {
            out.insert(out.end(), unit.begin(), unit.end());
        } else if (recipe.starts_with("counter:")) {
            out.push_back(static_cast<std::byte>((i * i + (i >> 3)) & 255));
        } else {
            x = x * 1664525u + 1013904223u;
            out.push_back(static_cast<std::byte>(x >> 24));
        }
    }
    return out;
}

TEST(GoldenLzw, PacksAndUnpacksAsGoDoes) {
    std::size_t checked = 0;
    std::vector<std::byte> out;
    for (const GoldenVector& v : golden_vectors()) {
        if (v.transport != "lzw") continue;
        SCOPED_TRACE(v.file + ": " + v.name);
        const std::vector<std::byte> plain = plain_of(v.all);
        std::vector<std::byte> packed(lzw_bound(plain.size()));
        const auto size = lzw_encode(plain, packed);
        ASSERT_TRUE(size);
        EXPECT_EQ(to_hex(Bytes{packed}.first(*size)), to_hex(v.bytes));
        const auto back = lzw_decode(v.bytes, plain.size(), out);
        ASSERT_TRUE(back.ok());
        EXPECT_TRUE(same_bytes(Bytes{out}.first(*back), plain));
        ++checked;
    }
    std::printf("lzw: %zu packed and unpacked\n", checked);
    EXPECT_GE(checked, 17u);
}

}  // namespace
}  // namespace rollcall::wire::tests
