// SPDX-License-Identifier: Apache-2.0
//
// Carries out what Seeds decides: one timer, look-ups and joins by the Joiner, a look at who is
// alive. Logs every attempt that changes or fails something, and keeps each seed's last result for
// `rollcall info`. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/joiner.h"
#include "agent/logging.h"
#include "agent/rpc_messages.h"
#include "agent/seeds.h"
#include "transport/uv_handle.h"

namespace rollcall::agent {

class SeedKeeper {
public:
    struct Parts {
        uv_loop_t& loop;
        Joiner& joiner;
        Log& log;
        // The addresses of a seed that are no alive members, here and now.
        std::function<std::vector<Endpoint>(const Joiner::Resolved&)> strangers;
        // Nobody answered at the start, or not within the attempts allowed: the agent ends.
        std::function<void(const std::string& why)> failed;
        bool replay = false;
    };
    SeedKeeper(Parts parts, Seeds seeds);
    ~SeedKeeper();

    [[nodiscard]] int begin();  // a libuv error, or 0
    void member_lost();
    void close(const std::function<void()>& closed);
    [[nodiscard]] const rpc::StringMap& status() const { return status_; }

private:
    void arm();
    void due();
    void join(std::vector<Joiner::Resolved> resolved);
    void watch(std::vector<Joiner::Resolved> resolved);
    std::vector<Endpoint> note(const Joiner::Resolved& seed);
    void note(const JoinErrors& errors);
    void attempt_ended(unsigned contacted, unsigned missing, const JoinErrors& errors);
    void log_attempt(bool watching, unsigned attempt, unsigned contacted, const JoinErrors& errors);

    Parts parts_;
    Seeds seeds_;
    transport::UvHandle<uv_timer_t, SeedKeeper> timer_;
    rpc::StringMap status_;
    bool closed_ = false;
};

}  // namespace rollcall::agent
