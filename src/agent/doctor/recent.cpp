// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/recent.h"

#include <algorithm>

namespace rollcall::agent {
namespace {

Duration size_of(const ClockStep& step) {
    return step.by < Duration{} ? -step.by : step.by;
}

}  // namespace

Counters operator-(const Counters& a, const Counters& b) {
    return {.deadlines = a.deadlines - b.deadlines,
            .late = a.late - b.late,
            .sent = a.sent - b.sent,
            .send_full = a.send_full - b.send_full,
            .send_no_route = a.send_no_route - b.send_no_route,
            .send_failed = a.send_failed - b.send_failed,
            .connections_refused = a.connections_refused - b.connections_refused,
            .broadcasts_dropped = a.broadcasts_dropped - b.broadcasts_dropped};
}

void Recent::sample(Time now, Duration drift, const Counters& counters) {
    const ClockStep step{.by = drift - drift_.value_or(drift), .seen = now};
    drift_ = drift;
    if (size_of(step) >= kSmallestStep) {
        ++steps_;
        recent_.push_back(step);
        if (recent_.size() > kMostSteps) recent_.pop_front();
    }
    while (!recent_.empty() && recent_.front().seen < now - kRecent) recent_.pop_front();

    // Examinations take samples between those of the pace: the last one moves until its time.
    if (samples_.size() > 1 && now - samples_[samples_.size() - 2].at < kEvery) {
        samples_.pop_back();
    }
    samples_.push_back({now, counters});
    while (samples_.front().at < now - kRecent) samples_.pop_front();
}

Counters Recent::growth() const {
    if (samples_.empty()) return {};
    return samples_.back().counters - samples_.front().counters;
}

Duration Recent::span() const {
    return samples_.empty() ? Duration{} : samples_.back().at - samples_.front().at;
}

std::optional<ClockStep> Recent::largest_step() const {
    const auto largest = std::ranges::max_element(recent_, {}, size_of);
    if (largest == recent_.end()) return {};
    return *largest;
}

}  // namespace rollcall::agent
