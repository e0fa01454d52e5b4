// SPDX-License-Identifier: Apache-2.0
//
// The table, and the rows that are cheap to run: they must match their records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "sim/papers/frame/catalogue.h"
#include "sim/papers/frame/recorded.h"
#include "sim/papers/frame/report.h"
#include "sim/papers/frame/runner.h"
#include "support/test_folder.h"

namespace rollcall::sim::papers {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Scale kQuickly{.effort = Scale::Effort::quick};

TEST(PaperTable, RowsAndRecordsAreComplete) {
    std::set<std::string> ids;
    for (const Row& row : catalogue().rows) {
        EXPECT_TRUE(ids.insert(row.id).second) << row.id << " twice";
        EXPECT_FALSE(row.experiments.empty()) << row.id;
        EXPECT_FALSE(row.tolerance.empty() || row.scenario.empty() || row.repetition.empty())
            << row.id;
        const Recorded* entry = recorded(row.id);
        if (entry == nullptr) continue;  // not reviewed yet
        EXPECT_EQ(entry->day.size(), 10u) << row.id;
        EXPECT_TRUE(entry->reproduced || !entry->why.empty()) << row.id;
        EXPECT_EQ(std::ranges::count(papers(), row.paper, &Paper::name), 1) << row.id;
    }
}

TEST(PaperTable, IsFoundByPaperAndByRow) {
    EXPECT_EQ(rows_named("all").size() + rows_named("fast").size(), catalogue().rows.size());
    ASSERT_EQ(rows_named("S3").size(), 1u);
    EXPECT_EQ(rows_named("S3")[0]->id, "S3");
    EXPECT_GE(rows_named("swim").size(), 8u);
    EXPECT_TRUE(rows_named("swimming").empty());
    EXPECT_EQ(experiments_of(rows_named("S3")).size(), 1u);
}

TEST(PaperTable, QuickDoesNoMoreThanTheDefault) {
    for (const Experiment& experiment : catalogue().experiments) {
        const auto jobs = [&](Scale::Effort effort) { return experiment.jobs({.effort = effort}); };
        EXPECT_GE(jobs(Scale::Effort::quick), 1u) << experiment.id;
        EXPECT_LE(jobs(Scale::Effort::quick), jobs(Scale::Effort::normal)) << experiment.id;
        EXPECT_GE(experiment.jobs({.reps = 1}), 1u) << experiment.id;
    }
}

// Our own profiles are compared with bars, and nothing is published about them.
TEST(PaperTable, OurOwnRowsHaveTablesAndBars) {
    for (const Row* row : rows_named("fast")) {
        EXPECT_FALSE(is_published(*row));
        EXPECT_TRUE(row->table) << row->id;
        EXPECT_THAT(row->tolerance, HasSubstr("at most")) << row->id;
    }
}

// Fails when rows were added, renamed or reviewed since `rollcall-sim paper all --format=markdown`.
TEST(PaperTable, MatchesTheDocumentation) {
    const std::string page = tests::project_file("docs/papers.md");
    for (const Row* published : rows_named("all")) {
        const Row& row = *published;
        const Recorded* entry = recorded(row.id);
        ASSERT_NE(entry, nullptr) << row.id << " was never reviewed";
        const std::string line = "| [" + row.id + "](#" + row.id + ") | " + row.target + " | ";
        EXPECT_THAT(page, HasSubstr(line));
        if (entry->reproduced) {
            EXPECT_THAT(page, HasSubstr(line + "reproduced |\n"));
        } else {
            EXPECT_THAT(page, HasSubstr(std::string{entry->why})) << row.id;
        }
        EXPECT_THAT(page, HasSubstr("\n### " + row.id + ": " + row.target + "\n\n" + row.scenario));
        EXPECT_THAT(page, HasSubstr("* Reproduced if: " + row.tolerance)) << row.id;
    }
}

// Likewise, since `rollcall-sim paper fast --format=markdown`.
TEST(PaperTable, OurOwnTablesMatchTheDocumentation) {
    const std::string page = tests::project_file("docs/detection.md");
    for (const Row* row : rows_named("fast")) {
        EXPECT_THAT(page, HasSubstr("\n### " + row->id + ": " + row->target + "\n\n" +
                                    row->scenario + "\n\n| "));
    }
}

// A row is judged by its worst figure, and a figure without a verdict does not count.
TEST(PaperVerdict, OneFailingFigureIsEnough) {
    using Verdict = Figure::Verdict;
    const auto of = [](std::vector<Verdict> all) {
        std::vector<Figure> figures;
        for (const Verdict verdict : all) figures.push_back({.verdict = verdict});
        return reproduced(figures);
    };
    EXPECT_TRUE(of({Verdict::holds, Verdict::none, Verdict::holds}));
    EXPECT_FALSE(of({Verdict::holds, Verdict::fails}));
    EXPECT_FALSE(of({Verdict::none})) << "no figure has a verdict";
}

TEST(PaperVerdict, ALostReproductionIsARegression) {
    const Recorded good{.id = "X1", .reproduced = true, .day = "2026-01-01", .why = ""};
    const Row row{.id = "X1", .target = "Something"};
    RowOutcome outcome{.row = &row,
                       .figures = {{.name = "seconds",
                                    .published = "3",
                                    .simulated = 7,
                                    .interval = {6, 8},
                                    .allowed = "2 to 4",
                                    .verdict = Figure::Verdict::fails}},
                       .reproduced = false,
                       .recorded = &good};
    EXPECT_TRUE(outcome.regressed());
    EXPECT_THAT(as_text({outcome}), HasSubstr("a regression"));
    EXPECT_THAT(as_text({outcome}), HasSubstr("off; allowed: 2 to 4"));
    outcome.reproduced = true;
    EXPECT_FALSE(outcome.regressed());
    EXPECT_THAT(as_text({outcome}), Not(HasSubstr("regression")));
}

TEST(PaperVerdict, FewRunsDoNotOverrideTheRecordedVerdict) {
    const Recorded bad{.id = "X1", .reproduced = false, .day = "2026-01-01", .why = "The tail."};
    const Row row{.id = "X1", .target = "Something"};
    const RowOutcome outcome{.row = &row,
                             .figures = {{.name = "seconds", .verdict = Figure::Verdict::holds}},
                             .reproduced = true,
                             .recorded = &bad};
    EXPECT_FALSE(outcome.regressed());
    EXPECT_THAT(as_text({outcome}), HasSubstr("not as a whole: The tail."));
    EXPECT_THAT(as_text({outcome}), HasSubstr("0 of 1 row reproduced"));
}

TEST(PaperNumbers, HaveFourSignificantDigits) {
    EXPECT_EQ(number(1.5819767), "1.582");
    EXPECT_EQ(number(12460), "12460");
    EXPECT_EQ(number(0.05), "0.05");
    EXPECT_EQ(number(100), "100");
    EXPECT_EQ(number(-2.5), "-2.5");
    EXPECT_EQ(number(1.22e-6), "1.22e-06");
    EXPECT_EQ(number(0), "0");
    EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "none");
}

class CheapRow : public ::testing::TestWithParam<const char*> {};

TEST_P(CheapRow, MatchesItsRecord) {
    const auto rows = rows_named(GetParam());
    ASSERT_EQ(rows.size(), 1u);
    const auto results = run_experiments(experiments_of(rows), {.scale = kQuickly, .threads = 2});
    const auto outcomes = judge(rows, kQuickly, results);
    EXPECT_EQ(outcomes[0].reproduced, recorded(GetParam())->reproduced) << as_text(outcomes);
}
INSTANTIATE_TEST_SUITE_P(Papers, CheapRow, ::testing::Values("S1", "S2", "S4", "S5", "T1"));

}  // namespace
}  // namespace rollcall::sim::papers
