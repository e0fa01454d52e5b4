// SPDX-License-Identifier: Apache-2.0
//
// The statistics behind the verdicts, against published values and simulated samples.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "sim/papers/statistics/bootstrap.h"
#include "sim/papers/statistics/kolmogorov.h"
#include "sim/papers/statistics/poisson.h"
#include "sim/papers/statistics/quantiles.h"
#include "sim/papers/statistics/rank_correlation.h"

namespace rollcall::sim::papers {
namespace {

using Values = std::vector<double>;

// Sums of twelve uniform draws: nearly normal, with deviation 1.
double bell(Rng& rng) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += rng.unit();
    return sum;
}
Values bells(Rng& rng, std::size_t count, double shift = 0) {
    Values values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(bell(rng) + shift);
    return values;
}

TEST(Quantiles, LieBetweenOrderStatistics) {
    const Values four{4, 1, 3, 2};
    EXPECT_DOUBLE_EQ(mean(four), 2.5);
    EXPECT_DOUBLE_EQ(median(four), 2.5);
    EXPECT_DOUBLE_EQ(quantile(four, 0), 1);
    EXPECT_DOUBLE_EQ(quantile(four, 0.25), 1.75);
    EXPECT_DOUBLE_EQ(quantile(four, 1), 4);
    EXPECT_DOUBLE_EQ(quantile(Values{7}, 0.3), 7);
    const Band band = middle(Values{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, 0.9);
    EXPECT_DOUBLE_EQ(band.low, 5);
    EXPECT_DOUBLE_EQ(band.high, 95);
}

TEST(Quantiles, TheDeviationIsThatOfASample) {
    EXPECT_DOUBLE_EQ(standard_deviation(Values{2, 4, 4, 4, 5, 5, 7, 9}), std::sqrt(32.0 / 7));
    EXPECT_DOUBLE_EQ(standard_deviation(Values{3}), 0);
}

TEST(Bootstrap, CoversTheTrueValueAtItsLevel) {
    Rng rng{11};
    int covered = 0;
    constexpr int kTrials = 300;
    for (int i = 0; i < kTrials; ++i) {
        covered += bootstrap(bells(rng, 60), mean).holds(0) ? 1 : 0;
    }
    // 95 % of 300 is 285; the percentile interval of 60 values is a little narrow.
    EXPECT_GE(covered, 270);
    EXPECT_LE(covered, 297);
}

TEST(Bootstrap, OneSampleHasOneInterval) {
    Rng rng{12};
    const Values sample = bells(rng, 30);
    const Band a = bootstrap(sample, median), b = bootstrap(sample, median);
    EXPECT_EQ(a.low, b.low);
    EXPECT_EQ(a.high, b.high);
    const Band single = bootstrap(Values{3}, mean);
    EXPECT_EQ(single.low, 3);
    EXPECT_EQ(single.high, 3);
}

TEST(KolmogorovSmirnov, MeasuresTheLargestGap) {
    EXPECT_DOUBLE_EQ(kolmogorov_smirnov(Values{1, 2, 3, 4}, Values{1, 2, 3, 4}).distance, 0);
    EXPECT_DOUBLE_EQ(kolmogorov_smirnov(Values{1, 2}, Values{3, 4}).distance, 1);
    EXPECT_DOUBLE_EQ(kolmogorov_smirnov(Values{1, 2, 3, 4}, Values{3, 4, 5, 6}).distance, 0.5);
    EXPECT_DOUBLE_EQ(kolmogorov_smirnov(Values{1, 1, 2, 2}, Values{1, 2, 2, 2}).distance, 0.25)
        << "equal values count at once";
}

TEST(KolmogorovSmirnov, RejectsEqualDistributionsFivePercentOfTheTime) {
    Rng rng{13};
    int rejected = 0;
    for (int i = 0; i < 2000; ++i) {
        rejected += kolmogorov_smirnov(bells(rng, 29), bells(rng, 400)).p < 0.05 ? 1 : 0;
    }
    EXPECT_GT(rejected, 60);
    EXPECT_LT(rejected, 140);
}

TEST(KolmogorovSmirnov, RejectsDifferentDistributions) {
    Rng rng{14};
    int rejected = 0;
    for (int i = 0; i < 100; ++i) {
        rejected += kolmogorov_smirnov(bells(rng, 29), bells(rng, 400, 1)).p < 0.05 ? 1 : 0;
    }
    EXPECT_GT(rejected, 90);
}

TEST(Poisson, TheDistributionIsTheSumOfItsTerms) {
    for (const double expected : {0.1, 1.0, 7.5, 40.0}) {
        double term = std::exp(-expected);
        double sum = 0;
        for (std::uint64_t count = 0; count < 100; ++count) {
            sum += term;
            EXPECT_NEAR(poisson_at_most(count, expected), sum, 1e-10) << count << " " << expected;
            term *= expected / static_cast<double>(count + 1);
        }
    }
    EXPECT_DOUBLE_EQ(poisson_at_most(0, 0), 1);
}

TEST(Poisson, IntervalsMatchPublishedTables) {
    struct Row {
        std::uint64_t count;
        double low, high;
    };
    for (const Row& row : {Row{0, 0, 3.6889}, Row{1, 0.0253, 5.5716}, Row{10, 4.7954, 18.3904},
                           Row{100, 81.3640, 121.6272}}) {
        const Band interval = poisson_interval(row.count);
        // The table has four places; its last one is off for 100.
        EXPECT_NEAR(interval.low, row.low, 5e-4) << row.count;
        EXPECT_NEAR(interval.high, row.high, 5e-4) << row.count;
    }
    const Band many = poisson_interval(1'000'000);
    EXPECT_NEAR(many.low, 1e6 - 1960, 3);
    EXPECT_NEAR(many.high, 1e6 + 1960, 5);
}

TEST(RankCorrelation, DependsOnOrderOnly) {
    EXPECT_DOUBLE_EQ(rank_correlation(Values{1, 2, 3}, Values{10, 200, 201}), 1);
    EXPECT_DOUBLE_EQ(rank_correlation(Values{1, 2, 3}, Values{3, 2, 1}), -1);
    EXPECT_NEAR(rank_correlation(Values{1, 2, 3, 4, 5}, Values{5, 6, 7, 8, 7}), 0.820782681668,
                1e-12)
        << "equal values share their ranks";
    EXPECT_DOUBLE_EQ(rank_correlation(Values{1, 2, 3}, Values{4, 4, 4}), 0);
}

}  // namespace
}  // namespace rollcall::sim::papers
