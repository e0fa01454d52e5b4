// SPDX-License-Identifier: Apache-2.0
//
// Whether we may declare members dead (rule F6): not while the reason may be ourselves. A gate is
// closed while too few members send to us, our own loop ran late, or most of our probes fail.
// Pure; one thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/endpoint.h"
#include "base/time.h"

namespace rollcall::membership {

class Gate {
public:
    static constexpr Duration kLate = std::chrono::milliseconds{250};
    static constexpr unsigned kEnough = 3;   // senders
    static constexpr unsigned kProbes = 12;  // remembered outcomes

    enum class Closed : std::uint8_t {
        no,
        isolated,    // too few senders
        unanswered,  // others send to us and most probes fail: perhaps ours do not arrive
        late_loop,   // our own loop stood still
    };

    // A valid packet arrived from there.
    void received(Time now, const Endpoint& from) {
        const auto who = static_cast<std::uint32_t>(EndpointHash{}(from));
        std::size_t place = 0;
        for (std::size_t i = 0; i < who_.size(); ++i) {
            if (who_[i] == who) {
                place = i;
                break;
            }
            if (at_[i] < at_[place]) place = i;
        }
        who_[place] = who;
        at_[place] = now;
    }
    // Our loop was called later than it asked for.
    void ran_late(Time now, Duration by) {
        if (by >= kLate) late_at_ = now;
    }
    void probe_ended(bool failed) {
        outcomes_ = (outcomes_ << 1u | (failed ? 1u : 0u)) & kMask;
        counted_ = std::min(counted_ + 1, kProbes);
    }
    // After a pause what was measured says nothing any more.
    void forget_probes() { outcomes_ = 0, counted_ = 0; }

    // How many of the last few senders sent since then.
    [[nodiscard]] unsigned received_since(Time since) const {
        return static_cast<unsigned>(
            std::ranges::count_if(at_, [&](Time at) { return at >= since; }));
    }
    [[nodiscard]] bool late_since(Time since) const { return late_at_ && *late_at_ >= since; }

    // `window`: four probe intervals. `others`: the live members besides us and the accused.
    [[nodiscard]] Closed closed(Time now, Duration window, unsigned others) const {
        if (late_since(now - window)) return Closed::late_loop;
        if (received_since(now - window) < std::min(kEnough, others)) return Closed::isolated;
        if (counted_ == kProbes && 3 * std::popcount(outcomes_) > 2 * static_cast<int>(kProbes)) {
            return Closed::unanswered;
        }
        return Closed::no;
    }

private:
    static constexpr std::size_t kSenders = 8;
    static constexpr std::array<Time, kSenders> never() {
        std::array<Time, kSenders> all{};
        all.fill(Time::min());
        return all;
    }
    static constexpr std::uint32_t kMask = (1u << kProbes) - 1;

    // The last few senders: hashes of their endpoints, and when each sent last. Every packet
    // is noted here, so this is small.
    std::array<std::uint32_t, kSenders> who_{};
    std::array<Time, kSenders> at_ = never();
    std::optional<Time> late_at_;
    std::uint32_t outcomes_ = 0;  // the newest is bit 0; 1: failed
    unsigned counted_ = 0;
};

}  // namespace rollcall::membership
