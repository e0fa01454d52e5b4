// SPDX-License-Identifier: Apache-2.0
//
// Operators' scripts, run for real: in order, one at a time, and within their limits.
#include "agent/scripts/event_handlers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "agent/host/turn_hog.h"
#include "support/test_folder.h"
#include "support/test_loop.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TestFolder;
using rollcall::tests::TestLoop;
using rollcall::tests::whole_file;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// Ended, and its parent has not waited for it yet.
bool is_zombie(pid_t pid) {
    const std::string status = whole_file("/proc/" + std::to_string(pid) + "/stat");
    return status.find(") Z ") != std::string::npos;
}

// What this process was started with beyond the three, and would hand on.
int descriptors_for_children() {
    int count = 0;
    for (int fd = 3; fd < 1024; ++fd) {
        const int flags = ::fcntl(fd, F_GETFD);
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) ++count;
    }
    return count;
}

class Handlers : public testing::Test {
protected:
    Handlers() {
        std::signal(SIGPIPE, SIG_IGN);  // as the agent does
        log_ = std::move(*Log::open({.file = "/dev/null"}));
        make({});
    }
    ~Handlers() override { close(); }
    void make(HandlerLimits limits) {
        handlers_ = std::make_unique<EventHandlers>(
            EventHandlers::Parts{.loop = loop_,
                                 .log = *log_,
                                 .turns = turns_,
                                 .self = [this] { return self_; },
                                 .environment = {"PATH=/usr/bin:/bin", "OUT=" + (folder_ / "out")},
                                 .limits = limits});
        time_ = limits.script.time;
    }
    void scripts(const std::vector<std::string>& texts) {
        std::vector<EventScript> all;
        for (const std::string& text : texts) all.push_back(*EventScript::parse(text));
        handlers_->replace(std::move(all), time_);
    }
    void tell(const std::string& name, const std::string& payload = "") {
        handlers_->enqueue(user_script_event(LamportTime{1}, name, as_bytes(payload)));
    }
    // Every event was run or dropped.
    bool done(std::uint64_t runs) {
        return loop_.run_until(
            [&] { return handlers_->stats().run == runs && !handlers_->busy(); });
    }
    void close() {
        if (std::exchange(closed_, true)) return;
        bool told = false;
        handlers_->close([&] { told = true; });
        loop_.until([&] { return told; });
        turns_.close([&] { told = false; });
        loop_.until([&] { return !told; });
    }
    std::string out() const { return whole_file(folder_ / "out"); }
    // What the log says of scripts, without time and level.
    std::vector<std::string> lines() const {
        std::vector<std::string> texts;
        for (const LogLine& line : log_->recent()) {
            texts.push_back(line.text.substr(line.text.find("agent: ") + 7));
        }
        return texts;
    }

    const TestFolder folder_;
    std::unique_ptr<Log> log_;
    TestLoop loop_;
    Turns turns_{loop_};
    ScriptSelf self_{"n1", {{"role", "db"}}};
    std::unique_ptr<EventHandlers> handlers_;
    Duration time_{};
    bool closed_ = false;
};

TEST_F(Handlers, AScriptGetsTheEventInItsEnvironmentAndOnStdin) {
    scripts(
        {"user:deploy=echo $SERF_EVENT $SERF_USER_EVENT $SERF_USER_LTIME $SERF_SELF_NAME "
         "$SERF_TAG_ROLE >>$OUT; cat >>$OUT"});
    tell("deploy", "v1.2");
    tell("other", "not wanted");
    ASSERT_TRUE(done(1));
    EXPECT_EQ(out(), "user deploy 1 n1 db\nv1.2\n");
}

