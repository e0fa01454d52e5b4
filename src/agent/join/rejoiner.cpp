// SPDX-License-Identifier: Apache-2.0
#include "agent/join/rejoiner.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "transport/clock.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kRejoinComponent = "agent";

}  // namespace

Rejoiner::Rejoiner(Parts parts, Rejoin rejoin)
    : parts_{std::move(parts)}, rejoin_{std::move(rejoin)} {}

void Rejoiner::begin() {
    timer_.init(*this, parts_.loop);
    rejoin_.begin(transport::clock_now());
    if (rejoin_.done()) return;
    parts_.log.write(
        Level::info, kRejoinComponent, "rejoining",
        "rejoining by the snapshot, which has " + std::to_string(rejoin_.size()) + " members",
        {{"members", rejoin_.size()}});
    arm();
}

void Rejoiner::arm() {
    const auto at = rejoin_.next_deadline();
    if (!at) return;
    timer_.start<&Rejoiner::due>(*at - transport::clock_now());
}

void Rejoiner::due() {
    const auto members = rejoin_.take_due(transport::clock_now(), parts_.alone());
    if (members.empty()) return arm();
    std::vector<membership::JoinPeer> peers;
    peers.reserve(members.size());
    for (const Rejoin::Remembered& member : members) {
        if (parts_.out_of_reach(member.endpoint)) continue;
        peers.push_back({.endpoint = member.endpoint, .name = member.name});
    }
    if (peers.empty()) return ended(0);
    const auto request =
        parts_.core.command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
            auto joining = core.rejoin(now, peers, out);
            // The core may report the end before this call returns.
            if (joining) running_ = *joining;
            return joining.ok();
        });
    if (!request) close({});  // we are leaving
}

void Rejoiner::handle(const serf::Serf::Outbox& out) {
    for (const serf::Event& event : out.serf_events()) {
        const auto* finished = std::get_if<serf::JoinFinished>(&event);
        if (finished == nullptr || finished->request != running_) continue;
        running_.reset();
        ended(finished->contacted);
    }
}

void Rejoiner::ended(unsigned contacted) {
    if (closed_) return;
    const unsigned rounds = rejoin_.rounds();
    rejoin_.attempt_ended(transport::clock_now(), contacted);
    if (contacted > 0) {
        parts_.log.write(Level::info, kRejoinComponent, "rejoined",
                         "rejoined the cluster by the snapshot");
    } else if (rejoin_.rounds() > rounds) {
        parts_.log.write(Level::warn, kRejoinComponent, "rejoin-failed",
                         "none of the " + std::to_string(rejoin_.size()) +
                             " members of the snapshot answered; will retry",
                         {{"members", rejoin_.size()}, {"rounds", rejoin_.rounds()}});
    }
    arm();
}

void Rejoiner::address_changed() {
    if (closed_) return;
    rejoin_.resume(transport::clock_now());
    arm();
}

void Rejoiner::close(const std::function<void()>& closed) {
    closed_ = true;
    timer_.close(closed);
}

}  // namespace rollcall::agent
