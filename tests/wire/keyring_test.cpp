// SPDX-License-Identifier: Apache-2.0
#include "wire/keyring.h"

#include <gtest/gtest.h>

namespace rollcall::wire {
namespace {

Keyring::Key key_of(std::uint8_t fill, std::size_t size = 32) {
    return Keyring::Key(size, std::byte{fill});
}

TEST(Keyring, TheFirstKeyIsThePrimaryAndLaterOnesOnlyOpen) {
    Keyring ring;
    EXPECT_TRUE(ring.empty());
    EXPECT_TRUE(ring.primary().empty());
    EXPECT_FALSE(ring.add(key_of(1)));
    EXPECT_FALSE(ring.add(key_of(2, 16)));
    EXPECT_TRUE(same_bytes(ring.primary(), key_of(1)));
    EXPECT_EQ(ring.keys().size(), 2u);
}

TEST(Keyring, UsingAKeyMovesItToTheFrontAndKeepsTheOrderOfTheOthers) {
    Keyring ring;
    for (std::uint8_t i = 1; i <= 3; ++i) ASSERT_FALSE(ring.add(key_of(i)));
    EXPECT_FALSE(ring.use(key_of(3)));
    ASSERT_EQ(ring.keys().size(), 3u);
    EXPECT_EQ(ring.keys()[0], key_of(3));
    EXPECT_EQ(ring.keys()[1], key_of(1));
    EXPECT_EQ(ring.keys()[2], key_of(2));
    EXPECT_EQ(ring.use(key_of(9)), KeyError::unknown_key);
}

TEST(Keyring, ThePrimaryCannotBeRemovedAndAnAbsentKeyNeedNotBe) {
    Keyring ring;
    ASSERT_FALSE(ring.add(key_of(1)));
    ASSERT_FALSE(ring.add(key_of(2)));
    EXPECT_EQ(ring.remove(key_of(1)), KeyError::is_primary);
    const auto before = ring.revision();
    EXPECT_FALSE(ring.remove(key_of(9)));
    EXPECT_EQ(ring.revision(), before);
    EXPECT_FALSE(ring.remove(key_of(2)));
    EXPECT_EQ(ring.keys().size(), 1u);
    EXPECT_NE(ring.revision(), before);
}

TEST(Keyring, TakesThreeSizesOnly) {
    Keyring ring;
    for (std::size_t size = 0; size <= 40; ++size) {
        const bool good = size == 16 || size == 24 || size == 32;
        EXPECT_EQ(ring.add(key_of(static_cast<std::uint8_t>(size + 1), size)).has_value(), !good);
    }
    EXPECT_EQ(ring.add(key_of(1, 15)), KeyError::bad_size);
}

TEST(Keyring, HoldsEightKeysSinceEachBadPacketIsTriedWithAll) {
    Keyring ring;
    for (std::uint8_t i = 1; i <= Keyring::kMaxKeys; ++i) ASSERT_FALSE(ring.add(key_of(i)));
    const auto before = ring.revision();
    EXPECT_EQ(ring.add(key_of(99)), KeyError::too_many);
    EXPECT_FALSE(ring.add(key_of(3)));  // installed already
    EXPECT_EQ(ring.revision(), before);
    EXPECT_EQ(ring.keys().size(), Keyring::kMaxKeys);
}

}  // namespace
}  // namespace rollcall::wire
