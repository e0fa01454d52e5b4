// SPDX-License-Identifier: Apache-2.0
//
// Whole agents on loopback, several on one loop, and the words that tests about them share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/test_loop.h"

#include "agent/running_agent.h"

namespace rollcall::agent::tests {

class Agents : public testing::Test {
protected:
    ~Agents() override {
        for (auto& agent : agents_) agent->stop(1);
        EXPECT_TRUE(until([&] {
            return std::ranges::all_of(agents_, [](auto& agent) { return agent->ended(); });
        }));
    }

    static AgentConfig config(std::string name) {
        return {.node = std::move(name),
                .bind = "127.0.0.1:0",
                .retry_interval = std::chrono::seconds{1},
                .profile = "local",
                .rpc_addr = {"127.0.0.1:0"},
                .http_addr = "off"};
    }
    static Endpoint rpc(const RunningAgent& agent) {
        return std::get<Endpoint>(agent.rpc_addresses().front());
    }
    RunningAgent& start(const AgentConfig& wanted) {
        auto settings = settle(wanted);
        EXPECT_TRUE(settings) << settings.error().to_string();
        auto log = Log::open({.level = Level::debug, .file = "/dev/null"});
        agents_.push_back(
            std::make_unique<RunningAgent>(loop_, std::move(*settings), std::move(*log)));
        const auto error = agents_.back()->start();
        EXPECT_FALSE(error) << *error;
        return *agents_.back();
    }
    bool until(const std::function<bool()>& condition, Duration limit = std::chrono::seconds{20}) {
        return loop_.run_until(condition, limit);
    }
    static serf::Status status(const RunningAgent& observer, const std::string& about) {
        for (const auto& m : observer.control().members()) {
            if (m.name == about) return m.status;
        }
        return serf::Status::none;
    }
    bool sees(const RunningAgent& observer, const std::string& about, serf::Status wanted) {
        return until([&] { return status(observer, about) == wanted; });
    }
    static std::string gossip(const RunningAgent& agent) {
        return agent.gossip_endpoint().to_string();
    }

    rollcall::tests::TestLoop loop_;
    std::vector<std::unique_ptr<RunningAgent>> agents_;
};

}  // namespace rollcall::agent::tests
