// SPDX-License-Identifier: Apache-2.0
//
// Executes the plan of Rejoin: a timer, and joins without an intent. Logs the end, and each round
// without an answer. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <optional>

#include "agent/join/joiner.h"
#include "agent/join/rejoin.h"
#include "agent/log/logging.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class Rejoiner {
public:
    struct Parts {
        uv_loop_t& loop;
        CoreDriver& core;
        Log& log;
        std::function<bool()> alone;  // whether no other member is known to be alive
        // Whether an address could not answer us: agent/host/own_address.h.
        std::function<bool(const Endpoint&)> out_of_reach;
    };
    Rejoiner(Parts parts, Rejoin rejoin);

    void begin();
    // Handles the core's output.
    void handle(const serf::Serf::Outbox& out);
    // Members may be reachable that were not before: tries at once.
    void address_changed();
    void close(const std::function<void()>& closed);

private:
    void arm();
    void due();
    void ended(unsigned contacted);

    Parts parts_;
    Rejoin rejoin_;
    transport::Timer<Rejoiner> timer_;
    std::optional<RequestId> running_;
    bool closed_ = false;
};

}  // namespace rollcall::agent
