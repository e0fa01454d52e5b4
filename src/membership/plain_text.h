// SPDX-License-Identifier: Apache-2.0
//
// Who still sends plain text while keys are used (wire::Encryption::accept and send): what an
// operator looks at before the next step. Of the last five minutes, with at most kMostSources
// sources: when there are more, the one that was silent longest gives way. Pure: the caller passes
// the time.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"

namespace rollcall::membership {

class PlainText {
public:
    static constexpr Duration kKept = std::chrono::minutes{5};
    static constexpr std::size_t kMostSources = 64;

    struct Source {
        Endpoint from;  // port 0: a stream's, of which only the host is known
        Time last{};
    };

    // A datagram with at least one message that could be read, or a whole stream.
    void taken(Time now, const Endpoint& from) {
        ++total_;
        Slot& slot = slots_[slot_of(now)];
        if (slot.number != number_of(now)) slot = {number_of(now), 0};
        ++slot.count;
        auto source = std::ranges::find(sources_, from, &Source::from);
        if (source == sources_.end() && sources_.size() < kMostSources) {
            source = sources_.insert(sources_.end(), {from, now});
        } else if (source == sources_.end()) {
            source = std::ranges::min_element(sources_, {}, &Source::last);
        }
        *source = {from, now};
    }

    [[nodiscard]] std::uint64_t total() const { return total_; }
    // In the last five minutes, and at most ten seconds more.
    [[nodiscard]] std::uint64_t recent(Time now) const {
        std::uint64_t count = 0;
        for (const Slot& slot : slots_) {
            if (slot.number + kSlots > number_of(now)) count += slot.count;
        }
        return count;
    }
    // The latest first.
    [[nodiscard]] std::vector<Source> sources(Time now) const {
        std::vector<Source> recent;
        std::ranges::copy_if(sources_, std::back_inserter(recent),
                             [&](const Source& source) { return now - source.last <= kKept; });
        std::ranges::sort(recent, std::ranges::greater{}, &Source::last);
        return recent;
    }

private:
    static constexpr Duration kSlot = std::chrono::seconds{10};
    static constexpr std::int64_t kSlots = kKept / kSlot + 1;
    struct Slot {
        std::int64_t number = 0;  // since the clock's origin
        std::uint64_t count = 0;
    };
    [[nodiscard]] static std::int64_t number_of(Time now) { return now.time_since_epoch() / kSlot; }
    [[nodiscard]] static std::size_t slot_of(Time now) {
        // A clock may begin below zero.
        return static_cast<std::size_t>((number_of(now) % kSlots + kSlots) % kSlots);
    }

    std::uint64_t total_ = 0;
    std::array<Slot, static_cast<std::size_t>(kSlots)> slots_{};
    std::vector<Source> sources_;
};

}  // namespace rollcall::membership
