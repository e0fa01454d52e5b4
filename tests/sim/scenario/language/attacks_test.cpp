// SPDX-License-Identifier: Apache-2.0
//
// The lines of a scenario about an adversary: read, written back, and refused with what is allowed.
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <string_view>

#include "sim/scenario/language/check.h"
#include "sim/scenario/language/file.h"
#include "sim/scenario/language/write.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kEveryAttack = R"(nodes 4
core serf
encryption on
adversary key, path, member
run 100s
at 1s forge suspicions on n1..n2 at 20/s for 5s
at 2s forge deaths on n1 at 1/s for 5s
at 3s forge leaves on n1 at 1/s for 5s
at 4s forge takeovers on n1 at 1/s for 5s
at 5s forge prunes on n1 at 1/s for 5s
at 6s forge claims on n1 at 1/s for 5s
at 11s flood pings on all at 1000/s for 5s
at 12s flood relays on n3 at 1/s for 5s
at 13s flood states on n3 at 1/s for 5s
at 14s flood joins on n3 at 1/s for 5s
at 21s replay on all at 7/s for 5s
at 31s walk clocks on n3 at 1/s for 5s
at 32s walk incarnations on n3 at 1/s for 5s
at 41s lie ghosts on n3 at 1/s for 5s
at 42s lie states on n3 at 1/s for 5s
at 90s retreat
at 91s retreat from walk clocks
)";

std::string error_of(std::string_view text) {
    const ScenarioFile file = read_scenario(text, "test");
    return file.problems.empty() ? std::string{} : file.problems.front().to_string("test");
}

TEST(AttackLines, EveryKindIsReadWithItsNodesRateAndEnd) {
    const ScenarioFile file = read_scenario(kEveryAttack, "test");
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string("test");
    const Scenario& s = file.scenario;
    EXPECT_TRUE(s.adversary.key && s.adversary.path && s.adversary.member);
    ASSERT_EQ(s.steps.size(), 2 * kAttackKinds + 2);
    const auto& first = std::get<action::Attack>(s.steps.front().what);
    EXPECT_EQ(first.kind, AttackKind::forge_suspicions);
    EXPECT_EQ(first.who, (Nodes{1, 2}));
    EXPECT_EQ(first.rate, 20u);
    std::set<AttackKind> begun, ended;
    for (const Step& step : s.steps) {
        if (const auto* attack = std::get_if<action::Attack>(&step.what))
            begun.insert(attack->kind);
        const auto* retreat = std::get_if<action::Retreat>(&step.what);
        if (retreat != nullptr && retreat->kind) ended.insert(*retreat->kind);
    }
    EXPECT_EQ(begun.size(), kAttackKinds);
    EXPECT_EQ(ended, begun);
    EXPECT_EQ(s.steps[2 * kAttackKinds].at, 90s);
    EXPECT_FALSE(std::get<action::Retreat>(s.steps[2 * kAttackKinds].what).kind);
    EXPECT_EQ(check(s), "");
}

TEST(AttackLines, AreWrittenAsTheyAreRead) {
    const ScenarioFile file = read_scenario(kEveryAttack, "test");
    const std::string text = write_scenario(file.scenario);
    const ScenarioFile again = read_scenario(text, "test");
    for (const Problem& p : again.problems) ADD_FAILURE() << p.to_string("test") << text;
    EXPECT_EQ(write_scenario(again.scenario), text);
    EXPECT_NE(text.find("adversary key, path, member\n"), std::string::npos) << text;
    EXPECT_NE(text.find("at 21s replay on n1..n4 at 7/s\n"), std::string::npos) << text;
    const ScenarioFile outside = read_scenario("run 9s\nadversary outside\n", "test");
    EXPECT_TRUE(outside.scenario.adversary.present);
    EXPECT_NE(write_scenario(outside.scenario).find("adversary outside\n"), std::string::npos);
    EXPECT_EQ(write_scenario(Scenario{}).find("adversary"), std::string::npos);
}

TEST(AttackLines, AreRefusedWithWhatIsAllowed) {
    const std::string head = "run 9s\nadversary outside\n";
    struct Wrong {
        std::string text;
        const char* error;
    };
    for (const auto& [text, error] : {
             Wrong{"run 9s\nat 1s replay on n1 at 1/s\n", "adversary outside"},
             Wrong{head + "at 1s flood pings on n1 at 0/s\n", "1/s to 1000/s"},
             Wrong{head + "at 1s flood pings on n1 at 1001/s\n", "1/s to 1000/s"},
             Wrong{head + "at 1s flood pings on n1 at 5\n", "1/s to 1000/s"},
             Wrong{head + "at 1s flood pingz on n1 at 5/s\n", "did you mean 'pings'"},
             Wrong{head + "at 1s flood pings at 5/s\n", "the word 'on'"},
             Wrong{head + "at 1s walk clocks on n1 at 5/s\n", "core serf"},
             Wrong{head + "at 1s forge prunes on n1 at 5/s\n", "core serf"},
             Wrong{head + "at 1s retreat for 2s\n", "the word 'from'"},
             Wrong{"run 9s\nadversary\n", "outside, key, path, member"},
             Wrong{"run 9s\nadversary outside, key\n", "nothing more"},
             Wrong{"run 9s\nadversary key, outside\n", "that word alone"},
         }) {
        EXPECT_NE(error_of(text).find(error), std::string::npos) << text << error_of(text);
    }
}

TEST(AttackLines, ADrawnOrShrunkScenarioIsCheckedLikewise) {
    Scenario s;
    s.length = 10s;
    s.steps.push_back({.at = 1s, .what = action::Attack{.who = {1}}});
    EXPECT_NE(check(s).find("adversary"), std::string::npos) << check(s);
    s.adversary.present = true;
    EXPECT_EQ(check(s), "");
    std::get<action::Attack>(s.steps[0].what).rate = 0;
    EXPECT_NE(check(s).find("1 to 1000"), std::string::npos) << check(s);
    s.steps[0].what = action::Attack{.who = {1}, .kind = AttackKind::walk_clocks};
    EXPECT_NE(check(s).find("core serf"), std::string::npos) << check(s);
}

}  // namespace
}  // namespace rollcall::sim
