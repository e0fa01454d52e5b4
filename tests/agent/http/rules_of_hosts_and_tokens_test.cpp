// SPDX-License-Identifier: Apache-2.0
//
// Who may ask: the Host of a request, and the token of one that changes something.
#include <gtest/gtest.h>

#include <chrono>

#include "agent/http/host_rule.h"
#include "agent/http/token_guard.h"
#include "base/text.h"

namespace rollcall::agent::http {
namespace {

using namespace std::chrono_literals;

TEST(HttpHost, AddressesOfThisHostAndGivenNamesAreAllowed) {
    const HostRule rule{{"rollcall.example.org"}};
    const auto local = Endpoint::parse("10.0.0.7:7380");
    for (const char* const host :
         {"10.0.0.7", "10.0.0.7:7380", "10.0.0.7:1", "localhost", "LocalHost:7380", "localhost.",
          "127.0.0.1:7380", "127.9.9.9", "[::1]:7380", "Rollcall.Example.ORG:80",
          "rollcall.example.org."}) {
        EXPECT_TRUE(rule.allows(host, local)) << host;
    }
    EXPECT_TRUE(rule.allows("[fd00::7]:7380", Endpoint::parse("[fd00::7]:7380")));
}

TEST(HttpHost, NamesOfOtherSitesAreNot) {
    const HostRule rule{{"rollcall.example.org"}};
    const auto local = Endpoint::parse("10.0.0.7:7380");
    for (const char* const host :
         {"", "evil.example", "10.0.0.8", "10.0.0.7.evil.example", "evil.rollcall.example.org",
          "rollcall.example.org.evil", "localhost.evil.example", "localhost:x", "localhost:7380:1",
          "localhost:123456", "[::1", "[::1]x", "[fd00::7]", "127.0.0.1.evil", "local host",
          "localhost,evil.example", "@localhost"}) {
        EXPECT_FALSE(rule.allows(host, local)) << host;
    }
}

TEST(HttpHost, ClientsOfAUnixSocketNeedNone) {
    EXPECT_TRUE(HostRule{{}}.allows("anything", {}));
}

TEST(HttpToken, OnlyTheWholeTokenIsRight) {
    const TokenGuard guard{"sekret"};
    EXPECT_TRUE(guard.is_right("Bearer sekret"));
    EXPECT_TRUE(guard.is_right("bearer  sekret"));
    for (const char* const given :
         {"", "Bearer", "Bearer ", "Bearer sekre", "Bearer sekrets", "Bearer sekreT", "sekret",
          "Basic sekret", "Bearer sekretsekret", "Bearersekret", "Bearer\tsekret"}) {
        EXPECT_FALSE(guard.is_right(given)) << given;
    }
    EXPECT_FALSE(TokenGuard{""}.is_right("Bearer ")) << "no token is not an empty one";
}

TEST(HttpToken, TextsAreEqualOnlyAsAWhole) {
    EXPECT_TRUE(same_secret("", ""));
    EXPECT_TRUE(same_secret("ab", "ab"));
    for (const auto& [a, b] :
         {std::pair{"ab", "abab"}, {"abab", "ab"}, {"a", ""}, {"", "a"}, {"ab", "ac"}}) {
        EXPECT_FALSE(same_secret(a, b)) << a << " " << b;
    }
}

TEST(HttpToken, WrongOnesAreAnsweredLaterAndLater) {
    TokenGuard guard{"sekret"};
    Time now{};
    EXPECT_EQ(guard.wrong(now, "10.0.0.1"), 100ms);
    EXPECT_EQ(guard.wrong(now, "10.0.0.1"), 200ms);
    EXPECT_EQ(guard.wrong(now, "10.0.0.2"), 100ms) << "another client";
    for (int i = 0; i < 20; ++i) static_cast<void>(guard.wrong(now, "10.0.0.1"));
    EXPECT_EQ(guard.wrong(now, "10.0.0.1"), 5s) << "not without end";
    guard.right("10.0.0.1");
    EXPECT_EQ(guard.wrong(now, "10.0.0.1"), 100ms);
    now += TokenGuard::kForgotten + 1s;
    EXPECT_EQ(guard.wrong(now, "10.0.0.2"), 100ms) << "forgotten";
}

TEST(HttpToken, ManyClientsDoNotMakeItGrow) {
    TokenGuard guard{"sekret"};
    Time now{};
    static_cast<void>(guard.wrong(now, "first"));
    for (std::size_t i = 0; i < 3 * TokenGuard::kMostClients; ++i) {
        now += 1ms;
        EXPECT_EQ(guard.wrong(now, std::to_string(i)), 100ms);
    }
    EXPECT_EQ(guard.wrong(now, "first"), 100ms) << "the oldest is forgotten first";
}

}  // namespace
}  // namespace rollcall::agent::http
