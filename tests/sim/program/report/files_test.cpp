// SPDX-License-Identifier: Apache-2.0
//
// --report, --trace and `plan` on the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/program/ask.h"
#include "sim/program/commands.h"

namespace rollcall::sim {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

class ReportFiles : public WithFolder {
protected:
    void SetUp() override {
        WithFolder::SetUp();
        scenario_ = write("small.txt", "# Small.\nnodes 4\nrun 20s\nat 2s crash n2\n");
    }
    std::string scenario_;
};

TEST_F(ReportFiles, AreWrittenAndChangeNothing) {
    const Answer bare = ask({"run", scenario_, "--format", "json"});
    const Answer reply = ask({"run", scenario_, "--format", "json", "--report", path("page.html"),
                              "--trace", path("trace")});
    ASSERT_EQ(reply.code, kHolds) << reply.err;
    EXPECT_EQ(Json::parse(reply.out)["hash"], Json::parse(bare.out)["hash"]);
    const std::string page = read("page.html");
    EXPECT_TRUE(page.starts_with("<!doctype html>"));
    EXPECT_TRUE(page.ends_with("</html>\n"));
    EXPECT_THAT(page, HasSubstr("rollcall-sim run " + scenario_ + " --seed 1"));
    const std::string trace = read("trace");
    const Json last = Json::parse(trace.substr(trace.rfind('\n', trace.size() - 2) + 1));
    EXPECT_EQ(last["hash"], Json::parse(reply.out)["hash"]);
}

TEST_F(ReportFiles, AWrongPathIsAnErrorBeforeTheRun) {
    const Answer reply = ask({"run", scenario_, "--report", path("no/such/folder.html")});
    EXPECT_EQ(reply.code, kUsage);
    EXPECT_EQ(reply.out, "");
    EXPECT_THAT(reply.err, HasSubstr("cannot open"));
}

TEST_F(ReportFiles, AFullDiskIsExitCodeOneAndTheResultIsStillPrinted) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    for (const char* flag : {"--report", "--trace"}) {
        const Answer reply = ask({"run", scenario_, flag, "/dev/full"});
        EXPECT_EQ(reply.code, kBroken) << flag;
        EXPECT_THAT(reply.out, HasSubstr("holds"));
        EXPECT_THAT(reply.err, HasSubstr("cannot write '/dev/full'"));
    }
}

TEST_F(ReportFiles, PlanComparesValuesAndReportsWrongOnes) {
    const Answer reply = ask({"plan", scenario_, "--vary", "probe_interval=500ms,1s", "--set",
                              "probe_timeout=200ms", "--seeds", "2", "--format", "json"});
    ASSERT_EQ(reply.code, kHolds) << reply.err;
    EXPECT_EQ(Json::parse(reply.out)["points"].size(), 2u);
    EXPECT_EQ(reply.err, "") << "no progress without a terminal";
    // A timeout of 500 ms in an interval of 500 ms: one warning, and the plan still runs.
    const Answer risky = ask({"plan", scenario_, "--vary", "probe_interval=500ms", "--seeds", "1"});
    EXPECT_EQ(risky.code, kHolds);
    EXPECT_THAT(risky.err, HasSubstr("warning: probe_timeout 500ms is more than half of"));

    const Answer text = ask({"plan", scenario_, "--vary", "loss=0%,5%", "--vary", "nodes=4,6",
                             "--seeds", "1", "--threads", "1"});
    ASSERT_EQ(text.code, kHolds) << text.err;
    EXPECT_THAT(text.out, HasSubstr("4 runs in"));

    for (const auto& [vary, what] : std::vector<std::pair<std::string, std::string>>{
             {"prob_interval=1s", "did you mean 'probe_interval'?"},
             {"probe_interval=soon", "probe_interval"},
             {"probe_interval=1ms", "probe_interval"},
             {"loss=200%", "a share from 0% to 100%"}}) {
        const Answer wrong = ask({"plan", scenario_, "--vary", vary});
        EXPECT_EQ(wrong.code, kUsage) << vary;
        EXPECT_THAT(wrong.err, HasSubstr(what)) << vary;
        EXPECT_THAT(wrong.err, HasSubstr("allowed:")) << vary;
    }
    const Answer twice = ask({"plan", scenario_, "--vary", "loss=1%", "--vary", "loss=2%"});
    EXPECT_EQ(twice.code, kUsage);
    EXPECT_THAT(twice.err, HasSubstr("each name once"));
}

}  // namespace
}  // namespace rollcall::sim
