// SPDX-License-Identifier: Apache-2.0
//
// Performs joins: resolves every name on each join (all its addresses), contacts them through the
// core, and reports how many answered or why none did (agent/join/error.h). Seeds that have
// resolved are contacted together, without waiting for slow lookups. Does not retry. Calls `done`
// once, unless stop() came first. The loop's thread.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/join/error.h"
#include "base/endpoint.h"
#include "serf/serf.h"
#include "transport/driver.h"
#include "transport/resolver.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

using CoreDriver = transport::Driver<serf::Serf>;

class Joiner {
public:
    struct Resolved {
        HostPort seed;
        std::vector<Endpoint> endpoints;
        std::string error;  // why there are none
    };
    struct Outcome {
        unsigned contacted = 0;
        JoinErrors errors;  // of single seeds and addresses, even if others answered
        std::vector<Resolved> seeds;
        std::vector<Endpoint> ourselves;  // addresses that reached this agent itself
    };
    // Chooses the addresses of a seed to contact; called as they resolve, with each address once.
    // The errors say why others are left out.
    struct Chosen {
        std::vector<Endpoint> contact;
        JoinErrors errors = {};
    };
    using Choose = std::function<Chosen(const Resolved&)>;
    using Done = std::function<void(Outcome)>;

    Joiner(uv_loop_t& loop, CoreDriver& core);
    ~Joiner();

    void join(std::vector<HostPort> seeds, bool replay, Choose choose, Done done);

    // Handles the core's output; finishes joins.
    void handle(const serf::Serf::Outbox& out);
    // No `done` is called any more.
    void stop();

private:
    struct Attempt;
    using AttemptPtr = std::shared_ptr<Attempt>;
    void resolved(const AttemptPtr& attempt, std::size_t index, std::vector<Endpoint> endpoints);
    void contact_waiting();
    void contact(const AttemptPtr& attempt);
    static void end_if_over(const AttemptPtr& attempt);

    CoreDriver& core_;
    transport::Resolver resolver_;
    transport::Timer<Joiner> gather_;
    std::vector<AttemptPtr> waiting_;  // with resolved seeds that are not contacted yet
    std::unordered_map<RequestId, AttemptPtr> joins_;
    bool stopped_ = false;
};

}  // namespace rollcall::agent
