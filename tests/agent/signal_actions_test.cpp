// SPDX-License-Identifier: Apache-2.0
//
// What each signal makes an agent do, without an agent.
#include "agent/signal_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

class SignalAnswers : public testing::Test {
protected:
    SignalAnswers() : log_{std::move(*Log::open({.file = "/dev/null"}))} {
        actions_ = std::make_unique<SignalActions>(SignalActions::Parts{
            .loop = loop_,
            .log = *log_,
            .settings = settings_,
            .leave = [this] { done_.push_back("leave"); },
            .stop = [this](int code) { done_.push_back("stop " + std::to_string(code)); },
            .reload = [this] { done_.push_back("reload"); },
            .report = [this] { done_.push_back("report"); },
            .reap = [this] { done_.push_back("reap"); },
            .leave_limit = 5ms});
        actions_->begin();
    }
    std::string last_line() const { return log_->recent().back().text; }

    std::unique_ptr<Log> log_;
    rollcall::tests::TestLoop loop_;
    Settings settings_;
    std::vector<std::string> done_;
    std::unique_ptr<SignalActions> actions_;
};

TEST_F(SignalAnswers, AnInterruptLeavesAndASecondOneStops) {
    actions_->handle(SIGINT);
    EXPECT_THAT(done_, ElementsAre("leave"));
    actions_->handle(SIGINT);
    EXPECT_THAT(done_, ElementsAre("leave", "stop 1"));
    EXPECT_THAT(last_line(), EndsWith("second signal: stopping at once"));
}

TEST_F(SignalAnswers, TerminationStopsWithoutLeaving) {
    actions_->handle(SIGTERM);
    EXPECT_THAT(done_, ElementsAre("stop 1"));
    EXPECT_THAT(last_line(), EndsWith("stopping without leaving"));
}

// Also as a reload changes them, while the agent runs.
TEST_F(SignalAnswers, TheSettingsSayWhichOfThemLeaves) {
    settings_.skip_leave_on_interrupt = true;
    settings_.leave_on_terminate = true;
    actions_->handle(SIGTERM);
    EXPECT_THAT(done_, ElementsAre("leave"));
    settings_.leave_on_terminate = false;
    actions_->handle(SIGINT);
    EXPECT_THAT(done_, ElementsAre("leave", "stop 1"));
}

TEST_F(SignalAnswers, ALeaveThatTakesTooLongEndsInAStop) {
    actions_->handle(SIGINT);
    loop_.until([this] { return done_.size() == 2; });
    EXPECT_THAT(done_, ElementsAre("leave", "stop 1"));
    EXPECT_THAT(last_line(), EndsWith("the leave was not broadcast in time"));
}

TEST_F(SignalAnswers, OthersReportReloadOrReap) {
    for (const int number : {SIGUSR1, SIGHUP, SIGCHLD}) actions_->handle(number);
    EXPECT_THAT(done_, ElementsAre("report", "reload", "reap"));
    actions_->handle(SIGUSR2);
    EXPECT_THAT(last_line(), EndsWith("signal 12 has no effect"));
    actions_->handle(SIGPIPE);
    EXPECT_THAT(done_, ElementsAre("report", "reload", "reap"));
}

TEST_F(SignalAnswers, TheLimitOfCpuTimeIsLoggedOnceAMinute) {
    actions_->handle(SIGXCPU);
    const auto lines = log_->lines_written();
    actions_->handle(SIGXCPU);
    EXPECT_EQ(log_->lines_written(), lines);
    EXPECT_THAT(done_, IsEmpty());
}

TEST_F(SignalAnswers, OnceClosedOnlyChildrenAreReaped) {
    actions_->close({});
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD}) actions_->handle(number);
    EXPECT_THAT(done_, ElementsAre("reap"));
}

}  // namespace
}  // namespace rollcall::agent
