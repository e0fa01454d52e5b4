// SPDX-License-Identifier: Apache-2.0
//
// Rule X2: declared sizes of a stream and their cost. And the messages that travel on streams.
#include "wire/stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/vectors.h"
#include "wire/compress.h"
#include "wire/golden.h"

namespace rollcall::wire {
namespace {

using rollcall::tests::from_hex;
using tests::RepeatingEntropy;
using Side = PacketCodec::StreamSide;
using Status = StreamReader::Status;
using Stream = std::vector<std::byte>;

constexpr const char* kStreamKey = "000102030405060708090a0b0c0d0e0f";
constexpr const char* kForeignKey = "0f0102030405060708090a0b0c0d0e0f";

struct Peer {
    explicit Peer(LayerConfig config = {}, const char* key = nullptr)
        : entropy{from_hex("0b0a09080706050403020100")}, codec{std::move(config), entropy} {
        if (key == nullptr) return;
        EXPECT_FALSE(codec.keyring().add(from_hex(key)));
    }
    RepeatingEntropy entropy;
    PacketCodec codec;

    Stream frame(const Stream& message, Side side = Side::dialer) {
        Stream out;
        codec.seal_stream(message, side, out);
        return out;
    }
    // What a request gets for an answer; "" when it was read.
    std::string refusal_of(const Stream& bytes, Side side = Side::acceptor) {
        StreamReader reader{codec, side};
        reader.feed(bytes);
        if (reader.finish() == Status::complete) return "";
        return std::string{to_string(reader.error())};
    }
};

Stream ping_message() {
    Stream room(128);
    ByteWriter out{room};
    EXPECT_TRUE(encode(Ping{.sequence = SequenceNumber{5},
                            .node = "b",
                            .source_address = {},
                            .source_port = 0,
                            .source_node = {}},
                       out));
    room.resize(out.size());
    return room;
}

PushPullNode node_named(std::string_view name) {
    return {.name = name,
            .address = WireAddress::v4(127, 0, 0, 1),
            .port = 7946,
            .incarnation = Incarnation{3},
            .state = NodeState::suspect,
            .meta = {},
            .versions = kSerfVersions};
}

TEST(Stream, APushPullComesBackAsItWas) {
    const Stream state(3000, std::byte{'s'});
    const PushPull sent{.join = true,
                        .nodes = {node_named("a"), node_named(std::string_view{"b"})},
                        .user_state = state};
    Stream message;
    encode_push_pull(sent, message);
    for (const bool compress : {false, true}) {
        for (const char* key : {static_cast<const char*>(nullptr), kStreamKey}) {
            for (const Side writer : {Side::dialer, Side::acceptor}) {
                Peer peer{{.label = "blue", .compress = compress}, key};
                const Stream bytes = peer.frame(message, writer);
                StreamReader reader{peer.codec,
                                    writer == Side::dialer ? Side::acceptor : Side::dialer};
                ASSERT_EQ(reader.feed(bytes), Status::complete);
                const auto& got = std::get<ReceivedPushPull>(reader.message());
                EXPECT_TRUE(got.join);
                ASSERT_EQ(got.nodes.size(), 2u);
                const std::vector<PushPullNode> nodes{got.nodes.begin(), got.nodes.end()};
                ASSERT_EQ(nodes.size(), 2u);
                EXPECT_EQ(nodes[1].name, "b");
                EXPECT_EQ(nodes[1].state, NodeState::suspect);
                EXPECT_EQ(nodes[1].versions, kSerfVersions);
                EXPECT_TRUE(same_bytes(got.user_state, state));
            }
        }
    }
}

TEST(Stream, AnEmptyPushPullIsAQuestionAndLegal) {
    Stream message;
    encode_push_pull({}, message);
    Peer peer;
    EXPECT_EQ(peer.refusal_of(peer.frame(message)), "");
}

TEST(Stream, OneBadNodeIsLeftOutAndTheOthersAreUsed) {
    // The second of three nodes has an address of five bytes, which peers store and forward.
    Peer peer{{.compress = false}};
    const auto bytes = from_hex(
        "0681a54e6f64657303"
        "81a44e616d65a161"
        "82a44e616d65a162a441646472a50102030405"
        "81a44e616d65a163");
    StreamReader reader{peer.codec, Side::acceptor};
    ASSERT_EQ(reader.feed(bytes), Status::complete);
    const auto& got = std::get<ReceivedPushPull>(reader.message());
    ASSERT_EQ(got.nodes.size(), 2u);
    const std::vector<PushPullNode> nodes{got.nodes.begin(), got.nodes.end()};
    ASSERT_EQ(nodes.size(), 2u);
    EXPECT_EQ(nodes[1].name, "c");
    EXPECT_EQ(got.nodes.refused(), 1u);
}

TEST(Stream, BytesAfterAMessageAreIgnored) {
    Peer peer;
    Stream bytes = peer.frame(ping_message());
    bytes.push_back(std::byte{0xff});
    StreamReader reader{peer.codec, Side::acceptor};
    EXPECT_EQ(reader.feed(bytes), Status::complete);
    EXPECT_EQ(reader.feed(bytes), Status::complete);
    EXPECT_EQ(reader.finish(), Status::complete);
}

TEST(Stream, EachSideTakesOnlyWhatBelongsToIt) {
    Peer peer;
    Stream user;
    encode_user_stream(as_bytes("hello"), user);
    EXPECT_EQ(peer.refusal_of(peer.frame(ping_message())), "");
    EXPECT_EQ(peer.refusal_of(peer.frame(user)), "");
    EXPECT_EQ(peer.refusal_of(peer.frame(ping_message()), Side::dialer), "unknown_message");
    EXPECT_EQ(peer.refusal_of(peer.frame(user), Side::dialer), "unknown_message");
    EXPECT_EQ(peer.refusal_of(from_hex("0281a55365714e6f05"), Side::dialer), "");
    EXPECT_EQ(peer.refusal_of(from_hex("0281a55365714e6f05")), "unknown_message");
    EXPECT_EQ(peer.refusal_of(from_hex("0d81a54572726f72a178"), Side::dialer), "");
    for (const char* misplaced :
         {"0c00000000", "0701000100", "0380", "0480", "0b80", "2a", "f40161"}) {
        EXPECT_NE(peer.refusal_of(from_hex(misplaced)), "") << misplaced;
    }
    // A message inside another's compression, and encryption inside encryption, have no place.
    Peer keyed{{.compress = false}, kStreamKey};
    EXPECT_EQ(keyed.refusal_of(keyed.frame(keyed.frame(ping_message()))), "unknown_message");
    EXPECT_EQ(peer.refusal_of(peer.frame(peer.frame(ping_message()))), "unknown_message");
}

TEST(Stream, TheLabelIsDueFromTheDialerAndNeverInTheAnswer) {
    Peer blue{{.label = "blue"}};
    Peer none;
    const Stream request = blue.frame(ping_message(), Side::dialer);
    const Stream answer = blue.frame(from_hex("0281a55365714e6f05"), Side::acceptor);
    EXPECT_EQ(request[0], std::byte{0xf4});
    EXPECT_EQ(blue.refusal_of(request), "");
    EXPECT_EQ(blue.refusal_of(answer, Side::dialer), "");
    EXPECT_EQ(none.refusal_of(request), "label_mismatch");
    EXPECT_EQ(blue.refusal_of(none.frame(ping_message())), "label_mismatch");
    // Refused by the first byte that differs, not after ten seconds.
    StreamReader reader{blue.codec, Side::acceptor};
    EXPECT_EQ(reader.feed(from_hex("f404626c")), Status::need_more);
    EXPECT_EQ(reader.feed(from_hex("66")), Status::failed);
}

TEST(Stream, TheAnswerToAnUnreadableRequestSaysWhy) {
    Peer plain;
    Peer keyed{{}, kStreamKey};
    Peer foreign{{}, kForeignKey};
    Peer lenient{{.encryption = Encryption::send}, kStreamKey};
    const Stream bare = plain.frame(ping_message());
    const Stream sealed = keyed.frame(ping_message());
    EXPECT_EQ(plain.refusal_of(sealed), "encrypted_unexpectedly");
    EXPECT_EQ(keyed.refusal_of(bare), "not_encrypted");
    EXPECT_EQ(foreign.refusal_of(sealed), "bad_encryption");
    EXPECT_EQ(lenient.refusal_of(bare), "");
    EXPECT_EQ(error_reply_text(DecodeError::encrypted_unexpectedly, false),
              "remote state is encrypted and encryption is not configured");
    EXPECT_EQ(error_reply_text(DecodeError::not_encrypted, true),
              "encryption is configured but remote state is not encrypted");
    EXPECT_EQ(error_reply_text(DecodeError::bad_encryption, true),
              "no installed keys could decrypt the message");
    EXPECT_EQ(error_reply_text(DecodeError::too_large, true),
              "remote node state is larger than limit");
    EXPECT_EQ(error_reply_text(DecodeError::too_large, false), "");
    EXPECT_EQ(error_reply_text(DecodeError::bad_compression, false), "lzw: invalid code");
    for (const DecodeError silent : {DecodeError::truncated, DecodeError::label_mismatch,
                                     DecodeError::unknown_message, DecodeError::bad_field}) {
        EXPECT_EQ(error_reply_text(silent, true), "");
    }
}

TEST(Stream, TheFramesLengthAndTheLabelAreAuthenticated) {
    Peer keyed{{.label = "blue"}, kStreamKey};
    Peer red{{.label = "red!"}, kStreamKey};
    const Stream answer = keyed.frame(from_hex("0281a55365714e6f05"), Side::acceptor);
    EXPECT_EQ(red.refusal_of(answer, Side::dialer), "bad_encryption");
    Stream longer = answer;
    longer[4] ^= std::byte{1};
    longer.push_back(std::byte{0});
    EXPECT_EQ(keyed.refusal_of(longer, Side::dialer), "bad_encryption");
}

TEST(RuleX2, AFrameBeyondTwentyMegabytesIsRefusedByItsHead) {
    Peer keyed{{}, kStreamKey};
    EXPECT_EQ(keyed.refusal_of(from_hex("0a01400001")), "too_large");
    EXPECT_EQ(keyed.refusal_of(from_hex("0affffffff")), "too_large");
    EXPECT_EQ(keyed.refusal_of(from_hex("0a0000001c")), "bad_encryption");  // no room for a tag
    StreamReader reader{keyed.codec, Side::acceptor};
    EXPECT_EQ(reader.feed(from_hex("0a01400000")), Status::need_more);
    EXPECT_LT(reader.memory(), 4096u);  // twenty megabytes declared, five bytes arrived
}

TEST(RuleX2, NoMemoryIsSetAsideForWhatIsOnlyDeclared) {
    Peer peer{{.compress = false}};
    for (const char* head : {
             "0683a44a6f696ec3a54e6f646573ce00100000ac5573657253746174654c656ece01400000",
             "0881aa557365724d73674c656ece01400000",
             "0982a4416c676f00a3427566db02000000",
             "0081a44e6f6465db02000000",
             "0681a54e6f646573ce00100000dd00ffffff",
         }) {
        StreamReader reader{peer.codec, Side::acceptor};
        EXPECT_EQ(reader.feed(from_hex(head)), Status::need_more) << head;
        EXPECT_LT(reader.memory(), 4096u) << head;
        EXPECT_EQ(reader.finish(), Status::failed);
        EXPECT_EQ(reader.error(), DecodeError::truncated);
    }
}

TEST(RuleX2, WhatIsDeclaredBeyondTheCapsIsRefusedBeforeItArrives) {
    Peer peer{{.compress = false}};
    EXPECT_EQ(peer.refusal_of(from_hex("0681a54e6f646573ce00100001")), "too_large");
    EXPECT_EQ(peer.refusal_of(from_hex("0681ac5573657253746174654c656ece01400001")), "too_large");
    EXPECT_EQ(peer.refusal_of(from_hex("0881aa557365724d73674c656ece01400001")), "too_large");
    EXPECT_EQ(peer.refusal_of(from_hex("0081a44e6f6465db03000000")), "too_large");
    EXPECT_EQ(peer.refusal_of(from_hex("0982a4416c676f00a3427566db03000000")), "too_large");
    EXPECT_EQ(peer.refusal_of(from_hex("0081a16bdfffffffff")), "too_large");
}

// The same message, in pieces that take little time each.
TEST(Stream, AStateThatIsSealedInPiecesIsReadLikeAnyOther) {
    PushPull sent{.join = false, .nodes = {}, .user_state = {}};
    for (int i = 0; i < 500; ++i) sent.nodes.push_back(node_named("n"));
    Stream plain;
    encode_push_pull(sent, plain);
    for (const bool compress : {false, true}) {
        for (const char* key : {static_cast<const char*>(nullptr), kStreamKey}) {
            for (const Side side : {Side::dialer, Side::acceptor}) {
                Peer peer{{.label = "blue", .compress = compress}, key};
                StreamSealer sealer{peer.codec, plain, side};
                Stream out;
                int steps = 1;
                while (!sealer.advance(1000, out)) {
                    EXPECT_TRUE(out.empty());
                    ++steps;
                }
                EXPECT_EQ(steps > 30, compress) << steps;
                if (key == nullptr) {
                    EXPECT_EQ(out, peer.frame(plain, side));
                }
                StreamReader reader{peer.codec,
                                    side == Side::dialer ? Side::acceptor : Side::dialer};
                ASSERT_EQ(reader.feed(out), Status::complete);
                EXPECT_EQ(std::get<ReceivedPushPull>(reader.message()).nodes.size(), 500u);
            }
        }
    }
}

TEST(RuleX2, BytesThatAreHeldAreReadWithTheNext) {
    Peer peer;
    const Stream frame = peer.frame(ping_message());
    StreamReader reader{peer.codec, Side::acceptor};
    reader.hold(Bytes{frame}.first(5));
    reader.hold(Bytes{frame}.subspan(5));
    EXPECT_EQ(reader.status(), Status::need_more);
    EXPECT_EQ(reader.feed({}), Status::complete);
}

TEST(RuleX2, ABombIsRefusedAtFortyMegabytes) {
    Peer peer;
    Stream plain(kMaxStreamExpansion + 1, std::byte{0});
    const Stream bomb = peer.frame(plain);
    EXPECT_LT(bomb.size(), 200'000u);
    EXPECT_EQ(peer.refusal_of(bomb), "too_large");
}

TEST(RuleX2, CompressionThatIsBrokenOrEmptyIsRefused) {
    Peer peer;
    EXPECT_EQ(peer.refusal_of(from_hex("0982a4416c676f00a3427566a3000302")), "bad_compression");
    EXPECT_EQ(peer.refusal_of(from_hex("0982a4416c676f01a3427566a3000302")), "bad_compression");
    EXPECT_EQ(peer.refusal_of(from_hex("0982a4416c676f00a3427566a1ff")), "bad_compression");
    EXPECT_EQ(peer.refusal_of(from_hex("0980")), "bad_compression");
    EXPECT_EQ(peer.refusal_of(from_hex("09c1")), "bad_msgpack");
}

TEST(RuleX2, ADrippingStreamCostsNoMoreThanItsBytes) {
    // A megabyte of unknown keys, byte by byte: looking at all of it again with every byte would
    // take minutes.
    Peer peer{{.compress = false}};
    StreamReader reader{peer.codec, Side::acceptor};
    Stream bytes = from_hex("00df0007ffff");
    for (int i = 0; i < 0x7ffff; ++i)
        bytes.push_back(std::byte{0xa0}), bytes.push_back(std::byte{0xc0});
    for (const std::byte& b : bytes) reader.feed(Bytes{&b, 1});
    EXPECT_EQ(reader.status(), Status::complete);
}

TEST(Stream, AStreamThatEndsEarlyIsTruncated) {
    Peer peer;
    EXPECT_EQ(peer.refusal_of({}), "truncated");
    const Stream whole = peer.frame(ping_message());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Stream cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_EQ(peer.refusal_of(cut), "truncated") << size;
    }
}

TEST(Stream, AReaderMayBeMoved) {
    Peer peer;
    const Stream whole = peer.frame(ping_message());
    StreamReader first{peer.codec, Side::acceptor};
    first.feed(Bytes{whole}.first(10));
    StreamReader second{std::move(first)};
    EXPECT_EQ(second.feed(Bytes{whole}.subspan(10)), Status::complete);
    EXPECT_EQ(std::get<Ping>(second.message()).node, "b");
}

}  // namespace
}  // namespace rollcall::wire
