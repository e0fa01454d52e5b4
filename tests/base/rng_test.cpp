// SPDX-License-Identifier: Apache-2.0
#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

namespace rollcall {
namespace {

// Pearson's statistic of observed counts against equal ones.
double chi_squared(const std::vector<std::uint64_t>& counts) {
    const double total =
        static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    const double expected = total / static_cast<double>(counts.size());
    double sum = 0;
    for (const std::uint64_t count : counts) {
        const double off = static_cast<double>(count) - expected;
        sum += off * off / expected;
    }
    return sum;
}
// Far beyond a fair generator: mean + 6 standard deviations of chi squared.
double unfair_beyond(std::size_t cells) {
    const double freedom = static_cast<double>(cells - 1);
    return freedom + 6 * std::sqrt(2 * freedom);
}

TEST(Rng, ASeedMeansTheSameRunForEver) {
    // SplitMix64's published sequence for seed 1234567.
    Rng rng{1234567};
    for (const std::uint64_t expected :
         {6457827717110365317ull, 3203168211198807973ull, 9817491932198370423ull,
          4593380528125082431ull, 16408922859458223821ull}) {
        EXPECT_EQ(rng.next(), expected);
    }
}

TEST(Rng, SeedsThatDifferByOneGiveUnrelatedRuns) {
    int equal_bits = 0;
    for (std::uint64_t seed = 0; seed < 64; ++seed) {
        std::uint64_t differing = Rng{seed}.next() ^ Rng { seed + 1 }.next();
        for (; differing != 0; differing &= differing - 1) ++equal_bits;
    }
    EXPECT_NEAR(equal_bits / 64.0, 32.0, 3.0);
}

TEST(Rng, EveryNumberBelowABoundIsAsLikelyAsAnyOther) {
    Rng rng{1};
    for (const std::uint64_t bound : {2u, 3u, 5u, 6u, 7u, 10u, 100u}) {
        std::vector<std::uint64_t> counts(bound);
        for (std::uint64_t i = 0; i < 2000 * bound; ++i) {
            const std::uint64_t drawn = rng.below(bound);
            ASSERT_LT(drawn, bound);
            ++counts[drawn];
        }
        EXPECT_LT(chi_squared(counts), unfair_beyond(bound)) << "bound " << bound;
    }
}

TEST(Rng, IsFairWherePlainRemaindersAreNot) {
    // With this bound a plain % would hit the lower half twice as often as the upper.
    constexpr std::uint64_t bound = 3ull << 62;
    Rng rng{2};
    std::vector<std::uint64_t> thirds(3);
    for (int i = 0; i < 30'000; ++i) ++thirds[rng.below(bound) >> 62];
    EXPECT_LT(chi_squared(thirds), unfair_beyond(3));
}

TEST(Rng, OneIsTheOnlyBoundWithoutAChoice) {
    Rng rng{3};
    for (int i = 0; i < 100; ++i) EXPECT_EQ(rng.below(1), 0u);
}

TEST(RngDeathTest, NothingIsBelowZero) {
    Rng rng{4};
    EXPECT_DEATH((void)rng.below(0), "bound > 0");
}

TEST(Rng, UnitsFillTheHalfOpenIntervalEvenly) {
    Rng rng{5};
    std::vector<std::uint64_t> tenths(10);
    for (int i = 0; i < 50'000; ++i) {
        const double drawn = rng.unit();
        ASSERT_GE(drawn, 0.0);
        ASSERT_LT(drawn, 1.0);
        ++tenths[static_cast<std::size_t>(drawn * 10)];
    }
    EXPECT_LT(chi_squared(tenths), unfair_beyond(10));
}

TEST(Rng, OneInNComesOnceInN) {
    Rng rng{6};
    int hits = 0;
    for (int i = 0; i < 80'000; ++i) hits += rng.one_in(8) ? 1 : 0;
    EXPECT_NEAR(hits, 10'000, 600);  // six standard deviations
}

TEST(Rng, EveryOrderOfAShuffleIsAsLikelyAsAnyOther) {
    Rng rng{7};
    std::map<std::array<int, 4>, std::uint64_t> seen;
    for (int i = 0; i < 24 * 1000; ++i) {
        std::array<int, 4> items{0, 1, 2, 3};
        rng.shuffle(std::span<int>{items});
        ++seen[items];
    }
    std::vector<std::uint64_t> counts;
    counts.reserve(seen.size());
    for (const auto& [order, count] : seen) counts.push_back(count);
    ASSERT_EQ(counts.size(), 24u);
    EXPECT_LT(chi_squared(counts), unfair_beyond(24));
}

TEST(Rng, AShuffleLosesNothingAndRepeatsFromItsSeed) {
    std::vector<int> first(100);
    std::iota(first.begin(), first.end(), 0);
    std::vector<int> second = first;
    const std::vector<int> original = first;
    Rng{8}.shuffle(std::span{first});
    Rng{8}.shuffle(std::span{second});
    EXPECT_EQ(first, second);
    EXPECT_NE(first, original);
    std::ranges::sort(first);
    EXPECT_EQ(first, original);
}

TEST(Rng, ShufflingNothingOrOneThingDrawsNothing) {
    Rng shuffled{9};
    std::vector<int> none;
    std::vector<int> one{1};
    shuffled.shuffle(std::span{none});
    shuffled.shuffle(std::span{one});
    EXPECT_EQ(shuffled.next(), Rng{9}.next());
}

TEST(Rng, DrawingFromEachPlaceGivesASampleInWhichAllAreAsLikely) {
    Rng rng{10};
    std::array<int, 6> chosen{};
    constexpr int kRounds = 60'000;
    for (int round = 0; round < kRounds; ++round) {
        std::array<std::size_t, 6> items{0, 1, 2, 3, 4, 5};
        const std::size_t first = rng.draw(std::span<std::size_t>{items}, 0);
        const std::size_t second = rng.draw(std::span<std::size_t>{items}, 1);
        ASSERT_NE(first, second);
        ++chosen[first];
        ++chosen[second];
    }
    for (const int times : chosen) EXPECT_NEAR(times, kRounds / 3, 600);
}

}  // namespace
}  // namespace rollcall
