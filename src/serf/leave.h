// SPDX-License-Identifier: Apache-2.0
//
// A graceful departure, rule I4: first everybody hears that we intend to leave, then that we left,
// then we stay a little to answer probes while the news travels. The order is what makes others
// call us left and not failed. A machine over deadlines: it starts nothing itself, its verbs are
// what happened, and step() says what is due. Waiting in vain is no error, only slower: each step
// ends by its deadline.
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
        telling_intent,  // until the intent was sent often enough, or the deadline
        announce,        // membership's leave is due now
        announcing,      // until membership says it is through; it keeps the deadline itself
        lingering,       // until the deadline
        finished,        // LeaveFinished is due now
        left,
    };

    void start(Time now, RequestId request, bool anybody_to_tell, Duration timeout) {
        request_ = request;
        step_ = anybody_to_tell ? Step::telling_intent : Step::announce;
        deadline_ = now + timeout;
    }
    void intent_told() {
        if (step_ == Step::telling_intent) step_ = Step::announce;
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
        if (step_ == Step::telling_intent) step_ = Step::announce;
        if (step_ == Step::lingering) step_ = Step::finished;
    }
    void told_finished() { step_ = Step::left; }

    [[nodiscard]] Step step() const { return step_; }
    [[nodiscard]] RequestId request() const { return request_; }
    [[nodiscard]] std::optional<Time> deadline() const {
        if (step_ == Step::telling_intent || step_ == Step::lingering) return deadline_;
        return {};
    }

private:
    Step step_ = Step::none;
    RequestId request_, announce_;
    Time deadline_{};
};

}  // namespace rollcall::serf
