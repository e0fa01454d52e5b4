// SPDX-License-Identifier: Apache-2.0
//
// A latency distribution: constant, uniform between two bounds, log-normal (given by its median and
// its 99.9th percentile), or measured (a table of quantiles). Integer arithmetic throughout: a draw
// is the same with every compiler, optimisation level and mathematics library, which floating point
// does not guarantee. Never negative, never over an hour.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"

namespace rollcall::sim {

class Latency {
public:
    static constexpr Duration kLongest = std::chrono::hours{1};
    static constexpr std::size_t kMostQuantiles = 4096;
    // The error names the wrong value and what is allowed.
    using Made = Result<Latency, std::string>;

    Latency() = default;  // none: always 0
    [[nodiscard]] static Made constant(Duration always);
    [[nodiscard]] static Made uniform(Duration min, Duration max);
    // `median` above 0; `p999`, exceeded once in a thousand, at least the median and at most 2^16
    // medians. Values beyond one in 2^25 are those of one in 2^25, on both sides.
    [[nodiscard]] static Made log_normal(Duration median, Duration p999);
    // Values at evenly spaced quantiles, the smallest first and the largest last: 2 to 4096 of
    // them, never falling. In between it is interpolated.
    [[nodiscard]] static Made empirical(std::span<const Duration> quantiles);

    // One draw; a constant distribution does not use `rng`.
    [[nodiscard]] Duration draw(Rng& rng) const;
    [[nodiscard]] Duration min() const;
    [[nodiscard]] Duration max() const;
    // As scenario files write it: "lognormal median 100000ns p99.9 2000000ns".
    [[nodiscard]] std::string words() const;

private:
    enum class Shape : std::uint8_t { constant, uniform, log_normal, empirical };
    using Table = std::vector<Duration>;

    Shape shape_ = Shape::constant;
    Duration min_{}, max_{};
    Duration median_{}, p999_{};          // of log_normal
    std::shared_ptr<const Table> table_;  // shared by copies, never changed
};

}  // namespace rollcall::sim
