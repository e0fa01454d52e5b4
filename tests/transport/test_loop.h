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

namespace rollcall::transport {

class TestLoop {
public:
    TestLoop() {
        EXPECT_EQ(uv_loop_init(&loop_), 0);
        EXPECT_EQ(uv_timer_init(&loop_, &look_again_), 0);
    }
    ~TestLoop() {
        uv_close(reinterpret_cast<uv_handle_t*>(&look_again_), nullptr);
        const Time limit = clock_now() + std::chrono::seconds{5};
        while (uv_run(&loop_, UV_RUN_NOWAIT) != 0 && clock_now() < limit) {
        }
        EXPECT_EQ(uv_loop_close(&loop_), 0) << "a handle was left in the loop";
    }
    TestLoop(const TestLoop&) = delete;
    TestLoop& operator=(const TestLoop&) = delete;

    operator uv_loop_t&() { return loop_; }

    // The condition may depend on sockets outside the loop, so it is looked at every few
    // milliseconds.
    [[nodiscard]] bool run_until(const std::function<bool()>& condition,
                                 Duration limit = std::chrono::seconds{5}) {
        const Time end = clock_now() + limit;
        uv_timer_start(
            &look_again_, [](uv_timer_t*) {}, 2, 2);
        rounds_ = 0;
        bool holds = condition();
        while (!holds && clock_now() < end) {
            uv_run(&loop_, UV_RUN_ONCE);
            ++rounds_;
            holds = condition();
        }
        uv_timer_stop(&look_again_);
        return holds;
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
        while (clock_now() <= end) {
        }
    }

private:
    uv_loop_t loop_{};
    uv_timer_t look_again_{};
    int rounds_ = 0;
};

}  // namespace rollcall::transport
