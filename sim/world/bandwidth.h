// SPDX-License-Identifier: Apache-2.0
//
// The capacity of one host's interface: bytes per second each way, and a bounded queue in front of
// it. The queue is one number: the time at which everything in it will have been sent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"

namespace rollcall::sim {

struct Bandwidth {
    static constexpr std::uint64_t kSlowest = 100;  // bytes per second
    static constexpr std::uint64_t kFastest = 100'000'000'000;
    static constexpr std::size_t kLongestQueue = 1u << 30;

    std::uint64_t egress = 0;    // bytes per second; 0: no limit
    std::uint64_t ingress = 0;   // the same
    std::size_t queue = 262144;  // bytes, each way; what does not fit is dropped

    // Empty, or which value is out of range and what is allowed.
    [[nodiscard]] std::string problem() const {
        for (const auto& [field, rate] : {std::pair{"egress", egress}, {"ingress", ingress}}) {
            if (rate == 0 || (rate >= kSlowest && rate <= kFastest)) continue;
            return std::string{field} + " is " + std::to_string(rate) +
                   " bytes/s; allowed is 0 (no limit), or " + std::to_string(kSlowest) + " to " +
                   std::to_string(kFastest);
        }
        if (queue < 1 || queue > kLongestQueue) {
            return "queue is " + std::to_string(queue) + " bytes; allowed is 1 to " +
                   std::to_string(kLongestQueue);
        }
        return {};
    }
};

// IPv4 and UDP headers, which take time on the wire too.
inline constexpr std::size_t kHeaderBytes = 28;

// `rate` in bytes per second, not 0.
[[nodiscard]] constexpr Duration transmission_time(std::size_t bytes, std::uint64_t rate) {
    return Duration{static_cast<Duration::rep>(bytes * 1'000'000'000u / rate)};
}

class RateQueue {
public:
    // Time from now until `bytes` more have been sent; nullopt: they do not fit.
    [[nodiscard]] std::optional<Duration> push(std::size_t bytes, std::uint64_t rate,
                                               std::size_t limit, Time now) {
        const Duration waiting = std::max(Duration{}, empty_at_ - now);
        const Duration takes = transmission_time(bytes, rate);
        // An idle interface accepts any size.
        if (waiting > Duration{} && waiting + takes > transmission_time(limit, rate)) return {};
        empty_at_ = now + waiting + takes;
        return waiting + takes;
    }

private:
    Time empty_at_ = {};
};

}  // namespace rollcall::sim
