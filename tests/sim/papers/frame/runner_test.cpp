// SPDX-License-Identifier: Apache-2.0
//
// Experiments give the same measurements on any number of threads and machines, and stored results
// are exact to the last bit.
#include "sim/papers/frame/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/rng.h"
#include "sim/papers/frame/catalogue.h"
#include "sim/papers/frame/shards.h"

namespace rollcall::sim::papers {
namespace {

using ::testing::HasSubstr;

// Jobs of very different length, whose measurement depends on their seed alone.
Experiment uneven(std::string id, std::size_t jobs) {
    return {.id = std::move(id),
            .jobs = [jobs](const Scale& s) { return s.reps ? *s.reps : jobs; },
            .run = [](const Scale&, std::size_t job, std::uint64_t seed) -> Measurement {
                Rng rng{seed};
                double sum = 0;
                for (std::size_t i = 0; i < 1000 * (job % 7 + 1); ++i) sum += rng.unit();
                return {static_cast<double>(job), sum / 3};
            }};
}

struct Two {
    Experiment a = uneven("test/a", 23), b = uneven("test/b", 5);
    std::vector<const Experiment*> both{&a, &b};
};

TEST(PaperRunner, ResultsDoNotDependOnThreads) {
    const Two two;
    const Results alone = run_experiments(two.both, {.threads = 1});
    EXPECT_EQ(alone.at("test/a").size(), 23u);
    EXPECT_EQ(run_experiments(two.both, {.threads = 4}), alone);
    EXPECT_EQ(run_experiments({&two.b, &two.a}, {.threads = 3}), alone);
}

TEST(PaperRunner, SeedsDifferByExperimentAndJob) {
    std::set<std::uint64_t> seeds;
    for (std::size_t job = 0; job < 1000; ++job) {
        seeds.insert(seed_of("test/a", job));
        seeds.insert(seed_of("test/b", job));
    }
    EXPECT_EQ(seeds.size(), 2000u);
}

TEST(PaperRunner, ProgressEndsAtAllJobs) {
    const Two two;
    Progress last;
    const RunPlan plan{.threads = 2, .progress = [&](const Progress& p) { last = p; }};
    (void)run_experiments(two.both, plan);
    EXPECT_EQ(last.jobs_done, 28u);
    EXPECT_EQ(last.jobs, 28u);
    EXPECT_NEAR(last.done, 1, 1e-9);
}

TEST(PaperShards, MergeToTheSameResultsBitForBit) {
    const Two two;
    const Results whole = run_experiments(two.both, {});
    std::vector<std::string> texts;
    for (unsigned shard = 1; shard <= 3; ++shard) {
        texts.push_back(write_results({}, run_experiments(two.both, {.shard = shard, .of = 3})));
    }
    const auto merged = read_results(texts, two.both);
    ASSERT_TRUE(merged) << merged.error();
    EXPECT_EQ(merged->results, whole);
    EXPECT_EQ(merged->scale.effort, Scale::Effort::normal);
    EXPECT_EQ(merged->scale.reps, std::nullopt);
}

TEST(PaperShards, KeepTheirScale) {
    const Two two;
    const Scale scale{.effort = Scale::Effort::quick, .reps = 4};
    const auto read =
        read_results({write_results(scale, run_experiments(two.both, {.scale = scale}))}, two.both);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->scale.effort, Scale::Effort::quick);
    EXPECT_EQ(read->scale.reps, 4u);
}

TEST(PaperShards, ReportErrorsInAFile) {
    const Two two;
    const auto problem = [&](const std::vector<std::string>& texts) {
        const auto read = read_results(texts, two.both);
        return read ? std::string{"accepted"} : read.error();
    };
    const std::string head = "rollcall-sim papers 1 quick 2\n";
    EXPECT_THAT(problem({""}), HasSubstr("file 1, line 0: empty"));
    EXPECT_THAT(problem({"something else\n"}), HasSubstr("file 1, line 1: not a head"));
    EXPECT_THAT(problem({"rollcall-sim papers 1 quick 0\n"}), HasSubstr("not a head"));
    EXPECT_THAT(problem({head, "rollcall-sim papers 1 full 2\n"}),
                HasSubstr("file 2, line 1: of another run"));
    EXPECT_THAT(problem({head + "test/c 0 1\n"}), HasSubstr("line 2: experiment 'test/c'"));
    EXPECT_THAT(problem({head + "test/a 2 1\n"}), HasSubstr("job '2'; allowed: 0 to 1"));
    EXPECT_THAT(problem({head + "test/a 0 x\n"}), HasSubstr("'x'; allowed: a number"));
    EXPECT_THAT(problem({head + "test/a 0\n"}), HasSubstr("too short"));
    EXPECT_THAT(problem({head + "test/a 0 1\ntest/a 0 1\n"}), HasSubstr("line 3: job 0 again"));
    EXPECT_THAT(problem({head + "test/a 0 1\n"}), HasSubstr("test/a: job 1 is in none"));
    EXPECT_EQ(problem({head + "test/a 0 1 nan\ntest/a 1 2.5e-3\n"}), "accepted");
}

}  // namespace
}  // namespace rollcall::sim::papers
