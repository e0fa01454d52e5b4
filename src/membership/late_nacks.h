// SPDX-License-Identifier: Apache-2.0
//
// Missing nacks of probes that ended early (rules F1 and P5). A probe with a learned timeout is
// over before a relay with memberlist's timing has answered, so what is missing counts against our
// health only later.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "base/ids.h"
#include "base/time.h"

namespace rollcall::membership {

class LateNacks {
public:
    void wait_for(SequenceNumber sequence, unsigned missing, Time until) {
        if (waiting_.size() == kMost) waiting_.pop_front();
        waiting_.push_back({sequence, missing, until});
    }
    // True when the number belongs to a probe that ended.
    bool arrived(SequenceNumber sequence) {
        const auto found = std::ranges::find(waiting_, sequence, &Waiting::sequence);
        if (found == waiting_.end()) return false;
        if (found->missing > 0) --found->missing;
        return true;
    }
    // How many are missing of the next probe whose time is over; call until there is none.
    std::optional<unsigned> pop_due(Time now) {
        if (waiting_.empty() || waiting_.front().until > now) return {};
        const unsigned missing = waiting_.front().missing;
        waiting_.pop_front();
        return missing;
    }
    [[nodiscard]] std::optional<Time> next_deadline() const {
        if (waiting_.empty()) return {};
        return waiting_.front().until;
    }
    void clear() { waiting_.clear(); }

private:
    static constexpr std::size_t kMost = 64;
    struct Waiting {
        SequenceNumber sequence;
        unsigned missing = 0;
        Time until{};
    };
    std::deque<Waiting> waiting_;  // nearly by time: the order in which the probes ended
};

}  // namespace rollcall::membership
