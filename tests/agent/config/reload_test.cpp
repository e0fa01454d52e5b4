// SPDX-License-Identifier: Apache-2.0
//
// What a configuration that is read again means: what changes at once, and what waits.
#include "agent/config/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/settings_table.h"
#include "agent/config/tls_folder.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Reload, TimingsTagsAndLevelChangeAtOnceAndAddressesWait) {
    const AgentConfig before{.node = "n1", .bind = "127.0.0.1"};
    AgentConfig wanted = before;
    wanted.bind = "127.0.0.2";
    wanted.rpc_addr.emplace_back("unix:/run/rollcall.sock");
    wanted.tags = {{"role", "db"}};
    wanted.probe_interval = 2s;
    wanted.log_level = "debug";
    const auto plan = ReloadPlanner{before}.plan(wanted);
    EXPECT_THAT(plan.now, ElementsAre("tags", "probe_interval", "log_level"));
    EXPECT_THAT(plan.waiting, ElementsAre("bind", "rpc_addr"));
}

TEST(Reload, WhatWaitsIsNamedAgainUntilTheRestartAndWhatChangedOnlyOnce) {
    const AgentConfig before{.node = "n1"};
    AgentConfig wanted = before;
    wanted.label = "blue";
    wanted.suspicion_mult = 5;
    ReloadPlanner planner{before};
    planner.commit(wanted);
    EXPECT_THAT(planner.plan(wanted).now, IsEmpty());
    EXPECT_THAT(planner.plan(wanted).waiting, ElementsAre("label"));
    // Back to what the agent was started with: nothing waits any more.
    EXPECT_THAT(planner.plan(before).waiting, IsEmpty());
    EXPECT_THAT(planner.plan(before).now, ElementsAre("suspicion_mult"));
}

// What a reload left an agent with.
struct Reached {
    serf::TimingSettings timings;
    serf::Tags tags;
    std::vector<std::string> commands;
    Duration time_limit{};
    Level level{};
    std::string profile;
    bool leave_on_terminate = false, skip_leave_on_interrupt = false;
    Level level_kept{};
    wire::Encryption encryption{};
    std::shared_ptr<const tls::Credentials> credentials;
    friend bool operator==(const Reached&, const Reached&) = default;
};

ReloadTargets targets_of(Reached& reached, std::optional<ConfigError> refusal = {}) {
    return {.timings =
                [&reached, refusal](const serf::TimingSettings& timings) {
                    if (!refusal) reached.timings = timings;
                    return refusal;
                },
            .tags = [&](const serf::Tags& tags) { reached.tags = tags; },
            .event_handlers =
                [&](const std::vector<EventScript>& scripts, Duration limit) {
                    reached.commands.clear();
                    for (const EventScript& script : scripts) {
                        reached.commands.push_back(script.command);
                    }
                    reached.time_limit = limit;
                },
            .log_level = [&](Level level) { reached.level = level; },
            .encryption = [&](wire::Encryption step) { reached.encryption = step; },
            .credentials =
                [&](std::shared_ptr<const tls::Credentials> own) {
                    reached.credentials = std::move(own);
                }};
}

Reached reached_by(const AgentConfig& wanted) {
    const auto settled = settle_all(wanted);
    EXPECT_THAT(settled.mistakes, IsEmpty());
    Settings running = settle_all({.node = "n1"}).settings;
    Reached reached;
    EXPECT_FALSE(apply_reload(settled.settings, running, targets_of(reached)));
    reached.profile = running.profile;
    reached.leave_on_terminate = running.leave_on_terminate;
    reached.skip_leave_on_interrupt = running.skip_leave_on_interrupt;
    reached.level_kept = running.log_level;
    return reached;
}

// Gives a setting another value that is right.
struct Change {
    AgentConfig& config;
    std::string_view key;

    void operator()(std::string AgentConfig::*text) const {
        config.*text = key == "profile"      ? "wan"
                       : key == "log_level"  ? "debug"
                       : key == "encryption" ? "accept"
                                             : "other";
    }
    void operator()(std::vector<std::string> AgentConfig::*list) const { config.*list = {"other"}; }
    void operator()(WholeList list) const { config.*list.list = {"other"}; }
    void operator()(serf::Tags AgentConfig::*tags) const { config.*tags = {{"k", "v"}}; }
    void operator()(bool AgentConfig::*on) const { config.*on = !(config.*on); }
    void operator()(Duration AgentConfig::*duration) const { config.*duration += 1s; }
    void operator()(unsigned AgentConfig::*number) const { ++(config.*number); }
    void operator()(OfProfile<Duration> timing) const {
        config.*timing.given = key == "probe_timeout" ? 400ms : 3s;
    }
    void operator()(OfProfile<unsigned> timing) const { config.*timing.given = 7; }
    void operator()(OfProfile<bool> timing) const { config.*timing.given = true; }
};

