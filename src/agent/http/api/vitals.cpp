// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/vitals.h"

#include <algorithm>

#include "transport/clock.h"

namespace rollcall::agent::http {
namespace {

std::string milliseconds_text(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           " ms";
}

}  // namespace

void Vitals::begin() {
    timer_.init(*this, loop_);
    changed_ = transport::clock_now();
    look();
}

void Vitals::close(const std::function<void()>& closed) {
    closed_ = true;
    timer_.close(closed);
}

void Vitals::look() {
    const Time now = transport::clock_now();
    const Standing standing = standing_();
    if (standing.members != members_) {
        members_ = standing.members;
        changed_ = now;
    }
    if (standing.joined && !joined_) joined_ = changed_ = now;
    settled_ = joined_ && (now - changed_ >= kQuiet || now - *joined_ >= kLongestSettling);
    if (!settled_) timer_.start<&Vitals::look>(kEvery);
}

std::vector<Check> Vitals::health() const {
    const Duration lag = lag_();
    return {{"loop", lag <= kMostLag, "the loop is " + milliseconds_text(lag) + " late"},
            {"running", !closed_, closed_ ? "the agent is shutting down" : "running"}};
}

Check Vitals::settled() const {
    if (settled_) return {"settled", true, "the view of the members has settled"};
    if (!joined_) return {"settled", false, "the view of the members has not settled"};
    return {"settled", false,
            "the view has not settled: " + std::to_string(members_) + " members so far"};
}

std::vector<Check> Vitals::readiness() const {
    const Standing standing = standing_();
    return {{"joined", standing.joined,
             standing.joined ? "joined, or no seed to join" : "no seed has answered yet"},
            settled(),
            {"member", !standing.leaving && !closed_,
             standing.leaving ? "the agent leaves the cluster"
             : closed_        ? "the agent is shutting down"
                              : "a member"},
            {"sending", !standing.not_sending,
             standing.not_sending ? "no datagram leaves this host: " + *standing.not_sending
                                  : "datagrams leave this host"}};
}

}  // namespace rollcall::agent::http
