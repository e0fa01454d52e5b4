// SPDX-License-Identifier: Apache-2.0
//
// Whom to ask after a restart, among those whom the snapshot remembers (rule H4): in random order,
// members that were alive first, then those that had failed; one, then two, four, and so on up to
// sixteen at a time, until one answers. When nobody did, all again after a growing wait, for as
// long as we are alone. Pure: told the time and the outcome, contacts nobody.
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

    // `interval` is the wait after the first round in which nobody answered; it grows eightfold.
    Rejoin(std::vector<Remembered> alive, std::vector<Remembered> failed, Duration interval,
           std::uint64_t dice_seed);

    void begin(Time now);
    // Nullopt: done, nobody to ask, or an attempt is running.
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }
    // Whom to ask now; empty when nothing is due, or when nothing is to be done any more because we
    // are not alone. Otherwise attempt_ended() follows.
    [[nodiscard]] std::vector<Remembered> take_due(Time now, bool alone);
    void attempt_ended(Time now, unsigned contacted);

    // What is due later is due now.
    void go_on(Time now) {
        if (due_ && *due_ > now) due_ = now;
    }

    [[nodiscard]] bool done() const { return done_; }
    // Rounds through all of them in which nobody answered.
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
