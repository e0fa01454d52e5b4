// SPDX-License-Identifier: Apache-2.0
//
// A client of Turns that always has more to do and takes all the time it gets.
#pragma once

#include "agent/host/turns.h"
#include "transport/clock.h"

namespace rollcall::agent::tests {

class TurnHog final : public Turns::Client {
public:
    explicit TurnHog(Turns& turns) : turns_{turns} { turns_.ask(*this); }
    ~TurnHog() { turns_.forget(*this); }
    TurnHog(const TurnHog&) = delete;
    TurnHog& operator=(const TurnHog&) = delete;

    [[nodiscard]] int turns() const { return count_; }
    [[nodiscard]] bool take_turn(Time end) override {
        while (transport::clock_now() < end) {
        }
        ++count_;
        return true;
    }

private:
    Turns& turns_;
    int count_ = 0;
};

}  // namespace rollcall::agent::tests
