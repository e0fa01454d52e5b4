// SPDX-License-Identifier: Apache-2.0
#include "serf/lamport_clock.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace rollcall::serf {
namespace {

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

}  // namespace

LamportTime LamportClock::increment() {
    const LamportTime used = now_;
    if (now_.value() < kLast) now_ = LamportTime{now_.value() + 1};
    return used;
}

// Rule C1.
bool LamportClock::witness(Time now, LamportTime seen) {
    if (seen < now_) return true;
    const std::uint64_t time = seen.value();
    if (time >= limits_.end) return false;
    if (time >= limits_.free) {
        refill(now);
        const std::uint64_t most = reach();
        const bool near = time < most;
        const std::uint64_t next = near ? time + 1 : most;
        steps_ -= next - base();
        now_ = LamportTime{next};
        return near;
    }
    now_ = LamportTime{time + 1};
    return true;
}

LamportClock::Followed LamportClock::follow(Time now, LamportTime next) {
    const bool first = std::exchange(young_, false);
    const std::uint64_t theirs = std::max(next.value(), limits_.free);
    refill(now);
    const std::uint64_t top = limits_.end - limits_.burst;
    if (now_.value() >= top) return move(limits_.free, Followed::down);
    const bool ahead = theirs > reach();
    const bool behind = base() - std::min(base(), theirs) > limits_.burst;
    apart_ = std::max(base(), theirs) - std::min(base(), theirs) > kNear;
    if (ahead) {
        behind_ = 0;
        nearest_ = ahead_++ == 0 ? theirs : std::min(nearest_, theirs);
        if ((first || ahead_ >= kStatesToRise) && nearest_ < top) {
            return move(nearest_, Followed::up);
        }
    } else if (behind) {
        ahead_ = 0;
        nearest_ = behind_++ == 0 ? theirs : std::max(nearest_, theirs);
        if (behind_ >= kStatesToFall) return move(nearest_, Followed::down);
    } else {
        ahead_ = behind_ = 0;
    }
    return Followed::no;
}

LamportClock::Followed LamportClock::move(std::uint64_t to, Followed how) {
    now_ = LamportTime{to};
    ahead_ = behind_ = 0;
    return how;
}

// Above `free` the file may be wrong, or the cluster have moved: the first push/pull decides.
void LamportClock::restore(LamportTime last) {
    if (last.value() >= limits_.end) return;
    now_ = LamportTime{std::max(now_.value(), std::min(last.value() + 1, limits_.free))};
}

void LamportClock::refill(Time now) {
    using std::chrono::milliseconds;
    const auto passed = std::chrono::duration_cast<milliseconds>(now - refilled_);
    if (passed <= milliseconds::zero()) return;
    refilled_ += passed;
    // Whole seconds first: no product of a long time overflows.
    const auto full = milliseconds{1000 * (limits_.burst / limits_.per_second + 1)};
    const auto counted = static_cast<std::uint64_t>(std::min(passed, full).count());
    steps_ = std::min(limits_.burst, steps_ + counted * limits_.per_second / 1000);
}

std::uint64_t LamportClock::base() const {
    return std::max(now_.value(), limits_.free);
}

std::uint64_t LamportClock::reach() const {
    return std::min(base() + steps_, std::max(limits_.end, now_.value()));
}

}  // namespace rollcall::serf
