// SPDX-License-Identifier: Apache-2.0
//
// --report, --trace and `plan` from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "sim/program/commands.h"

namespace rollcall::sim {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

class ReportFiles : public testing::Test {
protected:
    struct Reply {
        int code = -1;
        std::string out, err;
    };
    void SetUp() override {
        std::string pattern = testing::TempDir() + "rollcall-sim-XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        scenario_ = path("small.txt");
        std::ofstream{scenario_} << "# Small.\nnodes 4\nrun 20s\nat 2s crash n2\n";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder_ / name).string();
    }
    static std::string whole(const std::string& path) {
        std::ifstream in{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    static Reply ask_program(const std::vector<std::string>& arguments) {
        Console console;
        console.out = std::tmpfile();
        console.err = std::tmpfile();
        Reply reply{.code = run_program(arguments, console)};
        for (const auto& [file, text] :
             {std::pair{console.out, &reply.out}, {console.err, &reply.err}}) {
            std::rewind(file);
            for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
                *text += static_cast<char>(c);
            }
            std::fclose(file);
        }
        return reply;
    }
    std::filesystem::path folder_;
    std::string scenario_;
};

TEST_F(ReportFiles, AreWrittenBesideTheAnswerAndChangeNothing) {
    const Reply bare = ask_program({"run", scenario_, "--format", "json"});
    const Reply reply = ask_program({"run", scenario_, "--format", "json", "--report",
                                     path("page.html"), "--trace", path("trace")});
    ASSERT_EQ(reply.code, kHolds) << reply.err;
    EXPECT_EQ(Json::parse(reply.out)["hash"], Json::parse(bare.out)["hash"]);
    const std::string page = whole(path("page.html"));
    EXPECT_TRUE(page.starts_with("<!doctype html>"));
    EXPECT_TRUE(page.ends_with("</html>\n"));
    EXPECT_THAT(page, HasSubstr("rollcall-sim run " + scenario_ + " --seed 1"));
    const std::string trace = whole(path("trace"));
    const Json last = Json::parse(trace.substr(trace.rfind('\n', trace.size() - 2) + 1));
    EXPECT_EQ(last["hash"], Json::parse(reply.out)["hash"]);
}

TEST_F(ReportFiles, APathThatIsWrongIsToldBeforeTheRun) {
    const Reply reply = ask_program({"run", scenario_, "--report", path("no/such/folder.html")});
    EXPECT_EQ(reply.code, kUsage);
    EXPECT_EQ(reply.out, "");
    EXPECT_THAT(reply.err, HasSubstr("cannot open"));
}

TEST_F(ReportFiles, AFullDiskIsExitCodeOneAndTheAnswerIsGivenAllTheSame) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    for (const char* flag : {"--report", "--trace"}) {
        const Reply reply = ask_program({"run", scenario_, flag, "/dev/full"});
        EXPECT_EQ(reply.code, kBroken) << flag;
        EXPECT_THAT(reply.out, HasSubstr("holds"));
        EXPECT_THAT(reply.err, HasSubstr("cannot write '/dev/full'"));
    }
}

TEST_F(ReportFiles, PlanComparesAndSaysWhatIsWrongWithAValue) {
    const Reply reply = ask_program({"plan", scenario_, "--vary", "probe_interval=500ms,1s",
                                     "--seeds", "2", "--format", "json"});
    ASSERT_EQ(reply.code, kHolds) << reply.err;
    EXPECT_EQ(Json::parse(reply.out)["points"].size(), 2u);
    EXPECT_EQ(reply.err, "") << "no progress where nobody looks";

    const Reply text = ask_program({"plan", scenario_, "--vary", "loss=0%,5%", "--vary",
                                    "nodes=4,6", "--seeds", "1", "--threads", "1"});
    ASSERT_EQ(text.code, kHolds) << text.err;
    EXPECT_THAT(text.out, HasSubstr("4 runs in"));

    for (const auto& [vary, what] : std::vector<std::pair<std::string, std::string>>{
             {"prob_interval=1s", "did you mean 'probe_interval'?"},
             {"probe_interval=soon", "probe_interval"},
             {"probe_interval=1ms", "probe_interval"},
             {"loss=200%", "a share from 0% to 100%"}}) {
        const Reply wrong = ask_program({"plan", scenario_, "--vary", vary});
        EXPECT_EQ(wrong.code, kUsage) << vary;
        EXPECT_THAT(wrong.err, HasSubstr(what)) << vary;
        EXPECT_THAT(wrong.err, HasSubstr("allowed:")) << vary;
    }
    const Reply twice = ask_program({"plan", scenario_, "--vary", "loss=1%", "--vary", "loss=2%"});
    EXPECT_EQ(twice.code, kUsage);
    EXPECT_THAT(twice.err, HasSubstr("each name once"));
}

}  // namespace
}  // namespace rollcall::sim
