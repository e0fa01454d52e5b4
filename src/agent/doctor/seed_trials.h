// SPDX-License-Identifier: Apache-2.0
//
// Looks at the configured seeds for an examination, as they are now: resolves each, compares its
// addresses with the members that are alive, and pings one address of those that are missing
// (rule L5). Joins none, and leaves the plan of the SeedKeeper alone. Limited in seeds, pings and
// time. The loop's thread.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/join/joiner.h"
#include "agent/join/seed_keeper.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "membership/events.h"
#include "transport/resolver.h"

namespace rollcall::agent {

struct SeedFinding {
    enum class Is : std::uint8_t {
        member,
        self,       // this agent itself
        answering,  // no member, and it answers a ping
        absent,     // no member, and no answer
        unknown     // not looked at
    };
    Is is = Is::unknown;
    std::string text;
};
using SeedFindings = std::map<std::string, SeedFinding>;  // by the seed as text

class SeedTrials {
public:
    static constexpr std::size_t kMostSeeds = 8;
    static constexpr std::size_t kMostPings = 4;  // of all examinations at once
    static constexpr Duration kLookup = std::chrono::seconds{2};
    static constexpr Duration kPing = std::chrono::milliseconds{1200};

    using Pinged = std::function<void(const membership::LinkTested&)>;
    using Done = std::function<void(SeedFindings)>;
    struct Parts {
        uv_loop_t& loop;
        const SeedKeeper& keeper;
        // False: not now.
        std::function<bool(const Endpoint& target, Duration lasts, Pinged done)> ping;
    };
    explicit SeedTrials(Parts parts);

    // Calls `done` once; at once if there are no seeds.
    void look(Done done);

private:
    struct Look;
    using LookPtr = std::shared_ptr<Look>;
    void resolved(const LookPtr& look, const Joiner::Resolved& seed);
    void ping(const LookPtr& look, const std::string& seed, const Endpoint& target,
              const std::string& standing);
    static void finish(const LookPtr& look, const std::string& seed, SeedFinding finding);

    Parts parts_;
    transport::Resolver resolver_;
    std::size_t pings_ = 0;  // that run
};

}  // namespace rollcall::agent