TEST(Reload, EachReloadableSettingOfTheTableReachesTheAgent) {
    const AgentConfig running{.node = "n1", .encrypt = "AAECAwQFBgcICQoLDA0ODw=="};
    const Reached before = reached_by(running);
    unsigned reloading = 0;
    for (const Setting& setting : all_settings()) {
        if (setting.on_reload == OnReload::restart) continue;
        if (setting.on_reload == OnReload::tls) continue;  // files: below
        ++reloading;
        AgentConfig wanted = running;
        std::visit(Change{wanted, setting.key}, setting.target);
        EXPECT_THAT(ReloadPlanner{running}.plan(wanted).now, ElementsAre(setting.key));
        EXPECT_NE(reached_by(wanted), before)
            << setting.key << " is logged as changed, and nothing is applied";
    }
    EXPECT_GE(reloading, 19u);
}

TEST(Reload, CertificatesAreReadAgainUnderTheSameNames) {
    tests::TlsFolder files;
    AgentConfig config{.node = "n1"};
    files.use_in(config);
    Settings running = settle_all(config).settings;
    const auto before = running.credentials;
    files.renew({.name = "renewed"});
    Reached reached;
    EXPECT_FALSE(apply_reload(settle_all(config).settings, running, targets_of(reached)));
    ASSERT_TRUE(reached.credentials);
    EXPECT_EQ(reached.credentials->subject(), "CN=renewed");
    EXPECT_EQ(running.credentials, reached.credentials);
    EXPECT_NE(running.credentials, before);

    config.tls_verify_client = true;
    EXPECT_THAT(ReloadPlanner{AgentConfig{.node = "n1"}}.plan(config).now,
                ElementsAre("tls_cert", "tls_key", "tls_ca", "tls_verify_client"));
}

// A cluster goes over to the fast profile, and back, without a restart.
TEST(Reload, AnotherProfileBringsItsVerdictsAndItsSpan) {
    const auto core = [](const AgentConfig& config) {
        return reached_by(config).timings.membership;
    };
    EXPECT_FALSE(core({.node = "n1"}).fast_verdicts);
    const auto fast = core({.node = "n1", .profile = "fast-wan"});
    EXPECT_TRUE(fast.fast_verdicts);
    EXPECT_TRUE(fast.ring_watch);
    EXPECT_EQ(fast.detection_span, 3s);
    EXPECT_EQ(core({.node = "n1", .profile = "fast-wan", .detection_span = 5s}).detection_span, 5s);
    EXPECT_FALSE(core({.node = "n1", .profile = "fast-wan", .fast_verdicts = false}).fast_verdicts);
}

TEST(Reload, TimingsThatTheCoreRefusesChangeNothingElse) {
    const AgentConfig wanted{.node = "n1",
                             .tags = {{"k", "v"}},
                             .event_handlers = {"a.sh"},
                             .profile = "wan",
                             .log_level = "debug",
                             .leave_on_terminate = true};
    Settings running = settle_all({.node = "n1"}).settings;
    Reached reached;
    const auto error = apply_reload(settle_all(wanted).settings, running,
                                    targets_of(reached, ConfigError{"x", "1", "2"}));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "x");
    EXPECT_EQ(reached, Reached{});
    EXPECT_EQ(running.profile, "lan");
    EXPECT_FALSE(running.leave_on_terminate);
    EXPECT_EQ(running.log_level, Level::info);
}

TEST(Reload, TagsOfATagsFileAreLeftAlone) {
    Settings running = settle_all({.node = "n1"}).settings;
    running.tags_file = "/var/lib/rollcall/tags.json";
    Reached reached;
    EXPECT_FALSE(apply_reload(settle_all({.node = "n1", .tags = {{"k", "v"}}}).settings, running,
                              targets_of(reached)));
    EXPECT_THAT(reached.tags, IsEmpty());
    AgentConfig wanted{.node = "n1"};
    wanted.tags = {{"k", "v"}};
    EXPECT_THAT(ReloadPlanner{{.node = "n1"}}.plan(wanted, false).now, IsEmpty());
}

}  // namespace
}  // namespace rollcall::agent
