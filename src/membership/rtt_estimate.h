// SPDX-License-Identifier: Apache-2.0
//
// How long to wait for an answer of a member (rule F1). For each member the greatest round trip,
// held and slowly forgotten; for a member without one, the greatest of the last 64 of any member.
// One thread.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace rollcall::membership {

class RttEstimate {
public:
    static constexpr Duration kShortest = std::chrono::milliseconds{100};
    static constexpr Duration kMargin = std::chrono::milliseconds{10};
    static constexpr std::size_t kFew = 5;  // samples below which nothing is known

    void sample(MemberId member, Duration rtt) {
        const auto micros = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
            std::chrono::ceil<std::chrono::microseconds>(rtt).count(), 1, kLongestSample));
        if (member.slot() >= held_.size()) held_.resize(member.slot() + 1);
        std::uint32_t& held = held_[member.slot()];
        held = std::max(micros, held - held / 8);
        recent_[samples_++ % recent_.size()] = micros;
    }
    // 3 round trips and a margin, at least 100 ms, at most `longest`.
    [[nodiscard]] Duration timeout(MemberId member, Duration longest) const {
        if (samples_ < kFew) return longest;
        const std::uint32_t held = member.slot() < held_.size() ? held_[member.slot()] : 0;
        return timeout_of(held != 0 ? held : greatest_recent(), longest);
    }
    // Of a member that never answered.
    [[nodiscard]] Duration timeout_of_any(Duration longest) const {
        return samples_ < kFew ? longest : timeout_of(greatest_recent(), longest);
    }
    // Whether it ever answered a ping itself.
    [[nodiscard]] bool knows(MemberId member) const {
        return member.slot() < held_.size() && held_[member.slot()] != 0;
    }
    // Before its place in the table is given to another.
    void forget(MemberId member) {
        if (member.slot() < held_.size()) held_[member.slot()] = 0;
    }

private:
    static constexpr std::int64_t kLongestSample = 60'000'000;  // microseconds

    [[nodiscard]] static Duration timeout_of(std::uint32_t rtt, Duration longest) {
        return std::min(longest, std::max(kShortest, 3 * std::chrono::microseconds{rtt} + kMargin));
    }
    [[nodiscard]] std::uint32_t greatest_recent() const {
        return *std::max_element(
            recent_.begin(),
            recent_.begin() + static_cast<std::ptrdiff_t>(std::min(samples_, recent_.size())));
    }
    std::vector<std::uint32_t> held_;  // by slot, microseconds; 0: none
    std::array<std::uint32_t, 64> recent_{};
    std::size_t samples_ = 0;
};

}  // namespace rollcall::membership
