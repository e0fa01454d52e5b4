// SPDX-License-Identifier: Apache-2.0
//
// The pull reader against msgpack-c as an oracle, and its limits.
#include "wire/msgpack_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <msgpack.hpp>
#include <string>
#include <vector>

#include "base/rng.h"
#include "support/vectors.h"
#include "wire/msgpack_writer.h"

namespace rollcall::wire {
namespace {

using rollcall::tests::from_hex;
using rollcall::tests::to_hex;

// Packs a random value, with a preference for the edges of every format.
void pack_random(Rng& rng, msgpack::packer<msgpack::sbuffer>& out, int depth) {
    constexpr std::array<std::uint64_t, 14> edges = {
        0, 1, 31, 32, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 0xffffffffu, 0x100000000u};
    const std::uint64_t edge = edges[rng.below(edges.size())];
    const auto length = static_cast<std::uint32_t>(edge <= 65536 ? edge : rng.below(300));
    const std::string text(length, 'x');
    switch (rng.below(depth > 0 ? 12 : 10)) {
        case 0:
            out.pack_nil();
            break;
        case 1:
            rng.one_in(2) ? out.pack_true() : out.pack_false();
            break;
        case 2:
            out.pack_uint64(edge);
            break;
        case 3:
            out.pack_int64(-static_cast<std::int64_t>(edge));
            break;
        case 4:
            out.pack_fix_uint64(edge);
            break;
        case 5:
            out.pack_fix_int32(static_cast<std::int32_t>(edge & 0x7fffffff));
            break;
        case 6:
            out.pack_v4raw(length);
            out.pack_v4raw_body(text.data(), length);
            break;
        case 7:
            out.pack_str(length);
            out.pack_str_body(text.data(), length);
            break;
        case 8:
            out.pack_bin(length);
            out.pack_bin_body(text.data(), length);
            break;
        case 9:
            rng.one_in(2) ? out.pack_double(1.5) : out.pack_float(-0.25f);
            break;
        case 10: {
            const auto count = static_cast<std::uint32_t>(rng.below(20));
            out.pack_array(count);
            for (std::uint32_t i = 0; i < count; ++i) pack_random(rng, out, depth - 1);
            break;
        }
        default: {
            const auto count = static_cast<std::uint32_t>(rng.below(20));
            out.pack_map(count);
            for (std::uint32_t i = 0; i < 2 * count; ++i) pack_random(rng, out, depth - 1);
        }
    }
}

// Walks both and compares each value.
void expect_same(MsgpackReader& in, const msgpack::object& expected) {
    ASSERT_FALSE(in.failed());
    switch (expected.type) {
        case msgpack::type::NIL:
            EXPECT_EQ(in.peek(), MsgpackKind::nil);
            EXPECT_TRUE(in.take_nil());
            break;
        case msgpack::type::BOOLEAN:
            EXPECT_EQ(in.boolean(), expected.via.boolean);
            break;
        case msgpack::type::POSITIVE_INTEGER:
            EXPECT_EQ(in.unsigned_integer(), expected.via.u64);
            break;
        case msgpack::type::NEGATIVE_INTEGER:
            EXPECT_EQ(in.signed_integer(), expected.via.i64);
            break;
        case msgpack::type::FLOAT32:
        case msgpack::type::FLOAT64:
            EXPECT_EQ(in.real(), expected.via.f64);
            break;
        case msgpack::type::STR:
            EXPECT_EQ(in.text(), std::string_view(expected.via.str.ptr, expected.via.str.size));
            break;
        case msgpack::type::BIN:
            EXPECT_EQ(in.text(), std::string_view(expected.via.bin.ptr, expected.via.bin.size));
            break;
        case msgpack::type::EXT:
            in.skip();
            break;
        case msgpack::type::ARRAY: {
            const std::uint32_t count = in.array();
            ASSERT_EQ(count, expected.via.array.size);
            for (std::uint32_t i = 0; i < count; ++i) expect_same(in, expected.via.array.ptr[i]);
            break;
        }
        case msgpack::type::MAP: {
            const std::uint32_t count = in.map();
            ASSERT_EQ(count, expected.via.map.size);
            for (std::uint32_t i = 0; i < count; ++i) {
                expect_same(in, expected.via.map.ptr[i].key);
                expect_same(in, expected.via.map.ptr[i].val);
            }
            break;
        }
    }
}

Bytes bytes_of(const msgpack::sbuffer& buffer) {
    return as_bytes(std::string_view{buffer.data(), buffer.size()});
}

TEST(MsgpackReader, AgreesWithMsgpackCOnRandomObjects) {
    Rng rng{2024};
    for (int round = 0; round < 500; ++round) {
        SCOPED_TRACE(round);
        msgpack::sbuffer buffer;
        msgpack::packer<msgpack::sbuffer> packer{buffer};
        pack_random(rng, packer, 4);
        const auto object = msgpack::unpack(buffer.data(), buffer.size());
        MsgpackReader in{bytes_of(buffer)};
        expect_same(in, object.get());
        EXPECT_FALSE(in.failed());
        EXPECT_EQ(in.consumed(), buffer.size());

        MsgpackReader skipping{bytes_of(buffer)};
        skipping.skip();
        EXPECT_EQ(skipping.consumed(), buffer.size());
    }
}

TEST(MsgpackReader, PassesAValueInAnyCutAndLooksAtNoByteTwice) {
    Rng rng{7};
    for (int round = 0; round < 200; ++round) {
        msgpack::sbuffer buffer;
        msgpack::packer<msgpack::sbuffer> packer{buffer};
        pack_random(rng, packer, 3);
        const Bytes all = bytes_of(buffer);
        MsgpackSkipper skipper;
        for (std::size_t size = 0; size < all.size(); size += 1 + rng.below(9)) {
            ASSERT_EQ(skipper.advance(all.first(size)), MsgpackSkipper::Status::need_more);
        }
        ASSERT_EQ(skipper.advance(all), MsgpackSkipper::Status::complete);
        ASSERT_EQ(skipper.position(), all.size());
    }
}

TEST(MsgpackReader, AValueBeyondItsCapIsTooLargeWhereverItIsCut) {
    // A map that needs eight billion bytes at least, then what would be an error of its own.
    const auto hostile = from_hex("82a16b91dfffffffffc1");
    for (std::size_t cut = 0; cut <= hostile.size(); ++cut) {
        MsgpackSkipper skipper{1000};
        if (cut < 9) {
            ASSERT_EQ(skipper.advance(Bytes{hostile}.first(cut)),
                      MsgpackSkipper::Status::need_more);
        }
        ASSERT_EQ(skipper.advance(hostile), MsgpackSkipper::Status::too_large);
    }
    // The cap is exact: a pair of a key of one byte and a text of eight takes twelve.
    const auto fits = from_hex("81a16ba86161616161616161");
    EXPECT_EQ(MsgpackSkipper{12}.advance(fits), MsgpackSkipper::Status::complete);
    EXPECT_EQ(MsgpackSkipper{11}.advance(fits), MsgpackSkipper::Status::too_large);
    EXPECT_EQ(MsgpackSkipper{11}.advance(Bytes{fits}.first(4)), MsgpackSkipper::Status::too_large);
}

TEST(MsgpackReader, RefusesEveryTruncationOfAValue) {
    Rng rng{5};
    for (int round = 0; round < 50; ++round) {
        msgpack::sbuffer buffer;
        msgpack::packer<msgpack::sbuffer> packer{buffer};
        pack_random(rng, packer, 2);
        const std::size_t step = 1 + buffer.size() / 200;
        for (std::size_t size = 0; size < buffer.size(); size += step) {
            // An exact copy, so that a sanitizer sees one byte too many.
            const std::vector<std::byte> cut(
                bytes_of(buffer).begin(),
                bytes_of(buffer).begin() + static_cast<std::ptrdiff_t>(size));
            MsgpackReader in{cut};
            in.skip();
            ASSERT_TRUE(in.failed());
            ASSERT_EQ(in.error(), DecodeError::truncated);
        }
    }
}

TEST(MsgpackReader, SkipsAMillionNestedArraysWithoutRecursion) {
    const std::vector<std::byte> nested(1'000'000, std::byte{0x91});
    MsgpackReader open_ended{nested};
    open_ended.skip();
    EXPECT_EQ(open_ended.error(), DecodeError::truncated);

    std::vector<std::byte> closed = nested;
    closed.push_back(std::byte{0xc0});
    MsgpackReader in{closed};
    in.skip();
    EXPECT_FALSE(in.failed());
    EXPECT_EQ(in.consumed(), closed.size());
}

TEST(MsgpackReader, ALengthThatTheBytesCannotHoldIsTruncatedAtOnce) {
    for (const char* hex :
         {"dbffffffff", "c6ffffffff", "ddffffffff", "dfffffffff", "c9ffffffff00", "de0003a0c0"}) {
        const auto bytes = from_hex(hex);
        MsgpackReader in{bytes};
        in.skip();
        EXPECT_EQ(in.error(), DecodeError::truncated) << hex;
    }
    const auto map = from_hex("dfffffffff00");
    MsgpackReader in{map};
    EXPECT_EQ(in.map(), 0u);
    EXPECT_EQ(in.error(), DecodeError::truncated);
}

struct Number {
    const char* hex;
    std::uint64_t max;
    bool fits;
    std::uint64_t value;
    DecodeError error = DecodeError::bad_field;
};

TEST(MsgpackReader, TakesANumberInAnyWidthAndRefusesWhatDoesNotFit) {
    const Number numbers[] = {
        {"07", 0xff, true, 7},
        {"cc07", 0xff, true, 7},
        {"cd0007", 0xff, true, 7},
        {"ce00000007", 0xff, true, 7},
        {"cf0000000000000007", 0xff, true, 7},
        {"d007", 0xff, true, 7},
        {"d10007", 0xff, true, 7},
        {"d200000007", 0xff, true, 7},
        {"d30000000000000007", 0xff, true, 7},
        {"c0", 0xff, true, 0},
        {"cd0100", 0xff, false, 0},
        {"ce00010000", 0xffff, false, 0},
        {"cf0000000200000000", 0xffffffff, false, 0},
        {"ff", 0xff, false, 0},
        {"d0ff", 0xffffffff, false, 0},
        {"d3ffffffffffffffff", 0xffffffffffffffff, false, 0},
        {"a107", 0xff, false, 0, DecodeError::bad_msgpack},
        {"c3", 0xff, false, 0, DecodeError::bad_msgpack},
        {"cb3ff0000000000000", 0xff, false, 0, DecodeError::bad_msgpack},
        {"c1", 0xff, false, 0, DecodeError::bad_msgpack},
        {"cd07", 0xff, false, 0, DecodeError::truncated},
        {"", 0xff, false, 0, DecodeError::truncated},
    };
    for (const Number& n : numbers) {
        const auto bytes = from_hex(n.hex);
        MsgpackReader in{bytes};
        EXPECT_EQ(in.unsigned_integer(n.max), n.value) << n.hex;
        EXPECT_EQ(in.failed(), !n.fits) << n.hex;
        if (in.failed()) {
            EXPECT_EQ(in.error(), n.error) << n.hex;
        }
    }
}

TEST(MsgpackReader, ABoolIsTrueFalseOrNilAndNothingElse) {
    for (const char* hex : {"00", "01", "a0", "90", "80", "cb3ff0000000000000"}) {
        const auto bytes = from_hex(hex);
        MsgpackReader in{bytes};
        EXPECT_FALSE(in.boolean());
        EXPECT_EQ(in.error(), DecodeError::bad_msgpack) << hex;
    }
}

TEST(MsgpackReader, StaysFailedAndKeepsTheFirstCause) {
    const auto bytes = from_hex("a1610507");
    MsgpackReader in{bytes};
    EXPECT_EQ(in.unsigned_integer(), 0u);  // text where a number is due
    EXPECT_EQ(in.text(), "");
    EXPECT_EQ(in.peek(), MsgpackKind::none);
    EXPECT_EQ(in.error(), DecodeError::bad_msgpack);
}

TEST(MsgpackWriter, WritesOnlyTheOldDialect) {
    std::array<std::byte, 70000> room;
    const auto written = [&](auto&& write) {
        ByteWriter out{room};
        MsgpackWriter msgpack{out};
        write(msgpack);
        return to_hex(out.written().first(std::min<std::size_t>(out.size(), 9)));
    };
    const std::string text(70000, 'a');
    const auto raw = [&](std::size_t n) {
        return written([&](MsgpackWriter& w) { w.text(std::string_view{text}.substr(0, n)); });
    };
    EXPECT_EQ(raw(31).substr(0, 2), "bf");
    EXPECT_EQ(raw(32).substr(0, 6), "da0020");  // never d9
    EXPECT_EQ(raw(255).substr(0, 6), "da00ff");
    EXPECT_EQ(raw(65535).substr(0, 6), "daffff");
    EXPECT_EQ(raw(65536).substr(0, 10), "db00010000");
    EXPECT_EQ(written([](MsgpackWriter& w) { w.unsigned_integer(127); }), "7f");
    EXPECT_EQ(written([](MsgpackWriter& w) { w.unsigned_integer(128); }), "cc80");
    EXPECT_EQ(written([](MsgpackWriter& w) { w.unsigned_integer(65535); }), "cdffff");
    EXPECT_EQ(written([](MsgpackWriter& w) { w.unsigned_integer(65536); }), "ce00010000");
    EXPECT_EQ(written([](MsgpackWriter& w) { w.signed_integer(1000000000); }), "ce3b9aca00");
    EXPECT_EQ(written([](MsgpackWriter& w) { w.signed_integer(-1); }), "ff");
    EXPECT_EQ(written([](MsgpackWriter& w) { w.real(1.0); }), "cb3ff0000000000000");
    EXPECT_EQ(written([](MsgpackWriter& w) { w.bytes(std::optional<Bytes>{}); }), "c0");
}

TEST(MsgpackWriter, FailsWhenTheRoomIsUsedUp) {
    std::array<std::byte, 8> room;
    ByteWriter out{room};
    MsgpackWriter{out}.text("longer than eight");
    EXPECT_TRUE(out.failed());
}

}  // namespace
}  // namespace rollcall::wire
