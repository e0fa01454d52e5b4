// SPDX-License-Identifier: Apache-2.0
//
// Latency distributions: each has its given parameters, draws the same on every machine, and
// refuses invalid values.
#include "sim/world/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sim/world/exact_math.h"
#include "sim/world/normal_quantiles.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

std::vector<Duration> sorted_draws(const Latency& latency, std::size_t count) {
    Rng rng{11};
    std::vector<Duration> all(count);
    for (Duration& d : all) d = latency.draw(rng);
    std::ranges::sort(all);
    return all;
}
double in_millis(Duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
}
Duration draw_at(const std::vector<Duration>& sorted, double q) {
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size()))];
}

TEST(Latencies, ThatAreConstantUseNoRandomNumbers) {
    Rng rng{1};
    Rng untouched{1};
    EXPECT_EQ(Latency::constant(3ms).value().draw(rng), Duration{3ms});
    EXPECT_EQ(Latency{}.draw(rng), Duration{});
    EXPECT_EQ(rng.next(), untouched.next());
}

TEST(Latencies, ThatAreUniformReachBothBounds) {
    const auto all = sorted_draws(Latency::uniform(3ns, 7ns).value(), 2000);
    EXPECT_EQ(all.front(), 3ns);
    EXPECT_EQ(all.back(), 7ns);
    EXPECT_EQ(all[1000], 5ns);
}

TEST(Latencies, ThatAreLogNormalHaveTheGivenMedianAndTail) {
    const auto all = sorted_draws(Latency::log_normal(2ms, 50ms).value(), 2'000'000);
    EXPECT_NEAR(in_millis(draw_at(all, 0.5)), 2.0, 0.01);
    EXPECT_NEAR(in_millis(draw_at(all, 0.999)), 50.0, 1.0);
    // One standard deviation up and down, from the same two figures.
    const double sigma = std::log(25.0) / 3.0902323;
    EXPECT_NEAR(in_millis(draw_at(all, 0.841345)), 2.0 * std::exp(sigma), 0.03);
    EXPECT_NEAR(in_millis(draw_at(all, 0.158655)), 2.0 * std::exp(-sigma), 0.01);
    EXPECT_NEAR(in_millis(draw_at(all, 0.99)), 2.0 * std::exp(2.3263479 * sigma), 0.3);
}

TEST(Latencies, ThatWereMeasuredAreInterpolatedBetweenTheirQuantiles) {
    const std::vector<Duration> measured{1ms, 2ms, 2ms, 10ms, 100ms};
    const auto all = sorted_draws(Latency::empirical(measured).value(), 100'000);
    EXPECT_GE(all.front(), 1ms);
    EXPECT_LE(all.back(), 100ms);
    EXPECT_NEAR(in_millis(draw_at(all, 0.125)), 1.5, 0.02);
    EXPECT_EQ(draw_at(all, 0.4), 2ms);
    EXPECT_NEAR(in_millis(draw_at(all, 0.625)), 6.0, 0.1);
    EXPECT_NEAR(in_millis(draw_at(all, 0.875)), 55.0, 1.0);
}

// A fixed number: every compiler, optimisation level and library must draw the same.
TEST(Latencies, AreTheSameOnEveryMachine) {
    const std::vector<Duration> measured{1ms, 7ms, 31ms};
    std::uint64_t sum = 0;
    for (const Latency& latency :
         {Latency::uniform(1us, 9ms).value(), Latency::log_normal(300us, 1s).value(),
          Latency::empirical(measured).value()}) {
        Rng rng{5};
        for (int i = 0; i < 10'000; ++i) {
            sum = sum * 31 + static_cast<std::uint64_t>(latency.draw(rng).count());
        }
    }
    EXPECT_EQ(sum, 17404087914964761546u);
}

TEST(Latencies, ThatAreInvalidAreRefusedWithWhatIsAllowed) {
    const std::vector<Duration> one{1ms};
    const std::vector<Duration> falling{3ms, 2ms};
    EXPECT_EQ(Latency::constant(-1ns).error(), "constant is -1 ns; allowed is 0 s to 3600 s");
    EXPECT_EQ(Latency::uniform(5ns, 4ns).error(), "max is 4 ns; allowed is 5 ns (min) and above");
    EXPECT_EQ(Latency::log_normal(0ns, 1ms).error(), "median is 0 s; allowed is 1 ns and above");
    EXPECT_EQ(Latency::log_normal(10ns, 9ns).error(),
              "p99.9 is 9 ns; allowed is the median, 10 ns, to 65536 times that");
    EXPECT_FALSE(Latency::log_normal(1ns, 65536ns).ok());
    EXPECT_TRUE(Latency::log_normal(1ns, 65535ns).ok());
    EXPECT_TRUE(Latency::log_normal(10min, 1h).ok());
    EXPECT_EQ(Latency::empirical(one).error(), "quantiles has 1 values; allowed are 2 to 4096");
    EXPECT_EQ(Latency::empirical(falling).error(),
              "quantiles[1] is 2 ms; allowed is 3 ms (the value before it) and above");
}

TEST(ExactMath, AgreesWithFloatingPoint) {
    for (const std::uint64_t value : {1ull, 3ull, 1000ull, 4294967296ull, ~0ull}) {
        EXPECT_NEAR(static_cast<double>(fixed_log2(value)) / 4294967296.0,
                    std::log2(static_cast<double>(value)) - 32, 1e-8);
    }
    for (const double exponent : {-39.5, -1.0, -0.25, 0.0, 0.5, 0.999, 7.125}) {
        const auto fixed = static_cast<std::int64_t>(exponent * 4294967296.0);
        const double exact = std::exp2(exponent) * 1e12;
        EXPECT_NEAR(static_cast<double>(scaled_exp2(1'000'000'000'000, fixed)), exact,
                    1 + exact * 1e-8);
    }
}

TEST(ExactMath, TheNormalTableHasItsTailProbabilities) {
    for (unsigned i = 0; i < kNormalQuantiles.size(); ++i) {
        const double tail = std::ldexp(1 - (i % kNormalSteps) / 16.0, -1 - static_cast<int>(i / 8));
        const double z = kNormalQuantiles[i] / 1048576.0;
        EXPECT_NEAR(std::erfc(z / std::sqrt(2.0)) / 2 / tail, 1.0, 1e-5) << i;
    }
}

}  // namespace
}  // namespace rollcall::sim
