// SPDX-License-Identifier: Apache-2.0
//
// Carries out what Seeds decides: one timer, look-ups and joins by the Joiner, a look at who is
// alive. Never dials this agent itself, nor a peer that could not answer since this host has no
// address that it could reach. Logs every attempt that changes or fails something, and keeps each
// seed's last result for `rollcall info`. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "agent/join/error.h"
#include "agent/join/joiner.h"
#include "agent/join/seeds.h"
#include "agent/log/logging.h"
#include "rpc/messages.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class SeedKeeper {
public:
    struct Parts {
        uv_loop_t& loop;
        Joiner& joiner;
        Log& log;
        // The addresses of a seed that are no alive members, here and now.
        std::function<std::vector<Endpoint>(const Joiner::Resolved&)> strangers;
        // An address at which this agent itself listens.
        std::function<bool(const Endpoint&)> is_self;
        // An address that could not answer us yet: agent/host/own_address.h.
        std::function<bool(const Endpoint&)> out_of_reach;
        // Nobody answered at the start, or not within the attempts allowed: the agent ends.
        std::function<void(const std::string& why)> failed;
        bool replay = false;
    };
    SeedKeeper(Parts parts, Seeds seeds);
    ~SeedKeeper();

    void begin();
    void member_lost();
    // This host has another address: what was held back goes on, at once.
    void address_changed();
    void close(const std::function<void()>& closed);
    [[nodiscard]] const rpc::StringMap& status() const { return status_; }

private:
    struct Standing {
        std::vector<Endpoint> strangers;  // to be asked
        std::vector<Endpoint> held;       // strangers out of reach
        bool self = false;                // some address is this agent itself
    };
    void arm();
    void due();
    [[nodiscard]] Standing standing(const Joiner::Resolved& seed) const;
    Joiner::Chosen choose(const Joiner::Resolved& seed, bool watching);
    void note(const Joiner::Resolved& seed, const Standing& standing);
    void ended(Joiner::Outcome outcome);
    void note(const JoinErrors& errors);
    void log_attempt(bool watching, unsigned attempt, unsigned contacted, const JoinErrors& errors);
    void log_alone();
    void log_held(const std::vector<Endpoint>& held);

    Parts parts_;
    Seeds seeds_;
    transport::Timer<SeedKeeper> timer_;
    rpc::StringMap status_;
    // Where a join came back to ourselves, though the address is none of this host's.
    std::unordered_set<Endpoint, EndpointHash> ourselves_;
    bool told_alone_ = false, told_held_ = false;
    bool closed_ = false;
};

}  // namespace rollcall::agent
