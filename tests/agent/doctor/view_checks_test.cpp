// SPDX-License-Identifier: Apache-2.0
//
// What is found by comparing this agent's view with those of others: the timings.
#include "agent/doctor/view_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

AgentView view_of(std::string from) {
    return {.from = std::move(from),
            .view = "v",
            .version = "0.1.0",
            .timings = "0123abcd",
            .key = "",
            .values = {{"probe-interval", "1s"}},
            .tuning = {},
            .tuning_id = {}};
}

AgentView tentative(AgentView view, Duration left) {
    view.tuning = "tentative";
    view.tuning_id = "x1";
    view.tuning_left = left;
    return view;
}

rpc::DoctorFinding finding(const AgentView& ours, const std::vector<AgentView>& others,
                           const std::string& check) {
    Findings findings;
    check_views(ours, others, others.size(), findings);
    for (const rpc::DoctorFinding& one : findings.take()) {
        if (one.check == check) return one;
    }
    ADD_FAILURE() << "nothing about " << check;
    return {};
}

TEST(ViewChecks, TimingsThatDifferAreAProblemWithValuesAndMembers) {
    AgentView other = view_of("n3");
    other.timings = "89abcdef";
    other.values["probe-interval"] = "700ms";
    const auto found = finding(view_of("n1"), {view_of("n2"), other}, "timings");
    EXPECT_EQ(found.cause, "timings-differ");
    EXPECT_THAT(found.what, AllOf(HasSubstr("fingerprint 0123abcd, another one at n3"),
                                  HasSubstr("probe-interval 1s here, 700ms there")));
    EXPECT_THAT(finding(view_of("n1"), {view_of("n2")}, "timings").what,
                HasSubstr("0123abcd, as at 1 of 1"));
}

TEST(ViewChecks, ATentativeChangeIsAWarningWhereverItIs) {
    const std::string here = "n1 (x1, 1m30s left)";
    auto found = finding(tentative(view_of("n1"), 89500ms), {}, "tuning");
    EXPECT_EQ(found.grade, "warn");
    EXPECT_EQ(found.cause, "timings-tentative");
    EXPECT_THAT(found.what, HasSubstr(here));
    found = finding(view_of("n1"), {view_of("n2"), tentative(view_of("n3"), 5s)}, "tuning");
    EXPECT_EQ(found.grade, "warn");
    EXPECT_THAT(found.what, AllOf(HasSubstr("n3 (x1, 5s left)"), Not(HasSubstr("n2"))));
}

TEST(ViewChecks, AConfirmedChangeIsNamedAndIsNoWarning) {
    AgentView ours = view_of("n1");
    EXPECT_THAT(finding(ours, {}, "tuning").what, HasSubstr("those of the configuration"));
    ours.tuning = "confirmed";
    ours.tuning_id = "x1";
    const auto found = finding(ours, {}, "tuning");
    EXPECT_EQ(found.grade, "ok");
    EXPECT_THAT(found.what, HasSubstr("x1 was confirmed"));
}

// Others may send anything.
TEST(ViewChecks, NumbersOfOthersAreBounded) {
    const auto huge = parse_view(
        "n2", R"({"view":"v","time_ms":18446744073709551615,)"
              R"("tuning":{"state":"tentative","id":"x","left_ms":18446744073709551615}})");
    ASSERT_TRUE(huge);
    EXPECT_GT(huge->time_ms, 0);
    EXPECT_GT(huge->tuning_left, Duration{});
    const auto odd = parse_view("n2", R"({"view":"v","time_ms":-1,"tuning":7})");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->time_ms, 0);
    EXPECT_EQ(odd->tuning, "");
}

}  // namespace
}  // namespace rollcall::agent
