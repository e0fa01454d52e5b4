// SPDX-License-Identifier: Apache-2.0
#include "wire/lzw.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "support/vectors.h"

namespace rollcall::wire {
namespace {

using rollcall::tests::from_hex;
using Buffer = std::vector<std::byte>;

// Data of varying redundancy: an alphabet of 1 to 256 letters.
Buffer some_data(Rng& rng, std::size_t size) {
    const std::uint64_t letters = 1 + rng.below(256);
    Buffer data(size);
    for (std::byte& b : data) b = static_cast<std::byte>(rng.below(letters));
    return data;
}

TEST(Lzw, WhatIsPackedUnpacksToItself) {
    Rng rng{99};
    Buffer out;
    for (int round = 0; round < 400; ++round) {
        SCOPED_TRACE(round);
        const Buffer plain = some_data(rng, rng.below(round % 10 == 0 ? 60000 : 3000));
        Buffer packed(lzw_bound(plain.size()));
        const auto size = lzw_encode(plain, packed);
        ASSERT_TRUE(size);  // the bound holds
        const auto back = lzw_decode(Bytes{packed}.first(*size), plain.size(), out);
        ASSERT_TRUE(back.ok());
        ASSERT_TRUE(same_bytes(Bytes{out}.first(*back), plain));
    }
}

// The widths change and the table fills at exact sizes; every size round them must come back.
TEST(Lzw, EverySizeRoundTheEdgesOfTheTableComesBack) {
    Rng rng{4};
    Buffer noise(8200);
    for (std::byte& b : noise) b = static_cast<std::byte>(rng.next());
    Buffer out;
    for (std::size_t size = 0; size <= noise.size(); size += size > 300 && size < 3800 ? 97 : 1) {
        const Bytes plain = Bytes{noise}.first(size);
        Buffer packed(lzw_bound(size));
        const auto packed_size = lzw_encode(plain, packed);
        ASSERT_TRUE(packed_size);
        const auto back = lzw_decode(Bytes{packed}.first(*packed_size), size, out);
        ASSERT_TRUE(back.ok()) << size;
        ASSERT_TRUE(same_bytes(Bytes{out}.first(*back), plain)) << size;
    }
}

TEST(Lzw, PiecesOfAnySizeGiveTheSameBytes) {
    Rng rng{6};
    for (int round = 0; round < 200; ++round) {
        SCOPED_TRACE(round);
        const Buffer plain = some_data(rng, rng.below(round % 10 == 0 ? 60000 : 3000));
        Buffer whole(lzw_bound(plain.size())), pieces(lzw_bound(plain.size()));
        const auto size = lzw_encode(plain, whole);
        LzwEncoder encoder{plain, pieces};
        const std::size_t piece = 1 + rng.below(5000);
        std::optional<std::size_t> got;
        while (!got) got = encoder.advance(piece);
        ASSERT_EQ(got, size);
        ASSERT_TRUE(same_bytes(Bytes{pieces}.first(*got), Bytes{whole}.first(*size)));
    }
}

TEST(Lzw, TheEncoderStopsWhereTheRoomEnds) {
    Rng rng{5};
    const Buffer plain = some_data(rng, 500);
    Buffer packed(lzw_bound(plain.size()));
    const auto size = lzw_encode(plain, packed);
    ASSERT_TRUE(size);
    for (std::size_t room = 0; room < *size; ++room) {
        Buffer small(room);
        EXPECT_FALSE(lzw_encode(plain, small));
    }
    EXPECT_TRUE(lzw_encode(plain, MutableBytes{packed}.first(*size)));
}

TEST(Lzw, TheDecoderStopsAtItsCap) {
    const Buffer plain(100'000, std::byte{7});
    Buffer packed(lzw_bound(plain.size()));
    const auto size = lzw_encode(plain, packed);
    ASSERT_TRUE(size);
    packed.resize(*size);
    for (const std::size_t cap : {0u, 1u, 99'999u}) {
        Buffer out;
        const auto back = lzw_decode(packed, cap, out);
        ASSERT_FALSE(back.ok());
        EXPECT_EQ(back.error(), DecodeError::too_large);
        EXPECT_LE(out.size(), cap);
    }
    Buffer out;
    EXPECT_EQ(*lzw_decode(packed, 100'000, out), 100'000u);
}

TEST(Lzw, DataThatEndsBeforeTheEndCodeIsRefused) {
    const auto packed = from_hex("00a93c1152e48914274fa80824687061c183090302");
    Buffer out;
    ASSERT_TRUE(lzw_decode(packed, 100, out).ok());
    for (std::size_t size = 0; size + 1 < packed.size(); ++size) {
        const Buffer cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
        const auto back = lzw_decode(cut, 100, out);
        ASSERT_FALSE(back.ok()) << size;
        EXPECT_EQ(back.error(), DecodeError::bad_compression);
    }
}

// Codes of nine bits, lowest bits first.
Buffer codes(std::initializer_list<unsigned> list) {
    Buffer out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const unsigned code : list) {
        bits |= code << count;
        for (count += 9; count >= 8; count -= 8, bits >>= 8) {
            out.push_back(static_cast<std::byte>(bits & 0xff));
        }
    }
    out.push_back(static_cast<std::byte>(bits));
    return out;
}

TEST(Lzw, ACodeThatCannotBeIsRefused) {
    Buffer out;
    const auto decode = [&](std::initializer_list<unsigned> list) {
        return lzw_decode(codes(list), 100, out);
    };
    EXPECT_EQ(*decode({256, 'a', 258, 257}), 3u);  // the code that is being defined: "a" "aa"
    EXPECT_EQ(*decode({'a', 257}), 1u);            // the leading clear code may be missing
    EXPECT_EQ(*decode({256, 257, 'a'}), 0u);       // what follows the end is ignored
    EXPECT_EQ(*decode({'a', 'b', 258, 256, 'c', 257}), 5u);
    EXPECT_FALSE(decode({256, 258, 257}).ok());  // nothing is defined yet
    EXPECT_FALSE(decode({256, 'a', 259, 257}).ok());
    EXPECT_FALSE(decode({'a', 'b', 258, 256, 258, 257}).ok());  // forgotten by the clear
    EXPECT_FALSE(decode({'a', 'b', 256, 'c', 259, 257}).ok());
}

}  // namespace
}  // namespace rollcall::wire
