// SPDX-License-Identifier: Apache-2.0
//
// Rule S5: members above the middle of the range whose number we have from a source that may be
// forged. Each is asked to exchange states by a stream of our own, until it spoke by one of its
// own: what it says there counts whatever the number. A bounded number of members, at a bounded
// rate. Decides when to ask, and asks no one. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace rollcall::membership {

class Doubts {
public:
    // An honest cluster has none; a newcomer to one that was walked up has them all at once.
    static constexpr std::size_t kMost = 256;
    static constexpr Duration kPause = std::chrono::milliseconds{250};  // between two members
    static constexpr Duration kAgain = std::chrono::seconds{2};         // for the same one
    static constexpr unsigned kTries = 30;

    void add(Time now, MemberId member) {
        const auto known = std::ranges::find(open_, member, &Doubt::member);
        if (known != open_.end()) {
            known->tries = 0;
        } else if (open_.size() < kMost) {
            open_.push_back({.member = member, .next = now});
        }
    }
    // It spoke by a stream of its own.
    void settle(MemberId member) {
        std::erase_if(open_, [&](const Doubt& one) { return one.member == member; });
    }
    // Whom to ask now.
    [[nodiscard]] std::optional<MemberId> pop_due(Time now) {
        if (open_.empty() || now < free_) return {};
        const auto first = std::ranges::min_element(open_, {}, &Doubt::next);
        if (now < first->next) return {};
        const MemberId member = first->member;
        free_ = now + kPause;
        first->next = now + kAgain;
        if (++first->tries == kTries) open_.erase(first);
        return member;
    }
    [[nodiscard]] std::optional<Time> next_deadline() const {
        if (open_.empty()) return {};
        return std::max(free_, std::ranges::min_element(open_, {}, &Doubt::next)->next);
    }

private:
    struct Doubt {
        MemberId member;
        Time next{};
        unsigned tries = 0;
    };
    std::vector<Doubt> open_;
    Time free_{};
};

}  // namespace rollcall::membership
