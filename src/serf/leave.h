// SPDX-License-Identifier: Apache-2.0
//
// A graceful leave, rule I4: first we gossip the leave intent, then the leave claim, then we stay a
// little to answer probes while the claim spreads. Because of this order others consider us left
// and not failed. A machine over deadlines: it starts nothing itself, its functions report what
// happened, and step() returns what is due. A missing confirmation is not an error, only slower:
// each step ends at its deadline.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/time.h"

namespace rollcall::serf {

enum class LifeState : std::uint8_t { alive, leaving, left };

class Leave {
public:
    enum class Step : std::uint8_t {
        none,
        sending_intent,  // until the intent was sent often enough, or the deadline
        announce,        // membership's leave is due now
        announcing,      // until membership's leave has finished; it keeps the deadline itself
        lingering,       // until the deadline
        finished,        // LeaveFinished is due now
        left,
    };

    void start(Time now, RequestId request, bool has_live_peers, Duration timeout) {
        request_ = request;
        step_ = has_live_peers ? Step::sending_intent : Step::announce;
        deadline_ = now + timeout;
    }
    void on_intent_sent() {
        if (step_ == Step::sending_intent) step_ = Step::announce;
    }
    void announce_started(RequestId membership_request) {
        step_ = Step::announcing;
        announce_ = membership_request;
    }
    void announced(Time now, RequestId membership_request, Duration linger) {
        if (step_ != Step::announcing || membership_request != announce_) return;
        step_ = Step::lingering;
        deadline_ = now + linger;
    }
    void expire(Time now) {
        if (now < deadline_) return;
        if (step_ == Step::sending_intent) step_ = Step::announce;
        if (step_ == Step::lingering) step_ = Step::finished;
    }
    void finish_reported() { step_ = Step::left; }

    [[nodiscard]] Step step() const { return step_; }
    [[nodiscard]] RequestId request() const { return request_; }
    [[nodiscard]] std::optional<Time> deadline() const {
        if (step_ == Step::sending_intent || step_ == Step::lingering) return deadline_;
        return {};
    }

private:
    Step step_ = Step::none;
    RequestId request_, announce_;
    Time deadline_{};
};

}  // namespace rollcall::serf
