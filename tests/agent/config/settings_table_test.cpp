// SPDX-License-Identifier: Apache-2.0
//
// The table of settings: its names, defaults and risks, and its copy in the manual.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "agent/config/given_sources.h"
#include "agent/config/settings_table.h"
#include "agent/config/sources.h"
#include "support/test_folder.h"

namespace rollcall::agent {
namespace {

using rollcall::tests::project_file;
using testing::ElementsAre;
using testing::IsEmpty;
using tests::flag;

TEST(ProbeTimeout, ThatLeavesTheRelaysLessThanTheProfileDoesIsARiskAndNamed) {
    const auto risks = [](std::vector<RawSetting> flags) {
        const auto loaded = load_config({.flags = std::move(flags)});
        EXPECT_TRUE(loaded) << loaded.error();
        EXPECT_THAT(loaded->warnings, IsEmpty());
        return loaded->risks;
    };
    for (const char* profile : {"lan", "wan", "local", "fast", "fast-wan"}) {
        EXPECT_THAT(risks({flag("profile", {profile})}), IsEmpty()) << profile;
    }
    const auto told = risks({flag("probe-interval", {"500ms"})});
    EXPECT_THAT(told,
                ElementsAre("--probe-interval: probe_timeout 500ms is more than half of "
                            "probe_interval 500ms: only 0s are left for relays to answer, so "
                            "lost packets cause many more false suspicions; set probe_timeout "
                            "to 250ms or less, or probe_interval to 1s or more"));
    EXPECT_THAT(risks({flag("probe-timeout", {"501ms"})}),
                ElementsAre(testing::StartsWith("--probe-timeout: probe_timeout 501ms")));
    EXPECT_THAT(risks({flag("probe-interval", {"500ms"}), flag("probe-timeout", {"250ms"})}),
                IsEmpty());
    // As long as wan itself has it; and longer than it does.
    EXPECT_THAT(risks({flag("profile", {"wan"}), flag("probe-interval", {"10s"}),
                       flag("probe-timeout", {"6s"})}),
                IsEmpty());
    EXPECT_EQ(risks({flag("profile", {"wan"}), flag("probe-interval", {"4s"})}).size(), 1u);
    // Half is fine, even where the profile has less.
    EXPECT_THAT(risks({flag("profile", {"local"}), flag("probe-timeout", {"500ms"})}), IsEmpty());
    EXPECT_EQ(risks({flag("profile", {"local"}), flag("probe-timeout", {"600ms"})}).size(), 1u);
}

TEST(SettingsTable, NoNameIsUsedTwice) {
    std::set<std::string_view> flags, keys;
    for (const Setting& setting : all_settings()) {
        EXPECT_TRUE(flags.insert(setting.flag).second) << setting.flag;
        EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
        EXPECT_EQ(environment_name(setting).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"),
                  std::string::npos);
    }
}

TEST(SettingsTable, ItsDefaultsAreWhatAnAgentBeginsWith) {
    const auto default_text = [](std::string_view flag) {
        return default_of(setting_of_flag(flag));
    };
    EXPECT_EQ(default_text("bind"), settle({.node = "n1"})->bind.to_string());
    EXPECT_EQ(default_text("retry-interval"), "30s");
    EXPECT_EQ(default_text("profile"), "lan");
    EXPECT_EQ(default_text("syslog"), "off");
    EXPECT_EQ(default_text("label"), "none");
    EXPECT_EQ(default_text("probe-interval"), "the profile's");
    EXPECT_EQ(default_text("fast-verdicts"), "the profile's");
    EXPECT_THAT(settle_all({.node = "n1"}).mistakes, IsEmpty()) << "each is in its range";
}

TEST(SettingsTable, StandsInTheManualAsItIs) {
    const std::string manual = project_file("docs/operations/settings.md");
    EXPECT_NE(manual.find(settings_as_markdown()), std::string::npos)
        << "docs/operations/settings.md should have this table:\n"
        << settings_as_markdown();
}

}  // namespace
}  // namespace rollcall::agent
