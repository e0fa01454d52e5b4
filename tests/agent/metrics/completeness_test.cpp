// SPDX-License-Identifier: Apache-2.0
//
// Every counter of every part is a metric: a counter that is added to a struct and not exported
// makes these fail. The structs consist of 64-bit words; each gets a number of its own, and all of
// them must be found among the samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <span>
#include <type_traits>

#include "agent/metrics/agent_metrics.h"
#include "agent/metrics/core_metrics.h"
#include "agent/metrics/http_metrics.h"
#include "agent/metrics/sample_metrics.h"
#include "wire/messages.h"

namespace rollcall::agent {
namespace {

// Numbers that a sample, or the buckets of a histogram, are made from.
void add_numbers(const prometheus::MetricFamily& family, std::set<std::uint64_t>& shown) {
    for (const prometheus::ClientMetric& metric : family.metric) {
        switch (family.type) {
            case prometheus::MetricType::Counter:
                shown.insert(static_cast<std::uint64_t>(metric.counter.value));
                break;
            case prometheus::MetricType::Histogram: {
                const auto& histogram = metric.histogram;
                shown.insert(histogram.sample_count);
                shown.insert(static_cast<std::uint64_t>(std::llround(histogram.sample_sum * 1e9)));
                std::uint64_t before = 0;
                for (const auto& bucket : histogram.bucket) {
                    shown.insert(bucket.cumulative_count - before);
                    shown.insert(histogram.sample_count - bucket.cumulative_count);
                    before = bucket.cumulative_count;
                }
                break;
            }
            default:
                shown.insert(static_cast<std::uint64_t>(metric.gauge.value));
        }
    }
}

std::set<std::uint64_t> numbers_of(Families& families) {
    std::set<std::uint64_t> shown;
    for (const auto& family : families.take()) add_numbers(family, shown);
    return shown;
}

// The number of a word: unlike any other, and unlike sums of few.
std::uint64_t number_of_word(std::size_t place) {
    return 1'000'003 * (place + 1) + place * place * 977;
}

template <class Stats>
Stats numbered() {
    static_assert(std::is_trivially_copyable_v<Stats> && alignof(Stats) == 8,
                  "consists of 64-bit counters");
    Stats stats;
    auto* const first = reinterpret_cast<std::uint64_t*>(&stats);
    for (std::size_t i = 0; i < sizeof stats / sizeof *first; ++i) first[i] = number_of_word(i);
    return stats;
}

template <class Stats, class Member>
std::size_t word_of(const Stats& stats, const Member& member) {
    const auto* const from = reinterpret_cast<const std::uint64_t*>(&stats);
    return static_cast<std::size_t>(reinterpret_cast<const std::uint64_t*>(&member) - from);
}

template <class Stats>
void expect_all_shown(const Stats& stats, const std::set<std::size_t>& besides = {}) {
    Families families;
    add_metrics(stats, families);
    const auto shown = numbers_of(families);
    for (std::size_t i = 0; i < sizeof stats / 8; ++i) {
        if (besides.contains(i)) continue;
        EXPECT_TRUE(shown.contains(number_of_word(i)))
            << "the counter at word " << i << " of the struct (byte " << i * 8
            << ") is no metric: add a row in src/agent/metrics";
    }
}

TEST(MetricsCompleteness, EveryCounterOfTheSerfLayerIsShown) {
    const auto stats = numbered<serf::Stats>();
    const std::size_t checksum = word_of(stats, stats.view_checksum);
    expect_all_shown(stats, {checksum});
    Families families;
    add_metrics(stats, families);
    EXPECT_TRUE(numbers_of(families).contains(number_of_word(checksum) >> 12u));
}

TEST(MetricsCompleteness, EveryCounterOfTheTransportIsShown) {
    expect_all_shown(numbered<transport::Stats>());
}

TEST(MetricsCompleteness, EveryCounterOfTheAgentsPartsIsShown) {
    expect_all_shown(numbered<RpcStats>());
    expect_all_shown(numbered<HandlerStats>());
    expect_all_shown(numbered<FileWriter::Stats>());
    expect_all_shown(numbered<Sampler::Stats>());
    expect_all_shown(numbered<SampleAnswers::Stats>());
    const auto http = numbered<http::Stats>();
    expect_all_shown(http, {word_of(http, http.answers)});  // there is no status below 100
}

// Unknown message types are shown as one sum, so that no peer can make series.
TEST(MetricsCompleteness, EveryCounterOfMembershipIsShownAndUnknownTypesAsOne) {
    const auto stats = numbered<membership::Stats>();
    const std::set<int> known{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 244};
    const std::size_t first = word_of(stats, stats.messages_received);
    std::set<std::size_t> unknown;
    std::uint64_t sum = 0;
    for (int type = 0; type < 256; ++type) {
        if (known.contains(type)) continue;
        const std::size_t word = first + static_cast<std::size_t>(type);
        unknown.insert(word);
        sum += number_of_word(word);
    }
    Families families;
    add_metrics(serf::Stats{}, families);
    add_metrics(stats, families);
    const auto shown = numbers_of(families);
    for (std::size_t i = 0; i < sizeof stats / 8; ++i) {
        EXPECT_TRUE(unknown.contains(i) || shown.contains(number_of_word(i)))
            << "the counter at word " << i << " of membership::Stats (byte " << i * 8
            << ") is no metric: add a row in src/agent/metrics/membership_metrics.cpp";
    }
    EXPECT_TRUE(shown.contains(sum)) << "the sum of the unknown types";
}

TEST(MetricsCompleteness, EveryStateOfASeedIsShown) {
    Families families;
    std::array<std::size_t, kSeedStates> seeds{};
    for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = 100 + i;
    add_metrics(seeds, families);
    const auto shown = numbers_of(families);
    for (const std::size_t count : seeds) EXPECT_TRUE(shown.contains(count)) << count;
}

// A histogram counts what is not later than a bound; the driver what is later.
TEST(DeadlineLateness, IsAHistogramOfTheDriversCounts) {
    transport::Stats stats;
    stats.loop.deadlines = 100;
    stats.loop.late = {40, 30, 20, 10, 5, 4, 3, 1};
    stats.loop.late_ns = 2'500'000'000;
    Families families;
    add_metrics(stats, families);
    const auto all = families.take();
    const auto found = std::ranges::find(all, "rollcall_deadline_lateness_seconds",
                                         &prometheus::MetricFamily::name);
    ASSERT_NE(found, all.end());
    const auto& histogram = found->metric.front().histogram;
    EXPECT_EQ(histogram.sample_count, 100u);
    EXPECT_DOUBLE_EQ(histogram.sample_sum, 2.5);
    ASSERT_EQ(histogram.bucket.size(), 8u);
    EXPECT_DOUBLE_EQ(histogram.bucket[0].upper_bound, 0.001);
    EXPECT_EQ(histogram.bucket[0].cumulative_count, 60u);
    EXPECT_EQ(histogram.bucket[7].cumulative_count, 99u) << "one was later than a second";
}

}  // namespace
}  // namespace rollcall::agent
