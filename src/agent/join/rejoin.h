// SPDX-License-Identifier: Apache-2.0
//
// Plans the rejoin after a restart, from the members of the snapshot (rule H4): in random order,
// alive members first, then failed ones; one, then two, four, and so on up to sixteen at a time,
// until one answers. If none does, starts over after a growing wait, as long as this agent is
// alone. Pure: takes the time and the results as arguments, and sends nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "serf/snapshot.h"

namespace rollcall::agent {

class Rejoin {
public:
    using Remembered = serf::Snapshot::Remembered;

    // `interval` is the wait after the first round without an answer; it grows up to eightfold.
    Rejoin(std::vector<Remembered> alive, std::vector<Remembered> failed, Duration interval,
           std::uint64_t dice_seed);

    void begin(Time now);
    // Nullopt: done, no members, or an attempt is running.
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }
    // The members to contact now; empty when nothing is due, or when this agent is no longer alone,
    // which ends the rejoin. Otherwise call attempt_ended() next.
    [[nodiscard]] std::vector<Remembered> take_due(Time now, bool alone);
    void attempt_ended(Time now, unsigned contacted);

    // Makes the next attempt due now.
    void resume(Time now) {
        if (due_ && *due_ > now) due_ = now;
    }

    [[nodiscard]] bool done() const { return done_; }
    // Rounds through all members without an answer.
    [[nodiscard]] unsigned rounds() const { return rounds_; }
    [[nodiscard]] std::size_t size() const { return members_.size(); }

private:
    void shuffle();

    std::vector<Remembered> members_;  // the first alive_ of them were alive
    std::size_t alive_;
    Duration interval_;
    Rng dice_;
    std::size_t next_ = 0;
    std::size_t batch_ = 1;
    unsigned rounds_ = 0;
    bool done_ = false;
    std::optional<Time> due_;
};

}  // namespace rollcall::agent
