// SPDX-License-Identifier: Apache-2.0
//
// The language of scenario files: parsing, and error messages. The files in bad/ have their
// messages at their head.
#include "sim/scenario/language/file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sim/scenario/language/settings.h"
#include "sim/scenario/language/units.h"
#include "support/test_folder.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::State;

const std::filesystem::path kSource{ROLLCALL_SOURCE_DIR};

Scenario read_good(std::string_view text, const FileOptions& options = {}) {
    ScenarioFile file = read_scenario(text, "test", options);
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string("test");
    return std::move(file.scenario);
}
template <class A>
const A& step_as(const Scenario& scenario, std::size_t i) {
    return std::get<A>(scenario.steps.at(i).what);
}

TEST(ScenarioFile, DescribesTheCluster) {
    const Scenario s = read_good(R"(# SPDX-License-Identifier: Apache-2.0
#
# Why it is
# so.
#
# And more.
nodes 12    # a dozen
core serf
profile wan
set probe_interval 6s
set reconnect_interval 7s
begin alone
encryption on
links latency constant 5ms, loss 2.5%, duplication 1%, reordering 3% by 20ms, mtu 900
wake_delay 1500us
run 2m
healing 1.5m
figures detect_last_s, probes
seed 12
hash 0xff
# not the reason
)");
    EXPECT_EQ(s.why, "Why it is so.\nAnd more.");
    EXPECT_EQ(s.nodes, 12u);
    EXPECT_TRUE(s.serf);
    EXPECT_EQ(s.profile.gossip_nodes, membership::Config::wan().gossip_nodes);
    EXPECT_EQ(s.profile.probe_interval, 6s);
    EXPECT_EQ(s.serf_layer.reconnect_interval, 7s);
    EXPECT_EQ(s.beginning, Beginning::alone);
    EXPECT_TRUE(s.encrypted);
    EXPECT_EQ(s.links.latency_min, 5ms);
    EXPECT_EQ(s.links.latency_max, 5ms);
    EXPECT_DOUBLE_EQ(s.links.loss, 0.025);
    EXPECT_DOUBLE_EQ(s.links.duplication, 0.01);
    EXPECT_DOUBLE_EQ(s.links.reordering, 0.03);
    EXPECT_EQ(s.links.reordering_delay, 20ms);
    EXPECT_EQ(s.links.mtu, 900u);
    EXPECT_EQ(s.wake_delay, 1500us);
    EXPECT_EQ(s.length, 120s);
    EXPECT_EQ(s.healing, 90s);
    EXPECT_EQ(s.metrics, (std::vector<std::string>{"detect_last_s", "probes"}));
    EXPECT_EQ(s.seed, 12u);
    EXPECT_EQ(s.hash, 0xffu);
}

TEST(ScenarioFile, NodeListsAreParsed) {
    const Scenario s = read_good(R"(run 10s
nodes 10
at 1s kill n7
at 2s kill n2..n4, n9
at 3s kill all
at 4s kill all but n1, n3..n10
at 5s kill first 3
at 6s kill last 15%, n1
)");
    const std::vector<Nodes> expected = {{7}, {2, 3, 4, 9}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
                                         {2}, {1, 2, 3},    {1, 9, 10}};
    ASSERT_EQ(s.steps.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(step_as<action::Kill>(s, i).who, expected[i]) << i;
        EXPECT_EQ(s.steps[i].line, i + 3);
    }
}

TEST(ScenarioFile, StepsAreRepeatedStaggeredAndUndone) {
    const Scenario s = read_good(R"(run 100s
at 50s crash n1 for 5s
every 20s from 10s to 60s update n2
at 20s one every 1s pause n3..n5 for 2s
at 95s cut n1 <-> n2 for 10s
)");
    std::vector<std::pair<Duration, std::size_t>> got;
    for (const Step& step : s.steps) got.emplace_back(step.at, step.what.index());
    const auto index = [](const Action& a) { return a.index(); };
    const std::size_t crash = index(action::Crash{}), start = index(action::Start{}),
                      update = index(action::UpdateMeta{}), pause = index(action::Pause{}),
                      resume = index(action::Resume{}), cut = index(action::Cut{});
    // Equal times in the order written; an end after the run is left out.
    const std::vector<std::pair<Duration, std::size_t>> expected = {
        {10s, update}, {20s, pause},  {21s, pause},  {22s, resume}, {22s, pause},
        {23s, resume}, {24s, resume}, {30s, update}, {50s, crash},  {50s, update},
        {55s, start},  {95s, cut},    {95s, cut}};
    EXPECT_EQ(got, expected);
}

