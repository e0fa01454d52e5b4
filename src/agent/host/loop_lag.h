// SPDX-License-Identifier: Apache-2.0
//
// How late the loop serves its timers: a timer of one tick per second that measures its own delay.
// It shows what delays a probe, whatever the cause: work on the loop, a host without time for this
// process, a stopped process, a suspended machine. Accurate to a millisecond. It ticks only while
// the figures are asked for, so that an idle agent is not woken for them. The loop's thread.
#pragma once

#include <uv.h>

#include <array>
#include <chrono>
#include <functional>

#include "base/duration_counts.h"
#include "base/time.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

inline constexpr std::array<std::chrono::milliseconds, 9> kLagBounds{
    std::chrono::milliseconds{1},   std::chrono::milliseconds{2},
    std::chrono::milliseconds{5},   std::chrono::milliseconds{10},
    std::chrono::milliseconds{20},  std::chrono::milliseconds{50},
    std::chrono::milliseconds{100}, std::chrono::milliseconds{500},
    std::chrono::milliseconds{2000}};

class LoopLag {
public:
    using Counts = DurationCounts<kLagBounds.size()>;
    static constexpr Duration kTick = std::chrono::seconds{1};
    static constexpr Duration kWindow = std::chrono::seconds{30};
    // Longer than any usual interval of scrapes.
    static constexpr Duration kAfterAsking = std::chrono::minutes{3};

    explicit LoopLag(uv_loop_t& loop) : loop_{loop} {}
    LoopLag(const LoopLag&) = delete;
    LoopLag& operator=(const LoopLag&) = delete;

    void begin() { timer_.init(*this, loop_); }
    // The figures are about to be read, and measured for a while from now on.
    void ask();
    void close(const std::function<void()>& closed) { timer_.close(closed); }

    // Of all ticks since begin().
    [[nodiscard]] const Counts& counts() const { return counts_; }
    // Of the last tick, or of the one that is due now, if that is larger.
    [[nodiscard]] Duration latest() const;
    // The largest delay of the last 30 to 60 s, or of the tick that is due now, if that is larger:
    // a caller that runs before the late tick sees the delay, too.
    [[nodiscard]] Duration worst_lately() const;
    [[nodiscard]] bool ticking() const { return ticking_; }

private:
    [[nodiscard]] Duration overdue() const;
    void arm(Time now);
    void tick();

    uv_loop_t& loop_;
    transport::Timer<LoopLag> timer_;
    Counts counts_;
    bool ticking_ = false;
    Time due_{};
    Time asked_until_{};
    Duration last_{};
    // Of this window and the one before.
    Time window_ends_{};
    Duration worst_{}, worst_before_{};
};

}  // namespace rollcall::agent
