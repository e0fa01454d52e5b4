// SPDX-License-Identifier: Apache-2.0
//
// Carries out what Rejoin decides: a timer, and joins without an intent. Logs how it ends, and each
// round in which nobody answered. The loop's thread.
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
        std::function<bool()> alone;  // nobody else is alive, as far as we know
        // An address that could not answer us yet: agent/host/own_address.h.
        std::function<bool(const Endpoint&)> out_of_reach;
    };
    Rejoiner(Parts parts, Rejoin rejoin);

    void begin();
    // What the core told.
    void tell(const serf::Serf::Outbox& out);
    // Others can be reached now that could not be before: they are asked at once.
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
