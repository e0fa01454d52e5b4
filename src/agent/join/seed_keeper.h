// SPDX-License-Identifier: Apache-2.0
//
// Executes the plan of Seeds: one timer, lookups and joins by the Joiner, a check of which seeds
// are alive members. Never dials this agent itself, nor a peer that could not answer because this
// host advertises only loopback. Logs attempts that failed or changed something, and keeps each
// seed's last result for `rollcall info`. The loop's thread.
#pragma once

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "agent/join/error.h"
#include "agent/join/joiner.h"
#include "agent/join/seeds.h"
#include "agent/log/logging.h"
#include "rpc/messages.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

// The last result of a seed.
enum class SeedState : std::uint8_t {
    untried,
    member,   // all its addresses are alive members
    self,     // this agent itself
    partly,   // some of its addresses are no members
    missing,  // none of its addresses is a member
    unresolved,
    deferred,  // this host has only loopback addresses
};
inline constexpr std::size_t kSeedStates = 7;
[[nodiscard]] std::string_view to_string(SeedState state);  // "untried", ...

class SeedKeeper {
public:
    struct Parts {
        uv_loop_t& loop;
        Joiner& joiner;
        Log& log;
        // The addresses of a seed that are not alive members now.
        std::function<std::vector<Endpoint>(const Joiner::Resolved&)> strangers;
        // Whether this agent itself listens on the address.
        std::function<bool(const Endpoint&)> is_self;
        // Whether an address could not answer us: agent/host/own_address.h.
        std::function<bool(const Endpoint&)> out_of_reach;
        std::function<void()> attempted;  // after each attempt: joined() may have changed
        // No seed answered at the start, or within the allowed attempts: the agent ends.
        std::function<void(const std::string& why)> failed;
        bool replay = false;
    };
    SeedKeeper(Parts parts, Seeds seeds);
    ~SeedKeeper();

    void begin();
    void member_lost();
    // The advertised address changed: deferred attempts run at once.
    void address_changed();
    void close(const std::function<void()>& closed);
    // For `rollcall info`: of each seed, as text.
    [[nodiscard]] rpc::StringMap status() const;
    [[nodiscard]] std::array<std::size_t, kSeedStates> count_by_state() const;
    [[nodiscard]] const std::vector<HostPort>& seeds() const { return seeds_.all(); }
    struct Standing {
        std::vector<Endpoint> strangers;  // to be contacted
        std::vector<Endpoint> held;       // strangers out of reach
        bool self = false;                // an address is this agent itself
    };
    // Of the addresses of a seed, now.
    [[nodiscard]] Standing standing(const Joiner::Resolved& seed) const;
    // A seed has answered, there is none, or this agent is the first of its cluster.
    [[nodiscard]] bool joined() const {
        return seeds_.phase() == Seeds::Phase::watch || seeds_.all().empty() || logged_alone_;
    }

private:
    struct Status {
        SeedState state = SeedState::untried;
        std::string text = "not tried yet";
    };
    void arm();
    void due();
    Joiner::Chosen choose(const Joiner::Resolved& seed, bool watching);
    void set_status(const Joiner::Resolved& seed, const Standing& standing);
    void ended(Joiner::Outcome outcome);
    void set_status(const JoinErrors& errors);
    void log_attempt(bool watching, unsigned attempt, unsigned contacted, const JoinErrors& errors);
    void log_alone();
    void log_held(const std::vector<Endpoint>& held);

    Parts parts_;
    Seeds seeds_;
    transport::Timer<SeedKeeper> timer_;
    std::map<std::string, Status> status_;  // by the seed as text
    // Addresses that are not of this host but reached this agent itself.
    std::unordered_set<Endpoint, EndpointHash> ourselves_;
    bool logged_alone_ = false, logged_held_ = false;
    bool closed_ = false;
};

}  // namespace rollcall::agent
