// SPDX-License-Identifier: Apache-2.0
//
// Takes a sample of the machine in regular intervals, off the loop. While a read hangs no other one
// begins, so that it costs one thread of the pool and nothing else; the sample before it is then
// soon too old to be shown. The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "agent/files/off_loop.h"
#include "agent/samples/sample.h"
#include "base/time.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class Sampler {
public:
    // A share of CPU time needs two samples: the second one comes soon.
    static constexpr Duration kSecondAfter = std::chrono::seconds{1};

    struct Parts {
        uv_loop_t& loop;
        Duration interval{};  // 0: off
        // On another thread, one call at a time; it may outlive the Sampler.
        std::function<Sample()> read;
    };
    struct Stats {
        std::uint64_t taken = 0;
        std::uint64_t skipped = 0;  // not taken, as a read before had not ended
    };

    explicit Sampler(Parts parts) : parts_{std::move(parts)}, reading_{parts_.loop} {}

    void begin();
    void close(const std::function<void()>& closed);

    [[nodiscard]] bool off() const { return parts_.interval == Duration::zero(); }
    // nullptr: none yet, off, or none for three intervals.
    [[nodiscard]] const Sample* latest(Time now) const;
    [[nodiscard]] const Stats& stats() const { return stats_; }
    // How long the read that has not ended takes so far.
    [[nodiscard]] Duration reading_for() const { return reading_.busy_for(); }

private:
    void due();
    void take(Sample sample);

    Parts parts_;
    transport::Timer<Sampler> timer_;
    OffLoop<Sample> reading_;
    std::optional<Sample> latest_;
    Stats stats_;
    bool began_ = false;
};

}  // namespace rollcall::agent