TEST_F(Handlers, EventsAreHandledInOrderAndOneAtATime) {
    // The slow one comes first, and no other overtakes it.
    scripts({"user:a=sleep 0.2; echo a1 >>$OUT", "user=echo $SERF_USER_EVENT >>$OUT",
             "user:a=echo a3 >>$OUT"});
    for (const char* name : {"a", "b", "c"}) tell(name);
    ASSERT_TRUE(done(5));
    EXPECT_EQ(out(), "a1\na\na3\nb\nc\n");
}

TEST_F(Handlers, AnAnswerIsTheLastEightKilobytesOfAScriptThatSucceeds) {
    scripts({"query:big=head -c 9000 /dev/zero | tr '\\0' x; echo end >&2", "query:none=true",
             "query:bad=echo no; exit 3", "query:says=echo \"yes \"; cat"});
    std::vector<std::string> answers;
    const auto ask = [&](std::string name, std::string_view payload) {
        handlers_->enqueue(
            query_script_event(LamportTime{1}, std::move(name), as_bytes(payload),
                               [&](std::string_view output) { answers.emplace_back(output); }));
    };
    ask("none", "");
    ask("bad", "");
    ask("says", "in");
    ask("big", "");
    ASSERT_TRUE(done(4));
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[0], "yes \nin\n");
    EXPECT_EQ(answers[1], std::string(8192 - 4, 'x') + "end\n");
    EXPECT_EQ(handlers_->stats().failed, 1u);
}

TEST_F(Handlers, AFailureIsLoggedWithTheLastOutput) {
    scripts({"user:code=echo oh dear >&2; exit 3", "user:signal=kill -KILL $$"});
    tell("code");
    ASSERT_TRUE(done(1));
    EXPECT_THAT(lines().back(),
                "event script 'echo oh dear >&2; exit 3' for user:code failed with "
                "exit code 3; output: oh dear");
    tell("signal");
    ASSERT_TRUE(done(2));
    EXPECT_EQ(handlers_->stats().failed, 2u);
}

