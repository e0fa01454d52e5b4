// SPDX-License-Identifier: Apache-2.0
//
// Where events for an operator go: through the EventFeed, which coalesces them, to the clients that
// watch and to the scripts. What a script writes on a query is sent as the answer. The loop's
// thread.
#pragma once

#include <uv.h>

#include <functional>
#include <optional>

#include "agent/control/event_feed.h"
#include "agent/control/server.h"
#include "agent/log/logging.h"
#include "agent/scripts/event_handlers.h"
#include "base/bytes.h"
#include "serf/coalescer.h"
#include "serf/events.h"
#include "serf/message_error.h"

namespace rollcall::agent {

class EventDelivery {
public:
    struct Parts {
        uv_loop_t& loop;
        Log& log;
        RpcServer& clients;
        EventHandlers& scripts;
        // Sends the answer to a query. The error: why it was not sent.
        std::function<std::optional<serf::MessageError>(serf::QueryHandle, Bytes)> respond;
    };
    explicit EventDelivery(Parts parts);

    // A libuv error, or 0.
    void begin() { feed_.begin(); }
    // Kinds that are not for an operator are ignored.
    void offer(const serf::Event& event) { feed_.offer(event); }
    // Delivers what is held back, and holds back no more. Before the clients are closed.
    void close(const std::function<void()>& closed) { feed_.close(closed); }

private:
    void deliver(const serf::MemberEventGroup& event);
    void deliver(const serf::UserEventReceived& event);
    void deliver(const serf::QueryReceived& event);
    void answer(serf::QueryHandle query, std::string_view output);

    Parts parts_;
    EventFeed feed_;
};

}  // namespace rollcall::agent
