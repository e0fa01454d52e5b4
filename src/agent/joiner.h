// SPDX-License-Identifier: Apache-2.0
//
// Joins from names to result: looks every name up (each time anew, all its addresses), contacts
// them through the core, and reports how many answered or why none did (agent/join_error.h).
// Decides no retries. An answer comes once, unless stop() came first. The loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/join_error.h"
#include "base/endpoint.h"
#include "serf/serf.h"
#include "transport/driver.h"
#include "transport/resolver.h"

namespace rollcall::agent {

using CoreDriver = transport::Driver<serf::Serf>;

class Joiner {
public:
    struct Resolved {
        HostPort seed;
        std::vector<Endpoint> endpoints;
        std::string error;  // why there is none
    };
    using OnResolved = std::function<void(std::vector<Resolved>)>;
    // There are no errors when a peer answered, or none was to be asked.
    using OnJoined = std::function<void(unsigned contacted, const JoinErrors& errors)>;

    Joiner(uv_loop_t& loop, CoreDriver& core);
    ~Joiner();

    void resolve(std::vector<HostPort> seeds, OnResolved done);
    void join(std::vector<HostPort> seeds, bool replay, OnJoined done);
    void join_resolved(const std::vector<Resolved>& peers, bool replay, OnJoined done);

    // What the core told; finishes joins.
    void tell(const serf::Serf::Outbox& out);
    // No answer comes any more.
    void stop();

private:
    static constexpr std::size_t kLookupsAtOnce = 8;  // of one join; the resolver has its own bound
    struct Lookups;
    struct Join {
        std::vector<std::pair<Endpoint, std::string>> seeds;  // by address; as they were given
        JoinErrors errors;
        OnJoined done;
    };
    void look_up_more(const std::shared_ptr<Lookups>& lookups);

    CoreDriver& core_;
    transport::Resolver resolver_;
    std::unordered_map<RequestId, Join> joins_;
    bool stopped_ = false;
};

}  // namespace rollcall::agent