TEST_F(Handlers, AScriptThatReadsNothingOrLeavesAProcessBehindDelaysNoOther) {
    // The first leaves more unread than a pipe holds; the second leaves a child with its stdout.
    scripts({"user:a=exec <&-; echo a >>$OUT", "user:b=sleep 600 & echo $! >>$OUT"});
    tell("a", std::string(300'000, 'x'));
    tell("b");
    ASSERT_TRUE(done(2));
    const std::string text = out();
    ASSERT_THAT(text, testing::StartsWith("a\n"));
    // It runs on, as it would after a shell; its end is ours here.
    const pid_t left_behind = std::stoi(text.substr(2));
    EXPECT_EQ(::kill(left_behind, SIGKILL), 0);
}

TEST_F(Handlers, TheStandardStreamsCanBeOpenedByName) {
    scripts({"user=cat /dev/stdin >>$OUT && echo fine >/dev/stderr"});
    tell("a", "in");
    ASSERT_TRUE(done(1));
    EXPECT_EQ(out(), "in\n");
    EXPECT_EQ(handlers_->stats().failed, 0u);
}

TEST_F(Handlers, NoDescriptorOfOursIsHandedOn) {
    const int inherited = descriptors_for_children();
    const auto log = Log::open({.file = folder_ / "agent.log"});  // spdlog opens it for everybody
    scripts({"user=ls /proc/self/fd | wc -l >>$OUT"});
    tell("a");
    ASSERT_TRUE(done(1));
    // The three of ls, and the folder that it reads.
    EXPECT_EQ(out(), std::to_string(4 + inherited) + "\n");
}

TEST_F(Handlers, WhoTakesTooLongIsComplainedOfThenEndedWithItsWholeGroup) {
    HandlerLimits limits;
    limits.script.slow = 50ms;
    limits.script.time = 200ms;
    make(limits);
    scripts(
        {"user:slow=sleep 600 & echo $! >>$OUT; echo waiting; wait", "user:next=echo next >>$OUT"});
    tell("slow");
    tell("next");
    ASSERT_TRUE(done(2));
    EXPECT_EQ(handlers_->stats().timed_out, 1u);
    EXPECT_THAT(out(), EndsWith("\nnext\n"));
    const pid_t child = std::stoi(out());
    loop_.until([&] { return ::kill(child, 0) != 0 || is_zombie(child); });
    // The complaint comes first; the end is held back for a second, and counted.
    EXPECT_THAT(lines(), testing::Contains(HasSubstr("for user:slow takes longer than 50ms")));
}

TEST_F(Handlers, WhoIgnoresTheRequestToEndIsKilled) {
    HandlerLimits limits;
    limits.script.time = 50ms;
    limits.script.grace = 100ms;
    make(limits);
    scripts({"user=trap '' TERM; while :; do sleep 1; done"});
    tell("stubborn");
    ASSERT_TRUE(done(1));
    EXPECT_EQ(handlers_->stats().timed_out, 1u);
    EXPECT_THAT(lines().back(), HasSubstr("took longer than 50ms and was killed"));
}

TEST_F(Handlers, WhoWritesWithoutEndIsEnded) {
    HandlerLimits limits;
    limits.script.written_bytes = 100'000;
    make(limits);
    scripts({"user=exec yes"});
    tell("chatter");
    ASSERT_TRUE(done(1));
    EXPECT_EQ(handlers_->stats().overflowed, 1u);
    EXPECT_THAT(lines().back(),
                AllOf(HasSubstr("wrote more than 100000 bytes"), EndsWith("y\\ny")));
}

TEST_F(Handlers, EventsWithoutRoomAreCountedByCauseAndLoggedTwice) {
    HandlerLimits limits;
    limits.waiting_events = 3;
    limits.waiting_bytes = 1000;
    make(limits);
    scripts({"user=read go <" + (folder_ / "gate") + "; echo $SERF_USER_EVENT >>$OUT"});
    ASSERT_EQ(::mkfifo((folder_ / "gate").c_str(), 0600), 0);
    tell("running");
    tell("a", std::string(600, 'x'));
    tell("too-large", std::string(600, 'x'));
    tell("b");
    tell("c");
    for (int i = 0; i < 10; ++i) tell("no-room");
    EXPECT_EQ(handlers_->waiting(), 3u);
    EXPECT_EQ(handlers_->stats().dropped_bytes, 1u);
    EXPECT_EQ(handlers_->stats().dropped_full, 10u);
    std::uint64_t opened = 0;
    ASSERT_TRUE(loop_.run_until([&] {
        if (handlers_->stats().run > opened) {
            ++opened;
            std::ofstream{folder_ / "gate"} << "go\n";  // waits for the script to read
        }
        // That they caught up is found in the turn after the last one.
        return opened == 4 && !handlers_->busy() &&
               lines().back().find("caught up") != std::string::npos;
    }));
    EXPECT_EQ(out(), "running\na\nb\nc\n");
    std::vector<std::string> told;
    for (const std::string& line : lines()) {
        if (line.find("event script '") == std::string::npos) told.push_back(line);
    }
    EXPECT_THAT(told, testing::ElementsAre("1 events wait for event scripts; new ones are dropped",
                                           "event scripts caught up; 11 events were dropped"));
}

TEST_F(Handlers, OtherScriptsTakeOverWithTheNextEvent) {
    scripts({"user=echo old $SERF_USER_EVENT >>$OUT", "user=echo old too >>$OUT"});
    tell("a");
    tell("b");
    scripts({"user=echo new $SERF_USER_EVENT >>$OUT"});
    ASSERT_TRUE(done(3));
    EXPECT_EQ(out(), "old a\nold too\nnew b\n");
    scripts({});
    tell("c");
    EXPECT_FALSE(handlers_->busy());
}

TEST_F(Handlers, AtTheEndTheScriptThatRunsIsEndedAndWhatWaitsIsCounted) {
    scripts({"user=sleep 600"});
    tell("a");
    tell("b");
    const auto began = Clock::now();
    close();
    EXPECT_LT(Clock::now() - began, 30s);
    tell("late");
    EXPECT_EQ(handlers_->stats().dropped_at_end, 2u);
    EXPECT_EQ(handlers_->stats().run, 1u);
}

// How late a timer of a millisecond is, again and again, from its making to its end.
class LoopLag {
public:
    explicit LoopLag(TestLoop& loop) : loop_{loop} {
        uv_timer_init(&static_cast<uv_loop_t&>(loop), &tick_);
        tick_.data = this;
        uv_timer_start(
            &tick_, [](uv_timer_t* timer) { static_cast<LoopLag*>(timer->data)->ticked(); }, 1, 1);
    }
    ~LoopLag() {
        uv_close(reinterpret_cast<uv_handle_t*>(&tick_), [](uv_handle_t* h) { h->data = nullptr; });
        loop_.until([this] { return tick_.data == nullptr; });
    }
    LoopLag(const LoopLag&) = delete;
    LoopLag& operator=(const LoopLag&) = delete;

    [[nodiscard]] std::size_t ticks() const { return milliseconds_.size(); }
    // The lag of which so many percent of the ticks were free.
    [[nodiscard]] double percentile(std::size_t percent) {
        std::ranges::sort(milliseconds_);
        return milliseconds_.empty() ? 0 : milliseconds_[(ticks() - 1) * percent / 100];
    }

private:
    void ticked() {
        const auto now = Clock::now();
        milliseconds_.push_back(std::chrono::duration<double, std::milli>(now - due_).count());
        due_ = now + 1ms;
    }

    TestLoop& loop_;
    uv_timer_t tick_{};
    Clock::time_point due_ = Clock::now() + 1ms;
    std::vector<double> milliseconds_;
};

// Must show of the handlers: the loop, and with it the detector, does not feel them.
TEST_F(Handlers, TenThousandEventsAndASlowScriptLeaveTheLoopAlone) {
    LoopLag before{loop_};  // what the host does to us anyway
    loop_.until([&] { return before.ticks() >= 500; });
    const double host_p99 = before.percentile(99), host_most = before.percentile(100);

    LoopLag lag{loop_};
    scripts({"user=sleep 0.1"});
    std::size_t told = 0, most_waiting = 0;
    ASSERT_TRUE(loop_.run_until([&] {
        for (int i = 0; i < 10 && told < 10'000; ++i, ++told) tell("e", std::string(100, 'x'));
        most_waiting = std::max(most_waiting, handlers_->waiting());
        return told == 10'000 && handlers_->stats().run >= 15;
    }));
    const HandlerStats& stats = handlers_->stats();
    EXPECT_LE(most_waiting, HandlerLimits{}.waiting_events);
    EXPECT_EQ(stats.run + handlers_->waiting() + stats.dropped_full, 10'000u);
    std::printf(
        "loop lag: p99 %.2f ms, most %.2f ms, of %zu ticks; without events p99 %.2f ms, "
        "most %.2f ms; %llu scripts run, %llu events dropped\n",
        lag.percentile(99), lag.percentile(100), lag.ticks(), host_p99, host_most,
        static_cast<unsigned long long>(stats.run),
        static_cast<unsigned long long>(stats.dropped_full));
    // How late a tick is says as much about the host as about us. But a loop that waits for a
    // script has one tick for each.
    EXPECT_GT(lag.ticks(), 2 * stats.run);
}

TEST_F(Handlers, AScriptStartsAfterOthersHadTheirTurns) {
    scripts({"user:x=true"});
    tests::TurnHog hog{turns_};
    tell("x");
    EXPECT_EQ(handlers_->stats().run, 0u);
    EXPECT_TRUE(done(1));
    EXPECT_GE(hog.turns(), static_cast<int>(TurnOrder<int>::kPassedOver));
}

}  // namespace
}  // namespace rollcall::agent
