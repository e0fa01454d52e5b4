// SPDX-License-Identifier: Apache-2.0
//
// `rollcall doctor`: what it prints, and its exit codes. The table of causes in the documentation
// is the one that is compiled in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "cli/captured.h"
#include "cli/fake_agent.h"
#include "rpc/doctor_causes.h"
#include "rpc/messages.h"
#include "support/test_folder.h"

namespace rollcall::cli {
namespace {

namespace rpc = agent::rpc;
using ::testing::AllOf;
using testing::FakeAgent;
using ::testing::HasSubstr;
using testing::header;
using testing::kClientSends;
using ::testing::Not;
using testing::run;
using testing::Step;

testing::Outcome examine(std::vector<rpc::DoctorFinding> findings,
                         std::vector<std::string> more = {}) {
    FakeAgent agent{
        {.steps = {kClientSends,
                   kClientSends,
                   header(1),
                   kClientSends,
                   kClientSends,
                   header(2),
                   {.bytes = rpc::encode(rpc::DoctorResponse{.findings = std::move(findings)})}}}};
    std::vector<std::string> line{"doctor", "db3", "--rpc-addr", agent.address()};
    line.insert(line.end(), more.begin(), more.end());
    return run(line);
}

TEST(Doctor, WithoutAProblemItSucceeds) {
    const auto outcome = examine({{.check = "udp", .grade = "ok", .what = "12 pings were acked"},
                                  {.check = "clock",
                                   .grade = "warn",
                                   .cause = "clock-jump",
                                   .what = "set",
                                   .remedy = "slew"}});
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("ok       udp            12 pings were acked\n"),
                                   HasSubstr("warn     clock          set [clock-jump]\n"),
                                   HasSubstr("-> slew\n"), HasSubstr("\n0 problems, 1 warning\n")));
}

TEST(Doctor, TheExitCodeIsThatOfTheFirstCauseWorthRemoving) {
    const rpc::DoctorFinding timings{.check = "t", .grade = "problem", .cause = "timings-differ"};
    const rpc::DoctorFinding udp{.check = "u", .grade = "problem", .cause = "udp-blocked"};
    const rpc::DoctorFinding newer{.check = "n", .grade = "problem", .cause = "of-a-newer-agent"};
    EXPECT_EQ(examine({timings, udp, newer}).exit, 25);
    EXPECT_EQ(examine({newer, timings}).exit, 60);
    EXPECT_EQ(examine({newer}).exit, 1);
}

TEST(Doctor, StrictlyAWarningHasAnExitCodeToo) {
    const rpc::DoctorFinding clock{.check = "c", .grade = "warn", .cause = "clock-jump"};
    const rpc::DoctorFinding skipped{.check = "s", .grade = "skip"};
    const rpc::DoctorFinding plain{.check = "h", .grade = "warn"};
    EXPECT_EQ(examine({clock, skipped}).exit, 0);
    EXPECT_EQ(examine({clock, skipped}, {"--strict"}).exit, 53);
    EXPECT_EQ(examine({plain}, {"--strict"}).exit, 1);
    EXPECT_EQ(examine({skipped}, {"--strict"}).exit, 0);
    const auto outcome = examine({clock}, {"--strict", "--format", "json"});
    EXPECT_EQ(nlohmann::json::parse(outcome.out)["exit_code"], 53);
}

TEST(Doctor, JsonHasTheFindingsAndTheExitCode) {
    const auto outcome =
        examine({{.check = "udp", .grade = "problem", .cause = "udp-blocked", .what = "none"}},
                {"--format", "json"});
    EXPECT_EQ(outcome.exit, 25);
    const auto json = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(json["exit_code"], 25);
    EXPECT_EQ(json["findings"][0]["cause"], "udp-blocked");
}

TEST(Doctor, TextOfTheAgentIsSanitized) {
    const auto outcome = examine(
        {{.check = "\x1b[2J", .grade = "\x1b", .cause = "\x1b", .what = "\x1b", .remedy = "\x1b"}});
    EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
}

TEST(Doctor, AnAgentThatCannotBeAskedIsAFinding) {
    std::string closed;
    {
        const FakeAgent gone{{}};
        closed = gone.address();
    }
    EXPECT_EQ(run({"doctor", "--rpc-addr", closed}).exit, 10);
    EXPECT_EQ(run({"doctor", "--rpc-addr", "unix:/nonexistent/socket"}).exit, 10);
    FakeAgent older{{.steps = {kClientSends, kClientSends, header(1), kClientSends, kClientSends,
                               header(2, "Unsupported command")}}};
    const auto outcome = run({"doctor", "--rpc-addr", older.address()});
    EXPECT_EQ(outcome.exit, 13);
    EXPECT_THAT(outcome.out, HasSubstr("[no-doctor]"));
}

TEST(DoctorCauses, AreInOrderOfTheirCodesWhichAreUnique) {
    std::set<int> codes;
    int last = 9;
    for (const rpc::DoctorCause& cause : rpc::kDoctorCauses) {
        EXPECT_TRUE(codes.insert(cause.exit_code).second) << cause.name;
        EXPECT_GT(cause.exit_code, last) << cause.name;
        EXPECT_LT(cause.exit_code, 126) << "shells use those above";
        EXPECT_FALSE(cause.remedy.empty()) << cause.name;
        last = cause.exit_code;
    }
}

TEST(DoctorCauses, AreListedWithoutAnAgent) {
    const auto text = run({"doctor", "--causes"});
    EXPECT_EQ(text.exit, 0);
    const auto outcome = run({"doctor", "--causes", "--format", "json"});
    EXPECT_EQ(outcome.exit, 0);
    const auto list = nlohmann::json::parse(outcome.out)["causes"];
    ASSERT_EQ(list.size(), rpc::kDoctorCauses.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        EXPECT_EQ(list[i]["cause"], rpc::kDoctorCauses[i].name);
        EXPECT_EQ(list[i]["exit_code"], rpc::kDoctorCauses[i].exit_code);
        EXPECT_EQ(list[i]["remedy"], rpc::kDoctorCauses[i].remedy);
        EXPECT_THAT(text.out, HasSubstr(std::string{rpc::kDoctorCauses[i].name}));
    }
}

TEST(DoctorCauses, StandInTheDocumentation) {
    std::string table = "| cause | exit code | remedy |\n| --- | --: | --- |\n";
    for (const rpc::DoctorCause& cause : rpc::kDoctorCauses) {
        table += "| `" + std::string{cause.name} + "` | " + std::to_string(cause.exit_code) +
                 " | " + std::string{cause.remedy} + " |\n";
    }
    EXPECT_THAT(rollcall::tests::project_file("docs/operations/doctor.md"), HasSubstr(table))
        << "docs/operations/doctor.md should have this table:\n"
        << table;
}

}  // namespace
}  // namespace rollcall::cli