TEST(ScenarioFile, EveryActionIsParsed) {
    const Scenario s = read_good(R"(run 60s
nodes 6
core serf
at 1s restart n1 at a new address under a new name
at 2s restart n2 at the address of n3
at 3s join n4..n5 via n6
at 4s slow n1 by 20ms
at 5s block n1 in turns of 4s, running 1s
at 6s unblock n1
at 7s drift n1 by -200ppm
at 8s jump n1 by 30s
at 9s partition n1..n2 | n3
at 10s cut n1, n2 -> n3
at 11s mend n1 -> n3
at 12s links loss 30%
at 13s link n1 -> n2 latency constant 9ms
at 14s loss n1 in 80%, out 10%
at 14s bandwidth n1 in 1Mbit/s, out 100kB/s, queue 9000
at 15s heal
at 16s leave n6
at 17s resume n1
at 18s start n1
at 19s event n1..n2
at 20s query n3
at 21s rotate n2..n3 to key 4 without failed
at 22s unsendable n2 -> n3..n4
at 23s unsendable n1 because local
at 24s readdress n1, n5
at 25s freeze n4 for 1s
at 27s thaw n4
published n2, n5..n6
)");
    EXPECT_EQ(s.published, (Nodes{2, 5, 6}));
    EXPECT_EQ(step_as<action::Cut>(s, 22).to, (Nodes{3, 4}));
    EXPECT_EQ(step_as<action::Cut>(s, 22).because, membership::SendError::no_route);
    EXPECT_EQ(step_as<action::Cut>(s, 23).to, (Nodes{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(step_as<action::Cut>(s, 23).because, membership::SendError::local);
    EXPECT_FALSE(step_as<action::Cut>(s, 9).because);
    EXPECT_TRUE(step_as<action::Restart>(s, 0).new_address);
    EXPECT_TRUE(step_as<action::Restart>(s, 0).new_name);
    EXPECT_EQ(step_as<action::Restart>(s, 1).address_of, 3u);
    EXPECT_EQ(step_as<action::Join>(s, 2).via, 6u);
    EXPECT_EQ(step_as<action::Slow>(s, 3).service_time, 20ms);
    EXPECT_EQ(step_as<action::Block>(s, 4).blocked, 4s);
    EXPECT_EQ(step_as<action::Block>(s, 4).running, 1s);
    EXPECT_EQ(step_as<action::Block>(s, 5).blocked, 0s);
    EXPECT_EQ(step_as<action::Drift>(s, 6).parts_per_million, -200);
    EXPECT_EQ(step_as<action::ClockJump>(s, 7).forward, 30s);
    EXPECT_EQ(step_as<action::Partition>(s, 8).groups, (std::vector<Nodes>{{1, 2}, {3}}));
    EXPECT_EQ(step_as<action::Cut>(s, 9).from, (Nodes{1, 2}));
    EXPECT_EQ(step_as<action::Mend>(s, 10).to, Nodes{3});
    EXPECT_DOUBLE_EQ(step_as<action::SetLinks>(s, 11).quality.loss, 0.3);
    EXPECT_EQ(step_as<action::SetLink>(s, 12).quality.latency_max, 9ms);
    EXPECT_DOUBLE_EQ(step_as<action::HostLoss>(s, 13).ingress, 0.8);
    EXPECT_DOUBLE_EQ(step_as<action::HostLoss>(s, 13).egress, 0.1);
    EXPECT_EQ(step_as<action::Narrow>(s, 14).bandwidth.ingress, 125'000u);
    EXPECT_EQ(step_as<action::Narrow>(s, 14).bandwidth.egress, 100'000u);
    EXPECT_EQ(step_as<action::Narrow>(s, 14).bandwidth.queue, 9000u);
    EXPECT_EQ(step_as<action::SendEvent>(s, 19).who, (Nodes{1, 2}));
    EXPECT_EQ(step_as<action::SendQuery>(s, 20).who, Nodes{3});
    EXPECT_EQ(step_as<action::RotateKeys>(s, 21).who, (Nodes{2, 3}));
    EXPECT_EQ(step_as<action::RotateKeys>(s, 21).key, 4u);
    EXPECT_TRUE(step_as<action::RotateKeys>(s, 21).without_failed);
    EXPECT_EQ(step_as<action::Readdress>(s, 24).who, (Nodes{1, 5}));
    EXPECT_EQ(step_as<action::Freeze>(s, 25).who, Nodes{4});
    EXPECT_EQ(step_as<action::Thaw>(s, 26).who, Nodes{4});
    EXPECT_EQ(s.steps.size(), 28u);
}

TEST(ScenarioFile, ExpectationsAreParsed) {
    const Scenario s = read_good(R"(run 60s
expect n1, n2 dead everywhere by 50s
expect n1 suspect somewhere within 5s after 20s
expect n1 left everywhere within 5s after 20s
expect n3 never dead from 10s to 20s
expect nobody but n3 suspect
expect nobody dead
expect agreement by 1m   # at last
expect detect_last_s <= 500ms
expect datagrams_lost between 1% and 2%
expect probes = 4
)");
    const auto& e = s.expectations;
    ASSERT_EQ(e.size(), 10u);
    EXPECT_EQ(std::get<expect::Seen>(e[0].what).about, (Nodes{1, 2}));
    EXPECT_EQ(std::get<expect::Detected>(e[1].what).first_within, 5s);
    EXPECT_EQ(std::get<expect::Detected>(e[1].what).state, State::suspect);
    EXPECT_EQ(std::get<expect::Detected>(e[2].what).last_within, 5s);
    EXPECT_EQ(std::get<expect::Detected>(e[2].what).since, 20s);
    EXPECT_EQ(std::get<expect::Never>(e[3].what).from, 10s);
    EXPECT_EQ(std::get<expect::Never>(e[3].what).to, 20s);
    EXPECT_EQ(std::get<expect::Never>(e[4].what).about, (Nodes{1, 2, 4, 5}));
    EXPECT_TRUE(std::get<expect::Never>(e[5].what).about.empty());
    EXPECT_EQ(std::get<expect::Never>(e[5].what).to, 60s);
    EXPECT_EQ(std::get<expect::Converged>(e[6].what).by, 60s);
    EXPECT_EQ(e[6].text, "agreement by 1m");
    EXPECT_DOUBLE_EQ(*std::get<expect::Figure>(e[7].what).most, 0.5);
    EXPECT_DOUBLE_EQ(*std::get<expect::Figure>(e[8].what).least, 0.01);
    EXPECT_DOUBLE_EQ(*std::get<expect::Figure>(e[9].what).least, 4);
    EXPECT_DOUBLE_EQ(*std::get<expect::Figure>(e[9].what).most, 4);
}

TEST(ScenarioFile, TheCommandLineOverridesTheFile) {
    const FileOptions options{.nodes = 30, .settings = {{"probe_interval", "3s"}}};
    const Scenario s =
        read_good("nodes 5\nset probe_interval 2s\nrun 9s\nat 1s kill last 10%\n", options);
    EXPECT_EQ(s.nodes, 30u);
    EXPECT_EQ(s.profile.probe_interval, 3s);
    EXPECT_EQ(step_as<action::Kill>(s, 0).who, (Nodes{28, 29, 30}));
    const ScenarioFile bad =
        read_scenario("run 9s\n", "x", {.nodes = 0, .settings = {{"indirect_checks", "-1"}}});
    ASSERT_EQ(bad.problems.size(), 2u);
    EXPECT_EQ(bad.problems[0].to_string(), "--nodes: '0' is not allowed; allowed: 1 to 100000");
    EXPECT_EQ(bad.problems[1].to_string(),
              "--set indirect_checks: '-1' is not allowed; allowed: a whole number from 0 to "
              "4294967295");
}

// "*" in an expected message matches any text.
bool fits(const std::string& got, const std::string& wanted) {
    const std::size_t star = wanted.find('*');
    if (star == std::string::npos) return got == wanted;
    return got.starts_with(wanted.substr(0, star)) && got.ends_with(wanted.substr(star + 1));
}

TEST(BadScenarioFiles, HaveErrorsWithWhatIsAllowed) {
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator{kSource / "tests" / "sim" / "scenario" / "bad"}) {
        const std::string text = tests::whole_file(entry.path());
        std::vector<std::string> wanted, got;
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("#! ")) wanted.push_back(line.substr(3));
        }
        for (const Problem& p : read_scenario(text, "bad").problems) {
            const std::string message = p.to_string("F");
            got.push_back(message.substr(p.line > 0 ? 2 : 3));
        }
        ASSERT_FALSE(wanted.empty()) << entry.path();
        std::string all;
        for (const std::string& line : got) all += "#! " + line + "\n";
        ASSERT_EQ(got.size(), wanted.size()) << entry.path() << "\n" << all;
        for (std::size_t i = 0; i < got.size(); ++i) {
            EXPECT_TRUE(fits(got[i], wanted[i])) << entry.path() << "\n" << all;
        }
        ++files;
    }
    EXPECT_GE(files, 9u);
}

TEST(BadScenarioFiles, AnyTextHasAnError) {
    for (const std::string_view text :
         {"", "\n\n", "#", "expect", "at", "every", "set", "at 1s", "links", "expect nobody",
          "run 99999999999999999999s", "at 1s partition |", "\xff\xfe\x01", "nodes 1,2",
          "run 1s\nevery 1ms from 0s to 1s one every 1ms kill all\nnodes 100000",
          "run 9s\nevery 1ms from 0s to 9s kill all\nnodes 100000"}) {
        const ScenarioFile file = read_scenario(text, "x");
        EXPECT_FALSE(file.problems.empty()) << text;
        for (const Problem& p : file.problems) EXPECT_FALSE(p.allowed.empty()) << text;
    }
}

TEST(Settings, CoverAllSettingsOfTheCores) {
    // The identity of a node, and settings without a single value, cannot be set by a scenario.
    const std::set<std::string> left_out = {
        "name",    "address",          "port",       "bind_port", "meta",    "versions",
        "layers",  "allowed_networks", "membership", "tags",      "variant", "confirm_key_changes",
        "delegate"};
    const std::regex field{R"(^    (?!static )[A-Za-z_:<> ]+?[ >](\w+)(\{\}| = [^;]*|);)"};
    for (const char* path : {"src/membership/config.h", "src/serf/config.h"}) {
        std::istringstream lines{tests::project_file(path)};
        std::string inside;
        std::size_t found = 0;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("struct ")) inside = line;
            if (line.find("static constexpr") != std::string::npos) continue;
            if (line.starts_with("};")) inside.clear();
            std::smatch match;
            const bool variant = inside.find("VariantConfig") != std::string::npos;
            if (!variant && inside.find("struct Config {") == std::string::npos) continue;
            if (!std::regex_search(line, match, field)) continue;
            const std::string name = (variant ? "variant." : "") + match[1].str();
            if (left_out.contains(name)) continue;
            EXPECT_NE(setting(name), nullptr) << path << ": " << name;
            ++found;
        }
        EXPECT_GT(found, 10u) << path;
    }
}

