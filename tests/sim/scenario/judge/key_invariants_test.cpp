// SPDX-License-Identifier: Apache-2.0
//
// The invariant no-node-locked-out: what violates it, and what does not.
#include <gtest/gtest.h>

#include <initializer_list>

#include "fabricated.h"

namespace rollcall::sim {
namespace {

class KeySets : public testing::Test {
protected:
    KeySets() {
        for (std::uint32_t n = 1; n <= 3; ++n) has(n, three_.lend(n), {1});
    }
    // The first one is the primary.
    void has(std::uint32_t node, std::initializer_list<unsigned> numbers) {
        three_.unlend(node);
        has(node, three_.lend(node), numbers);
    }
    bool locked_out() {
        three_.sample();
        return three_.broken().contains("no-node-locked-out");
    }
    Fabricated three_{3};

private:
    void has(std::uint32_t, membership::Node& core, std::initializer_list<unsigned> numbers) {
        for (const unsigned number : numbers) core.keyring().add(three_.key(number));
    }
};

TEST_F(KeySets, ThatAllShareLockNoNodeOut) {
    EXPECT_FALSE(locked_out());
    has(1, {2, 1});
    has(2, {1, 2});
    has(3, {1, 2, 3});
    EXPECT_FALSE(locked_out());
}

TEST_F(KeySets, UsingAKeyTooEarlyLocksOut) {
    has(1, {2, 1});
    has(2, {1, 2});
    EXPECT_TRUE(locked_out());
}

TEST_F(KeySets, RemovingAKeyInUseLocksOut) {
    has(1, {2});
    has(2, {2});
    has(3, {1, 2});
    EXPECT_TRUE(locked_out());
}

TEST_F(KeySets, StoppedAndDisconnectedNodesDoNotCount) {
    has(3, {2});
    three_.cut(1, 3);
    three_.cut(3, 2);
    EXPECT_FALSE(locked_out());
    three_.unlend(3);
    EXPECT_FALSE(locked_out());
}

TEST_F(KeySets, ANodeExcludedFromTheRotationDoesNotCount) {
    has(3, {2});
    three_.give_up(3);
    EXPECT_FALSE(locked_out());
}

}  // namespace
}  // namespace rollcall::sim
