// SPDX-License-Identifier: Apache-2.0
//
// What decoders accept beyond our own dialect, and what they refuse.
#include "wire/messages.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "support/vectors.h"

namespace rollcall::wire {
namespace {

using rollcall::tests::from_hex;
using rollcall::tests::to_hex;

// Hex of text, so that bodies below can be read.
std::string hex_of(std::string_view text) {
    return to_hex(as_bytes(text));
}
std::string key(std::string_view name) {
    return to_hex(std::array{static_cast<std::byte>(0xa0 | name.size())}) + hex_of(name);
}

const std::string kSeqNo = key("SeqNo");
const std::string kNode = key("Node");

TEST(Messages, KeysMayComeInAnyOrderAndUnknownOnesAreSkipped) {
    const auto body = from_hex("84" + kSeqNo + "05" + key("Extra") + "92c081a16193010203" + kNode +
                               "a162" + key("seqno") + "09");
    const auto ping = decode_ping(body);
    ASSERT_TRUE(ping.ok());
    EXPECT_EQ(ping->sequence, SequenceNumber{5});  // another case is another key
    EXPECT_EQ(ping->node, "b");
}

TEST(Messages, OfARepeatedKeyTheLastOneCounts) {
    const auto body = from_hex("82" + kSeqNo + "05" + kSeqNo + "06");
    EXPECT_EQ(decode_nack(body)->sequence, SequenceNumber{6});
}

TEST(Messages, StructsMayBeMapsOfAnyWidthOrArraysInDeclarationOrder) {
    for (const std::string& head :
         {std::string{"82"}, std::string{"de0002"}, std::string{"df00000002"}}) {
        const auto body = from_hex(head + kNode + "a162" + kSeqNo + "05");
        EXPECT_EQ(decode_ping(body)->node, "b");
    }
    const auto array = from_hex("9505a162a47f000001cd461ba163");
    const auto ping = decode_ping(array);
    ASSERT_TRUE(ping.ok());
    EXPECT_EQ(ping->sequence, SequenceNumber{5});
    EXPECT_EQ(ping->node, "b");
    EXPECT_EQ(ping->source_address, WireAddress::v4(127, 0, 0, 1));
    EXPECT_EQ(ping->source_port, 17947);
    EXPECT_EQ(ping->source_node, "c");
    EXPECT_EQ(decode_ping(from_hex("9105"))->sequence, SequenceNumber{5});  // the rest is zero
    const auto longer = from_hex("9405c0c0c0");
    EXPECT_EQ(decode_nack(longer)->sequence, SequenceNumber{5});  // the rest is unknown
}

TEST(Messages, MissingAndNilFieldsAreZero) {
    const auto alive = decode_alive(
        from_hex("83" + kNode + "c0" + key("Meta") + "c0" + key("Incarnation") + "c0"));
    ASSERT_TRUE(alive.ok());
    EXPECT_EQ(alive->node, "");
    EXPECT_FALSE(alive->meta);
    EXPECT_FALSE(alive->versions);
    EXPECT_TRUE(alive->address.empty());
    EXPECT_TRUE(decode_ping(from_hex("c0")).ok());
    EXPECT_TRUE(decode_ping(from_hex("80")).ok());
}

TEST(Messages, TextAndBytesMayBeRawStrOrBin) {
    for (const std::string& head :
         {std::string{"a1"}, std::string{"d901"}, std::string{"da0001"}, std::string{"db00000001"},
          std::string{"c401"}, std::string{"c50001"}, std::string{"c600000001"}}) {
        const auto body = from_hex("82" + kNode + head + "62" + key("Meta") + head + "ff");
        const auto alive = decode_alive(body);
        ASSERT_TRUE(alive.ok()) << head;
        EXPECT_EQ(alive->node, "b");
        EXPECT_EQ(alive->meta->size(), 1u);
    }
}

TEST(Messages, BytesAfterTheMapAreIgnored) {
    EXPECT_TRUE(decode_nack(from_hex("81" + kSeqNo + "05" + "ffffff")).ok());
}

struct Refused {
    const char* what;
    std::string body;
    DecodeError error;
};

TEST(RuleS6, AnAliveIsRefusedForAFieldOutOfRange) {
    const Refused cases[] = {
        {"five bytes of address", "81" + key("Addr") + "a50102030405", DecodeError::bad_field},
        {"one byte of versions", "81" + key("Vsn") + "a101", DecodeError::bad_field},
        {"five bytes of versions", "81" + key("Vsn") + "a50105020205", DecodeError::bad_field},
        {"seven bytes of versions", "81" + key("Vsn") + "a701050202050505", DecodeError::bad_field},
        {"negative incarnation", "81" + key("Incarnation") + "ff", DecodeError::bad_field},
        {"incarnation of 33 bits", "81" + key("Incarnation") + "cf0000000200000000",
         DecodeError::bad_field},
        {"port of 17 bits", "81" + key("Port") + "ce00010000", DecodeError::bad_field},
        {"a number for a name", "81" + kNode + "05", DecodeError::bad_msgpack},
        {"a number for a key", "8105a161", DecodeError::bad_msgpack},
        {"a name cut off", "81" + kNode + "a562", DecodeError::truncated},
        {"a map cut off", "86" + kNode + "a162", DecodeError::truncated},
        {"text instead of a map", "a3616263", DecodeError::bad_msgpack},
        {"nothing", "", DecodeError::truncated},
    };
    for (const Refused& c : cases) {
        const auto alive = decode_alive(from_hex(c.body));
        ASSERT_FALSE(alive.ok()) << c.what;
        EXPECT_EQ(alive.error(), c.error) << c.what;
    }
    EXPECT_TRUE(decode_alive(from_hex("81" + key("Vsn") + "a0"))->versions == std::nullopt);
}

TEST(Messages, APushPullNodeWithHalfAVersionIsKeptWithoutOne) {
    const auto body = from_hex("82" + key("Name") + "a162" + key("Vsn") + "a50105020205");
    const auto node = decode_push_pull_node(body);
    ASSERT_TRUE(node.ok());
    EXPECT_FALSE(node->value.versions);
    EXPECT_EQ(node->size, body.size());
}

TEST(Messages, APushPullNodeHasOneOfFourStates) {
    const auto with_state = [](const std::string& state) {
        return decode_push_pull_node(from_hex("81" + key("State") + state));
    };
    EXPECT_EQ(with_state("03")->value.state, NodeState::left);
    EXPECT_EQ(with_state("04").error(), DecodeError::bad_field);
    EXPECT_EQ(with_state("ff").error(), DecodeError::bad_field);
}

TEST(RuleX2, DeclaredCountsAndSizesAreCapped) {
    const auto header = [](const char* name, const std::string& number) {
        return decode_push_pull_header(from_hex("81" + key(name) + number));
    };
    EXPECT_TRUE(header("Nodes", "ce00100000").ok());
    EXPECT_EQ(header("Nodes", "ce00100001").error(), DecodeError::too_large);
    EXPECT_EQ(header("Nodes", "d1ffff").error(), DecodeError::bad_field);
    EXPECT_TRUE(header("UserStateLen", "ce01400000").ok());
    EXPECT_EQ(header("UserStateLen", "ce01400001").error(), DecodeError::too_large);
    EXPECT_EQ(header("UserStateLen", "d101f4")->value.user_state_size, 500u);  // signed dialect
    EXPECT_EQ(decode_user_stream_header(from_hex("81" + key("UserMsgLen") + "ce01400001")).error(),
              DecodeError::too_large);
}

TEST(Messages, EncodersRefuseARoomThatIsTooSmall) {
    const Alive alive{.node = "member",
                      .incarnation = Incarnation{1},
                      .address = WireAddress::v4(127, 0, 0, 1),
                      .port = 7946,
                      .meta = {},
                      .versions = kSerfVersions};
    std::array<std::byte, 256> room;
    ByteWriter enough{room};
    ASSERT_TRUE(encode(alive, enough));
    for (std::size_t size = 0; size < enough.size(); ++size) {
        ByteWriter out{MutableBytes{room}.first(size)};
        EXPECT_FALSE(encode(alive, out)) << size;
    }
}

TEST(Messages, OptionalSourceFieldsAreLeftOutWhenEmpty) {
    std::array<std::byte, 256> room;
    ByteWriter out{room};
    ASSERT_TRUE(encode(Ping{.sequence = SequenceNumber{1},
                            .node = "a",
                            .source_address = {},
                            .source_port = 0,
                            .source_node = {}},
                       out));
    EXPECT_EQ(to_hex(out.written()), "0082" + kNode + "a161" + kSeqNo + "01");
}

TEST(Errors, EachHasItsOwnWord) {
    std::vector<std::string_view> words;
    for (std::size_t i = 0; i < kDecodeErrors; ++i) {
        const std::string_view word = to_string(static_cast<DecodeError>(i));
        EXPECT_EQ(std::count(words.begin(), words.end(), word), 0) << word;
        EXPECT_NE(word, "unknown");
        words.push_back(word);
    }
}

}  // namespace
}  // namespace rollcall::wire
