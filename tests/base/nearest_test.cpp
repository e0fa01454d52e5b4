// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace rollcall {
namespace {

TEST(Nearest, CountsSwapsOnceAndWantsMostOfTheWordRight) {
    constexpr std::array<std::string_view, 4> words{"members", "leave", "join", "force-leave"};
    EXPECT_EQ(nearest("memebrs", words), "members");
    EXPECT_EQ(nearest("jion", words), "join");
    EXPECT_EQ(nearest("force", words), "force-leave");  // the start of a longer word
    EXPECT_EQ(nearest("leaves", words), "leave");
    EXPECT_EQ(nearest("reboot", words), "");
    EXPECT_EQ(nearest("", words), "");
    EXPECT_EQ(nearest(std::string(5000, 'x'), words), "");
}

}  // namespace
}  // namespace rollcall
