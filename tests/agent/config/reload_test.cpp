// SPDX-License-Identifier: Apache-2.0
//
// What a configuration that is read again means: what changes at once, and what waits.
#include "agent/config/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    planner.took(wanted);
    EXPECT_THAT(planner.plan(wanted).now, IsEmpty());
    EXPECT_THAT(planner.plan(wanted).waiting, ElementsAre("label"));
    // Back to what the agent was started with: nothing waits any more.
    EXPECT_THAT(planner.plan(before).waiting, IsEmpty());
    EXPECT_THAT(planner.plan(before).now, ElementsAre("suspicion_mult"));
}

}  // namespace
}  // namespace rollcall::agent
