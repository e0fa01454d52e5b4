// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster/describe.h"

#include <string_view>
#include <variant>

namespace rollcall::sim {
namespace {

using namespace membership;

std::string who(const About& about) {
    return about.name + " (" + std::to_string(about.incarnation.value()) + ")";
}
std::string address(const WireAddress& address, std::uint16_t port) {
    return address.to_string() + ":" + std::to_string(port);
}
std::string_view outcome_word(ProbeOutcome outcome) {
    switch (outcome) {
        case ProbeOutcome::acked:
            return "answered";
        case ProbeOutcome::acked_by_relay:
            return "answered by relay";
        case ProbeOutcome::acked_by_stream:
            return "answered by stream";
        case ProbeOutcome::failed:
            return "unanswered";
        case ProbeOutcome::abandoned:
            return "abandoned";
    }
    return "?";
}
std::string millis(Duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + " ms";
}

struct Teller {
    std::string operator()(const MemberJoined& e) const {
        return "joined     " + who(e.about) + " at " + address(e.about.address, e.about.port);
    }
    std::string operator()(const MemberUpdated& e) const { return "updated    " + who(e.about); }
    std::string operator()(const MemberSuspected& e) const {
        return "suspects   " + who(e.about) + ", said by " + e.from;
    }
    std::string operator()(const SuspicionCleared& e) const { return "clears     " + who(e.about); }
    std::string operator()(const MemberFailed& e) const {
        return "failed     " + who(e.about) + ", said by " + e.from;
    }
    std::string operator()(const MemberLeft& e) const { return "left       " + who(e.about); }
    std::string operator()(const MemberReaped& e) const { return "reaped     " + e.name; }
    std::string operator()(const NameConflict& e) const {
        return "conflict   " + who(e.existing) + " also at " +
               address(e.other_address, e.other_port);
    }
    std::string operator()(const Refuted& e) const {
        return "refutes    " + std::string{to_string(e.claim)} + " " +
               std::to_string(e.accused.value()) + (e.from.empty() ? "" : " by " + e.from) +
               ", is now " + std::to_string(e.now.value());
    }
    std::string operator()(const ProbeEnded& e) const {
        return "probe      " + std::string{outcome_word(e.outcome)} + " after " + millis(e.took) +
               ", nacks " + std::to_string(e.nacks_received) + "/" +
               std::to_string(e.nacks_expected) + ", health " + std::to_string(e.health_score);
    }
    std::string operator()(const UdpBlocked& e) const { return "no udp     " + who(e.about); }
    std::string operator()(const SendsFailing& e) const {
        return "sends fail for " + millis(e.since);
    }
    std::string operator()(const SendsRecovered& e) const {
        return "sends again, after " + millis(e.lasted);
    }
    std::string operator()(const LinkTested& e) const {
        return "link       " + e.target.to_string() + " acked " + std::to_string(e.acked) + " of " +
               std::to_string(e.rounds);
    }
    std::string operator()(const JoinAnswered& e) const {
        return "join       " + e.peer.to_string() + (e.error.empty() ? " ok" : ": " + e.error);
    }
    std::string operator()(const JoinFinished& e) const {
        return "join done  " + std::to_string(e.contacted) + " ok, " + std::to_string(e.failed) +
               " failed";
    }
    std::string operator()(const LeaveFinished& e) const {
        return e.timed_out ? "leave done, timed out" : "leave done";
    }
    std::string operator()(const UpdateFinished& e) const {
        return e.timed_out ? "update done, timed out" : "update done";
    }
    std::string operator()(const PauseDetected& e) const {
        return "was paused for " + millis(e.gap);
    }
    std::string operator()(const MergeRefused& e) const {
        return "refused    the state of " + e.peer.to_string() + ": " + e.reason;
    }
    std::string operator()(const Rejected& e) const {
        return "rejected   " + std::string{wire::to_string(e.cause)} + " from " +
               e.from.to_string() + (e.stream ? " (stream)" : "");
    }
};

}  // namespace

std::string describe(const membership::Event& event) {
    return std::visit(Teller{}, event);
}

std::optional<SightedState> sighted_in(const Event& event) {
    if (const auto* joined = std::get_if<MemberJoined>(&event)) {
        return SightedState{joined->about.name, State::alive};
    }
    if (const auto* suspected = std::get_if<MemberSuspected>(&event)) {
        return SightedState{suspected->about.name, State::suspect};
    }
    if (const auto* failed = std::get_if<MemberFailed>(&event)) {
        return SightedState{failed->about.name, State::dead};
    }
    if (const auto* left = std::get_if<MemberLeft>(&event)) {
        return SightedState{left->about.name, State::left};
    }
    return {};
}

}  // namespace rollcall::sim
