// SPDX-License-Identifier: Apache-2.0
//
// A libuv loop for tests: runs until a condition holds or a limit passes, and checks at its end
// that nothing was left in it.
#pragma once

#include <gtest/gtest.h>
#include <uv.h>

#include <chrono>
#include <functional>

#include "transport/clock.h"

namespace rollcall::tests {

class TestLoop {
public:
    TestLoop() {
        EXPECT_EQ(uv_loop_init(&loop_), 0);
        EXPECT_EQ(uv_timer_init(&loop_, &look_again_), 0);
    }
    ~TestLoop() {
        uv_close(reinterpret_cast<uv_handle_t*>(&look_again_), nullptr);
        const Time limit = transport::clock_now() + std::chrono::seconds{5};
        while (uv_run(&loop_, UV_RUN_NOWAIT) != 0 && transport::clock_now() < limit) {
        }
        EXPECT_EQ(uv_loop_close(&loop_), 0) << "a handle was left in the loop";
    }
    TestLoop(const TestLoop&) = delete;
    TestLoop& operator=(const TestLoop&) = delete;

    operator uv_loop_t&() { return loop_; }

    // The condition may depend on what is outside the loop (sockets, files), so it is looked at
    // every few milliseconds. False when it did not hold within the limit, which only a fault or a
    // host without any time for the test can bring about.
    [[nodiscard]] bool run_until(const std::function<bool()>& condition,
                                 Duration limit = std::chrono::seconds{60}) {
        const Time end = transport::clock_now() + limit;
        uv_timer_start(
            &look_again_, [](uv_timer_t*) {}, 2, 2);
        rounds_ = 0;
        bool holds = condition();
        while (!holds && transport::clock_now() < end) {
            uv_run(&loop_, UV_RUN_ONCE);
            ++rounds_;
            holds = condition();
        }
        uv_timer_stop(&look_again_);
        return holds;
    }
    // The same as an expectation, which fails at the line of the caller.
    void until(const std::function<bool()>& condition, const char* file = __builtin_FILE(),
               int line = __builtin_LINE()) {
        if (!run_until(condition)) ADD_FAILURE_AT(file, line) << "not within a minute";
    }
    // For "nothing more happens": the condition that must not come true.
    [[nodiscard]] bool stays_quiet(const std::function<bool()>& disturbed,
                                   Duration length = std::chrono::milliseconds{60}) {
        return !run_until(disturbed, length);
    }
    // Iterations of the loop in the last run: a loop that spins shows here.
    [[nodiscard]] int rounds() const { return rounds_; }
    // As if the process had been stopped: no libuv call until then.
    static void block_until(Time end) {
        while (transport::clock_now() <= end) {
        }
    }

private:
    uv_loop_t loop_{};
    uv_timer_t look_again_{};
    int rounds_ = 0;
};

}  // namespace rollcall::tests