TEST(Settings, AreReadBackUnchanged) {
    Scenario scenario;
    scenario.serf = true;
    for (const Setting& s : settings()) {
        const std::string value = value_of(scenario, s);
        EXPECT_FALSE(set(scenario, s.name, value)) << s.name << " " << value;
        EXPECT_EQ(value_of(scenario, s), value) << s.name;
    }
    EXPECT_TRUE(check_settings(scenario).empty());
    scenario.profile.suspicion_mult = 65;
    scenario.profile.packet_size = 1;
    scenario.serf_layer.event_buffer = 0;
    std::vector<std::string> fields;
    for (const Problem& problem : check_settings(scenario)) fields.push_back(problem.field);
    EXPECT_EQ(fields, (std::vector<std::string>{"suspicion_mult", "packet_size", "event_buffer"}))
        << "each of them";
    EXPECT_FALSE(set(scenario, "variant.confirmations", "3"));
    EXPECT_EQ(value_of(scenario, *setting("variant.confirmations")), "3");
}

TEST(Times, AreExact) {
    EXPECT_EQ(parse_time("0.1s"), 100ms);
    EXPECT_EQ(parse_time("1.5m"), 90s);
    EXPECT_EQ(parse_time("2h"), 2h);
    EXPECT_EQ(parse_time("0.3us"), 300ns);
    EXPECT_EQ(parse_time("0"), 0ns);
    for (const char* text : {"", "s", "1", ".s", "1.2.3s", "-1s", "1 s", "0.1ns", "1e3s", "1d",
                             "10001h", "9223372036854775807ns", "99999999999999999999s"}) {
        EXPECT_FALSE(parse_time(text)) << text;
    }
}

}  // namespace
}  // namespace rollcall::sim
