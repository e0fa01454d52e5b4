// SPDX-License-Identifier: Apache-2.0
#include "sim/program/trace.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "support/test_folder.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

Scenario traced_crash() {
    Scenario scenario;
    scenario.name = "crash";
    scenario.nodes = 4;
    scenario.length = 20s;
    scenario.steps.push_back({.at = 2s, .what = action::Crash{{3}}});
    return scenario;
}

TEST(Trace, HasALinePerEventFromBeginToEnd) {
    const tests::TestFolder folder;
    const std::string path = folder / "trace";
    const Scenario scenario = traced_crash();
    OutputFile file{path, Console{}};
    Trace trace{file, scenario, 9};
    std::array<Observer*, 1> observers{&trace};
    const RunResult result = run(scenario, 9, {.observers = observers});
    trace.finish(result);
    ASSERT_EQ(file.finish(), "");

    std::vector<Json> lines;
    std::ifstream in{path};
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    ASSERT_GT(lines.size(), 10u);
    EXPECT_EQ(lines.front()["kind"], "begin");
    EXPECT_EQ(lines.front()["seed"], 9);
    EXPECT_EQ(lines.back()["kind"], "end");
    EXPECT_EQ(lines.back()["holds"], true);
    std::int64_t before = 0;
    unsigned failed = 0;
    for (const Json& line : lines) {
        EXPECT_GE(line["at_us"].get<std::int64_t>(), before);
        before = line["at_us"];
        if (line["kind"] == "step") {
            EXPECT_EQ(line["at_us"], 2'000'000);
            EXPECT_EQ(line["nodes"], Json({"n3"}));
        }
        if (line["kind"] != "failed") continue;
        ++failed;
        EXPECT_EQ(line["about"], "n3");
        EXPECT_NE(line["node"], "n3");
    }
    EXPECT_EQ(failed, 3u);
}

TEST(Trace, HostileTextIsOneLineOfAscii) {
    const std::string line =
        trace_line(1s, "n1\n\xff", membership::MemberReaped{"\"},{\"\n\x1b[2J\u202e"});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    for (const char c : line) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
    EXPECT_EQ(Json::parse(line)["about"], "\"},{\"\n\x1b[2J\u202e");
}

template <std::size_t... I>
std::vector<std::string> kinds_of_events(std::index_sequence<I...>) {
    return {
        Json::parse(trace_line(0s, "n1", membership::Event{std::in_place_index<I>}))["kind"]...};
}

TEST(Trace, EveryKindOfLineIsDocumented) {
    const std::string docs = tests::project_file("docs/simulation.md");
    auto kinds =
        kinds_of_events(std::make_index_sequence<std::variant_size_v<membership::Event>>{});
    kinds.insert(kinds.end(), {"begin", "step", "healing", "end"});
    for (const std::string& kind : kinds) {
        EXPECT_NE(kind, "");
        EXPECT_NE(docs.find("`" + kind + "`"), std::string::npos) << kind;
    }
}

TEST(OutputFile, ReportsWhatCouldNotBeWritten) {
    OutputFile nowhere{"/nonexistent/trace", Console{}};
    nowhere.write("lost");
    EXPECT_EQ(nowhere.finish(), "cannot open '/nonexistent/trace': No such file or directory");
}

TEST(OutputFile, AFullDiskIsAnError) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    OutputFile full{"/dev/full", Console{}};
    full.write("a few bytes fit into the buffer");
    EXPECT_EQ(full.finish(), "cannot write '/dev/full': No space left on device");
    OutputFile much{"/dev/full", Console{}};
    for (int i = 0; i < 100; ++i) much.write(std::string(10'000, 'x'));
    EXPECT_EQ(much.finish(), "cannot write '/dev/full': No space left on device");
}

}  // namespace
}  // namespace rollcall::sim
