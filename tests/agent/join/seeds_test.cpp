// SPDX-License-Identifier: Apache-2.0
//
// When which seeds are tried, in told time.
#include "agent/join/seeds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/join/joiner.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using Phase = Seeds::Phase;

constexpr Time kStart{1h};
constexpr auto kInterval = 30s;

HostPort seed(const char* text) {
    return *HostPort::parse(text, 7946);
}
Seeds make(std::vector<HostPort> join, std::vector<HostPort> retry, unsigned max_attempts = 0) {
    Seeds seeds{{.join = std::move(join),
                 .retry_join = std::move(retry),
                 .interval = kInterval,
                 .max_attempts = max_attempts},
                7};
    seeds.begin(kStart);
    return seeds;
}
// Due within a quarter of `expected` from now, and not before.
void expect_due_in(Seeds& seeds, Time now, Duration expected) {
    ASSERT_TRUE(seeds.next_deadline());
    const Duration wait = *seeds.next_deadline() - now;
    EXPECT_GE(wait, expected * 3 / 4);
    EXPECT_LE(wait, expected * 5 / 4);
    EXPECT_TRUE(seeds.take_due(*seeds.next_deadline() - 1ns).empty());
}

TEST(SeedDelay, DoublesUpToEightfoldAndIsJitteredByAQuarter) {
    EXPECT_EQ(seed_delay(8s, 0, 0.5), 8s);
    EXPECT_EQ(seed_delay(8s, 1, 0.5), 8s);
    EXPECT_EQ(seed_delay(8s, 2, 0.5), 16s);
    EXPECT_EQ(seed_delay(8s, 4, 0.5), 64s);
    EXPECT_EQ(seed_delay(8s, 4'000'000'000, 0.5), 64s);
    EXPECT_EQ(seed_delay(8s, 1, 0.0), 6s);
    EXPECT_LT(seed_delay(8s, 1, 0.9999999), 10s);
}

TEST(Seeds, WithoutSeedsNothingIsEverDue) {
    Seeds seeds = make({}, {});
    EXPECT_EQ(seeds.phase(), Phase::idle);
    EXPECT_FALSE(seeds.next_deadline());
    seeds.member_lost(kStart);
    EXPECT_FALSE(seeds.next_deadline());
}

TEST(Seeds, AStartThatReachesNoSeedFailsAtOnce) {
    Seeds seeds = make({seed("a")}, {seed("b")});
    EXPECT_EQ(seeds.take_due(kStart).size(), 1u);
    EXPECT_FALSE(seeds.next_deadline()) << "nothing else is due while it runs";
    seeds.attempt_ended(kStart + 1s, 0, 0);
    EXPECT_EQ(seeds.phase(), Phase::failed);
    EXPECT_FALSE(seeds.next_deadline());
}

TEST(Seeds, RetriesGoOnWithGrowingDelaysUntilASeedAnswers) {
    Seeds seeds = make({}, {seed("a"), seed("b")});
    Time now = kStart;
    for (const int factor : {1, 2, 4, 8, 8}) {
        ASSERT_EQ(seeds.take_due(now).size(), 2u);
        seeds.attempt_ended(now, 0, 0);
        EXPECT_EQ(seeds.phase(), Phase::retry);
        expect_due_in(seeds, now, kInterval * factor);
        now = *seeds.next_deadline();
    }
    ASSERT_EQ(seeds.take_due(now).size(), 2u);
    seeds.attempt_ended(now, 1, 0);
    EXPECT_EQ(seeds.phase(), Phase::watch);
}

TEST(Seeds, RetryingEndsAfterTheAttemptsAllowed) {
    Seeds seeds = make({}, {seed("a")}, 3);
    Time now = kStart;
    for (int attempt = 1; attempt <= 3; ++attempt) {
        ASSERT_EQ(seeds.phase(), Phase::retry) << attempt;
        ASSERT_FALSE(seeds.take_due(now).empty());
        seeds.attempt_ended(now, 0, 0);
        now = seeds.next_deadline().value_or(now);
    }
    EXPECT_EQ(seeds.phase(), Phase::failed);
}

TEST(Seeds, AStartIsFollowedByRetryingAndThenByWatchingAllSeeds) {
    Seeds seeds = make({seed("a"), seed("b")}, {seed("b"), seed("c:1")});
    ASSERT_EQ(seeds.take_due(kStart).size(), 2u);
    seeds.attempt_ended(kStart, 1, 0);
    EXPECT_EQ(seeds.phase(), Phase::retry);
    ASSERT_EQ(seeds.take_due(kStart).size(), 2u);
    seeds.attempt_ended(kStart, 1, 0);
    EXPECT_EQ(seeds.phase(), Phase::watch);
    expect_due_in(seeds, kStart, kInterval);
    EXPECT_EQ(seeds.take_due(*seeds.next_deadline()).size(), 3u) << "each seed once";
}

TEST(Seeds, TheFirstOfAClusterIsItsOwnSeedAndDoesNotEndForWantOfOthers) {
    Seeds started = make({seed("a")}, {});
    ASSERT_FALSE(started.take_due(kStart).empty());
    started.attempt_met_ourselves(kStart, true);
    EXPECT_EQ(started.phase(), Phase::watch);

    Seeds retrying = make({}, {seed("a"), seed("b")}, 2);
    ASSERT_FALSE(retrying.take_due(kStart).empty());
    retrying.attempt_met_ourselves(kStart, true);
    EXPECT_EQ(retrying.phase(), Phase::retry) << "others may still come";
    const Time second = *retrying.next_deadline();
    ASSERT_FALSE(retrying.take_due(second).empty());
    retrying.attempt_met_ourselves(second, true);
    EXPECT_EQ(retrying.phase(), Phase::watch);

    Seeds only = make({}, {seed("a")});
    ASSERT_FALSE(only.take_due(kStart).empty());
    only.attempt_met_ourselves(kStart, false);
    EXPECT_EQ(only.phase(), Phase::watch) << "no address is left to try";
}

TEST(Seeds, APostponedAttemptDoesNotCountAndIsMadeOnceItCanBe) {
    Seeds seeds = make({seed("a")}, {});
    for (int i = 0; i < 3; ++i) {
        const Time now = *seeds.next_deadline();
        ASSERT_FALSE(seeds.take_due(now).empty());
        seeds.attempt_held(now);
        EXPECT_EQ(seeds.phase(), Phase::start);
        EXPECT_EQ(seeds.attempts(), 0u);
        EXPECT_GT(*seeds.next_deadline(), now);
        seeds.resume(now + 1s);
        EXPECT_EQ(*seeds.next_deadline(), now + 1s);
    }
}

TEST(Seeds, WatchingNeverEndsAndBacksOffWhileSeedsAreMissing) {
    Seeds seeds = make({seed("a")}, {});
    Time now = kStart;
    ASSERT_FALSE(seeds.take_due(now).empty());
    seeds.attempt_ended(now, 1, 0);
    now = *seeds.next_deadline();
    for (const int factor : {1, 2, 4, 8, 8}) {
        ASSERT_FALSE(seeds.take_due(now).empty());
        // Also when it answers: it may be one that announces another address than we ask.
        seeds.attempt_ended(now, factor == 2 ? 1 : 0, 1);
        expect_due_in(seeds, now, kInterval * factor);
        now = *seeds.next_deadline();
    }
    ASSERT_FALSE(seeds.take_due(now).empty());
    seeds.attempt_ended(now, 0, 0);  // it is a member again
    expect_due_in(seeds, now, kInterval);
}

TEST(Seeds, ALostMemberBringsTheNextLookForward) {
    Seeds seeds = make({seed("a")}, {});
    ASSERT_FALSE(seeds.take_due(kStart).empty());
    seeds.attempt_ended(kStart, 1, 0);
    Time now = *seeds.next_deadline();
    for (int i = 0; i < 4; ++i) {
        ASSERT_FALSE(seeds.take_due(now).empty());
        seeds.attempt_ended(now, 0, 1);
        if (i < 3) now = *seeds.next_deadline();
    }
    expect_due_in(seeds, now, kInterval * 8);
    seeds.member_lost(now + 1s);
    expect_due_in(seeds, now + 1s, kInterval);
    // A storm of losses does not push it away.
    const Time planned = *seeds.next_deadline();
    for (int i = 0; i < 100; ++i) seeds.member_lost(now + 2s);
    EXPECT_LE(*seeds.next_deadline(), planned);
}

TEST(Seeds, AreShownAsAnOperatorWritesThem) {
    EXPECT_EQ(to_text(seed("n2/host.example:1")), "n2/host.example:1");
    EXPECT_EQ(to_text(seed("host")), "host:7946");
    EXPECT_EQ(to_text(seed("[::1]:5")), "[::1]:5");
}

// --- whom of a seed's addresses to ask -----------------------------------------------------------

std::vector<std::string> strangers(const std::vector<const char*>& addresses,
                                   const std::vector<std::string>& members) {
    std::vector<Endpoint> endpoints;
    for (const char* address : addresses) endpoints.push_back(*Endpoint::parse(address));
    std::vector<std::string> texts;
    for (const Endpoint& stranger : strangers_among(endpoints, [&](const Endpoint& endpoint) {
             return std::ranges::find(members, endpoint.to_string()) != members.end();
         })) {
        texts.push_back(stranger.to_string());
    }
    return texts;
}
using Texts = std::vector<std::string>;

TEST(Strangers, AreAllAddressesOfWhichNoneIsAMember) {
    EXPECT_EQ(strangers({"10.0.0.1:1", "[fd00::1]:1"}, {}), (Texts{"10.0.0.1:1", "[fd00::1]:1"}));
    EXPECT_EQ(strangers({}, {}), Texts{});
}

TEST(Strangers, AHostOfTwoFamiliesIsKnownByOne) {
    EXPECT_EQ(strangers({"10.0.0.1:1", "[fd00::1]:1"}, {"[fd00::1]:1"}), Texts{});
}

TEST(Strangers, OfANameForManyHostsEachCounts) {
    EXPECT_EQ(strangers({"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"}, {"10.0.0.2:1"}),
              (Texts{"10.0.0.1:1", "10.0.0.3:1"}));
}

}  // namespace
}  // namespace rollcall::agent
