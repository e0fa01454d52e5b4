// SPDX-License-Identifier: Apache-2.0
#include "wire/aes_gcm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "sim/world/entropy.h"
#include "support/vectors.h"

namespace rollcall::wire {
namespace {

using rollcall::tests::from_hex;
using rollcall::tests::to_hex;
using Buffer = std::vector<std::byte>;

Buffer sealed_with(AesGcm& cipher, std::uint8_t version, const Buffer& plain,
                   const SealContext& context = {}) {
    Buffer out(sealed_size(version, plain.size()));
    std::copy(plain.begin(), plain.end(), out.begin() + 1 + kNonceSize);
    cipher.seal(version, Nonce{}, context, plain.size(), out);
    return out;
}

// NIST's test case 14 for 256 bits and test case 2 for 128 bits: a block of zeros.
TEST(AesGcm, AgreesWithPublishedTestCases) {
    const Buffer zeros(16);
    AesGcm aes128{Buffer(16)};
    EXPECT_EQ(to_hex(Bytes{sealed_with(aes128, 1, zeros)}.subspan(13)),
              "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
    AesGcm aes256{Buffer(32)};
    EXPECT_EQ(to_hex(Bytes{sealed_with(aes256, 1, zeros)}.subspan(13)),
              "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(AesGcm, EverySizeComesBackInBothVersionsAndWithEveryKeySize) {
    Rng rng{8};
    for (const std::size_t key_size : {16u, 24u, 32u}) {
        AesGcm cipher{Buffer(key_size, std::byte{9})};
        for (const std::uint8_t version : {std::uint8_t{0}, std::uint8_t{1}}) {
            for (std::size_t size = 0; size <= 70; ++size) {
                Buffer plain(size);
                for (std::byte& b : plain) b = static_cast<std::byte>(rng.next());
                const Buffer sealed = sealed_with(cipher, version, plain);
                EXPECT_EQ(sealed.size() % 16, version == 0 ? 13u : (size + 13) % 16);
                Buffer out(sealed.size());
                const auto back = cipher.open({}, sealed, out);
                ASSERT_TRUE(back);
                EXPECT_TRUE(same_bytes(Bytes{out}.first(*back), plain));
            }
        }
    }
}

TEST(AesGcm, WhatIsAuthenticatedBesideTheTextMustBeTheSame) {
    AesGcm cipher{Buffer(16)};
    const Buffer head = from_hex("0a00000010");
    const Buffer plain = from_hex("010203");
    const Buffer sealed = sealed_with(cipher, 1, plain, {head, "blue"});
    Buffer out(sealed.size());
    EXPECT_TRUE(cipher.open({head, "blue"}, sealed, out));
    EXPECT_FALSE(cipher.open({head, "blux"}, sealed, out));
    EXPECT_FALSE(cipher.open({head, ""}, sealed, out));
    EXPECT_FALSE(cipher.open({{}, "blue"}, sealed, out));
    EXPECT_FALSE(cipher.open({Bytes{head}.first(4), "blue"}, sealed, out));
}

// Authentic text with padding that cannot be, which ends older programs. A peer with the key made
// it.
TEST(AesGcm, BadPaddingOfVersionZeroIsRefusedThoughItIsAuthentic) {
    AesGcm cipher{Buffer(16)};
    for (int pad = 0; pad < 256; ++pad) {
        // Sealed as version 1, which pads nothing; the version byte is not authenticated.
        Buffer plain(32, std::byte{'x'});
        plain.back() = static_cast<std::byte>(pad);
        Buffer sealed = sealed_with(cipher, 1, plain);
        sealed[0] = std::byte{0};
        Buffer out(sealed.size());
        const auto back = cipher.open({}, sealed, out);
        EXPECT_EQ(back.has_value(), pad >= 1 && pad <= 16) << pad;
        if (back) {
            EXPECT_EQ(*back, 32u - static_cast<std::size_t>(pad));
        }
    }
    Buffer short_text = sealed_with(cipher, 1, Buffer(15, std::byte{1}));
    short_text[0] = std::byte{0};
    Buffer out(short_text.size());
    EXPECT_FALSE(cipher.open({}, short_text, out));  // less than a block
}

TEST(AesGcm, UnknownVersionsAndShortFramesAreRefused) {
    AesGcm cipher{Buffer(16)};
    Buffer sealed = sealed_with(cipher, 1, {});
    Buffer out(sealed.size());
    ASSERT_EQ(sealed.size(), kSealedOverhead);
    EXPECT_EQ(cipher.open({}, sealed, out), 0u);
    for (int version = 2; version < 256; ++version) {
        sealed[0] = static_cast<std::byte>(version);
        EXPECT_FALSE(cipher.open({}, sealed, out));
    }
    sealed[0] = std::byte{1};
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(cipher.open({}, Bytes{sealed}.first(size), out));
    }
}

// Counts draws, so that the block size is seen to matter.
struct CountingEntropy : EntropySource {
    sim::SeededEntropy entropy{1};
    std::size_t draws = 0;
    void fill(MutableBytes bytes) override {
        ++draws;
        entropy.fill(bytes);
    }
};

TEST(NoncePool, GivesEachNonceOnceAndDrawsRarely) {
    CountingEntropy entropy;
    NoncePool pool{entropy};
    EXPECT_EQ(entropy.draws, 0u);
    std::set<Nonce> seen;
    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(pool.draw()).second);
    EXPECT_LE(entropy.draws, 30u);
}

}  // namespace
}  // namespace rollcall::wire
