// SPDX-License-Identifier: Apache-2.0
#include "agent/control/wrong_tokens.h"

#include <gtest/gtest.h>

namespace rollcall::agent::tests {
namespace {

using namespace std::chrono_literals;

constexpr Time kFirstTry{std::chrono::hours{1}};

std::optional<Endpoint> from(std::string_view text) {
    return Endpoint::parse(text);
}

TEST(WrongTokens, EachOfASourceIsHeldBackForLonger) {
    WrongTokens tokens;
    EXPECT_EQ(tokens.add(kFirstTry, from("10.0.0.1:50001")), 50ms);
    EXPECT_EQ(tokens.add(kFirstTry, from("10.0.0.1:50002")), 100ms) << "another connection of it";
    EXPECT_EQ(tokens.add(kFirstTry, from("10.0.0.2:50001")), 50ms) << "another source";
    for (int i = 0; i < 10; ++i) static_cast<void>(tokens.add(kFirstTry, from("10.0.0.1:50001")));
    EXPECT_EQ(tokens.add(kFirstTry, from("10.0.0.1:50001")), WrongTokens::kLongest);
}

TEST(WrongTokens, AreForgivenAfterAMinute) {
    WrongTokens tokens;
    static_cast<void>(tokens.add(kFirstTry, from("10.0.0.1:1")));
    EXPECT_EQ(tokens.add(kFirstTry + 59s, from("10.0.0.1:1")), 100ms);
    EXPECT_EQ(tokens.add(kFirstTry + 59s + WrongTokens::kForgiven, from("10.0.0.1:1")), 50ms);
}

TEST(WrongTokens, ANetworkOfIpv6IsOneSourceAndSoAreAllUnixSockets) {
    WrongTokens tokens;
    static_cast<void>(tokens.add(kFirstTry, from("[2001:db8::1]:1")));
    EXPECT_EQ(tokens.add(kFirstTry, from("[2001:db8::ffff]:1")), 100ms);
    EXPECT_EQ(tokens.add(kFirstTry, from("[2001:db8:0:1::1]:1")), 50ms);
    static_cast<void>(tokens.add(kFirstTry, {}));
    EXPECT_EQ(tokens.add(kFirstTry, {}), 100ms);
}

TEST(WrongTokens, OfManySourcesTheOneLongestSilentIsDropped) {
    WrongTokens tokens;
    for (std::size_t i = 0; i <= WrongTokens::kMostSources; ++i) {
        const std::string source =
            "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ":1";
        static_cast<void>(tokens.add(kFirstTry + i * 1ms, from(source)));
    }
    const Time later = kFirstTry + 2s;
    EXPECT_EQ(tokens.add(later, from("10.0.0.2:1")), 100ms) << "still known";
    EXPECT_EQ(tokens.add(later, from("10.0.0.0:1")), 50ms) << "dropped";
}

}  // namespace
}  // namespace rollcall::agent::tests
