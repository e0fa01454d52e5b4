// SPDX-License-Identifier: Apache-2.0
//
// Joins from names to result: looks every name up (each time anew, all its addresses), contacts
// them through the core, and reports how many answered or why none did (agent/join/error.h). A seed
// is contacted as soon as it is known: those known by then go together, and none waits for a name
// that hangs. Decides no retries. An answer comes once, unless stop() came first. The loop's
// thread.
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
        std::string error;  // why there is none
    };
    struct Outcome {
        unsigned contacted = 0;
        JoinErrors errors;  // of single seeds and addresses, also when others answered
        std::vector<Resolved> seeds;
        std::vector<Endpoint> ourselves;  // of those that answered: this agent
    };
    // Which addresses of a seed to contact; called as they become known, each address once. Why
    // others are left out goes to the errors.
    struct Chosen {
        std::vector<Endpoint> contact;
        JoinErrors errors = {};
    };
    using Choose = std::function<Chosen(const Resolved&)>;
    using Done = std::function<void(Outcome)>;

    Joiner(uv_loop_t& loop, CoreDriver& core);
    ~Joiner();

    void join(std::vector<HostPort> seeds, bool replay, Choose choose, Done done);

    // What the core told; finishes joins.
    void tell(const serf::Serf::Outbox& out);
    // No answer comes any more.
    void stop();

private:
    struct Attempt;
    using AttemptPtr = std::shared_ptr<Attempt>;
    void known(const AttemptPtr& attempt, std::size_t index, std::vector<Endpoint> endpoints);
    void contact_waiting();
    void contact(const AttemptPtr& attempt);
    static void end_if_over(const AttemptPtr& attempt);

    CoreDriver& core_;
    transport::Resolver resolver_;
    transport::Timer<Joiner> gather_;
    std::vector<AttemptPtr> waiting_;  // with seeds that are known and not yet contacted
    std::unordered_map<RequestId, AttemptPtr> joins_;
    bool stopped_ = false;
};

}  // namespace rollcall::agent
