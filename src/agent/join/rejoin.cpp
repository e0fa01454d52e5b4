// SPDX-License-Identifier: Apache-2.0
#include "agent/join/rejoin.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "agent/join/seeds.h"

namespace rollcall::agent {
namespace {

constexpr std::size_t kAskedAtOnce = 16;

}  // namespace

Rejoin::Rejoin(std::vector<Remembered> alive, std::vector<Remembered> failed, Duration interval,
               std::uint64_t dice_seed)
    : members_{std::move(alive)}, alive_{members_.size()}, interval_{interval}, dice_{dice_seed} {
    std::ranges::move(failed, std::back_inserter(members_));
}

void Rejoin::begin(Time now) {
    shuffle();
    done_ = members_.empty();
    if (!done_) due_ = now;
}

std::vector<Rejoin::Remembered> Rejoin::take_due(Time now, bool alone) {
    if (!due_ || now < *due_) return {};
    due_.reset();
    if (!alone) {
        done_ = true;
        return {};
    }
    const std::size_t count = std::min(batch_, members_.size() - next_);
    const auto first = members_.begin() + static_cast<std::ptrdiff_t>(next_);
    next_ += count;
    batch_ = std::min(2 * batch_, kAskedAtOnce);
    return {first, first + static_cast<std::ptrdiff_t>(count)};
}

void Rejoin::attempt_ended(Time now, unsigned contacted) {
    if (contacted > 0) {
        done_ = true;
        return;
    }
    due_ = now;
    if (next_ < members_.size()) return;
    *due_ += seed_delay(interval_, rounds_++, dice_.unit());
    next_ = 0;
    shuffle();
}

// Each list separately.
void Rejoin::shuffle() {
    const std::span members{members_};
    dice_.shuffle(members.first(alive_));
    dice_.shuffle(members.subspan(alive_));
}

}  // namespace rollcall::agent
