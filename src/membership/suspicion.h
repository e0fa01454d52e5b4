// SPDX-License-Identifier: Apache-2.0
//
// How long a suspect has to refute: max while one member accuses it, shrinking to min as the
// expected number of others confirm (rules T1-T3; Lifeguard, "LHA-Suspicion"). The formulas are
// pure arithmetic; Suspicions keeps the running ones. A suspicion belongs to one member id and one
// incarnation; when either has changed, it has no effect. Invariant: min <= timeout <= max.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "membership/config.h"
#include "membership/events.h"

namespace rollcall::membership {

// Rule F5: the time of the last word.
inline constexpr Duration kLastWord = std::chrono::milliseconds{600};

struct SuspicionBounds {
    Duration min{};
    Duration max{};
    unsigned expected = 0;  // confirmations that bring the timeout down to min
    Duration lead{};        // rule F5: handed over so long before its end, for the last word
};

// Rule F4: what a vigil cannot decide takes as long as in a cluster without fast verdicts, whose
// probe interval this is: at least 1 s with fast verdicts, otherwise our own.
[[nodiscard]] Duration slow_interval(const Config& config);

// Rule T1: min = suspicion_mult x log10(members), at least 1 and in thousandths, x probe_interval;
// max = suspicion_max_timeout_mult x min. `members` counts every entry of the table. A cluster too
// small for confirmations does not wait for any.
[[nodiscard]] SuspicionBounds suspicion_bounds(const Config& config, std::size_t members);

// Rule T2: max - (max - min) x ln(confirmed + 1) / ln(expected + 1), never below min, in whole
// milliseconds.
[[nodiscard]] Duration suspicion_timeout(const SuspicionBounds& bounds, unsigned confirmed);

class Suspicions {
public:
    // A member's suspicion that expired.
    struct Expired {
        MemberId member;
        Incarnation incarnation;
        std::vector<std::string> accusers;  // the first, then those who confirmed
        SuspicionBounds bounds;
        Time end{};                          // of its time; `lead` earlier it is handed over
        std::optional<VigilEvidence> vigil;  // what our own vigil had seen
    };

    void start(Time now, MemberId member, Incarnation incarnation, std::string_view accuser,
               const SuspicionBounds& bounds);
    // Rule T3: the first accuser never counts, each other counts once, and after the expected
    // number no more. True when this one counted: then it is gossiped.
    bool confirm(MemberId member, std::string_view accuser);
    void stop(MemberId member);
    // A vigil over the member ended without a verdict.
    void remember(MemberId member, const VigilEvidence& vigil);
    // Rule Z1: after a pause all suspicions restart, since no suspect had its full time to refute.
    void restart_all(Time now);

    // The first accuser, then those who counted; empty without a suspicion.
    [[nodiscard]] std::span<const std::string> accusers(MemberId member) const;
    [[nodiscard]] std::optional<Time> next_deadline() const;
    // The earliest one due, removed; call until none is left.
    std::optional<Expired> pop_due(Time now);
    [[nodiscard]] std::size_t size() const { return running_.size(); }

private:
    struct Deadline {
        Time at;
        std::uint64_t order = 0;  // equal times fire in insertion order
        MemberId member;
        friend bool operator<(const Deadline& a, const Deadline& b) {
            return std::tie(a.at, a.order) < std::tie(b.at, b.order);
        }
    };
    struct Suspicion {
        Incarnation incarnation;
        SuspicionBounds bounds;
        Time started{};
        std::vector<std::string> accusers;  // the first, then those who counted
        std::optional<VigilEvidence> vigil;
        Deadline deadline;
    };
    void arm(MemberId member, Suspicion& suspicion);

    std::unordered_map<std::uint32_t, Suspicion> running_;  // by MemberId
    std::set<Deadline> deadlines_;
    std::uint64_t next_order_ = 0;
};

}  // namespace rollcall::membership
