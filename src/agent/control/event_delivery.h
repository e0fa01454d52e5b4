// SPDX-License-Identifier: Apache-2.0
//
// Delivers events for an operator, coalesced by the EventFeed, to the clients' streams and to the
// scripts. An event with very many members is delivered as several, in turns with the clients'
// requests (agent/host/turns.h); later events wait for it. Sends the output of a query's script as
// the response. The loop's thread.
#pragma once

#include <uv.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <variant>

#include "agent/control/event_feed.h"
#include "agent/control/server.h"
#include "agent/host/turns.h"
#include "agent/log/logging.h"
#include "agent/scripts/event_handlers.h"
#include "base/bytes.h"
#include "serf/coalescer.h"
#include "serf/events.h"
#include "serf/message_error.h"

namespace rollcall::agent {

class EventDelivery final : private Turns::Client {
public:
    static constexpr std::size_t kMembersAtOnce = 512;
    // Events that wait. Each one beyond is paid for with the delivery of the oldest at once.
    static constexpr std::size_t kMostWaiting = 8192;

    struct Parts {
        uv_loop_t& loop;
        Log& log;
        Turns& turns;
        RpcServer& clients;
        EventHandlers& scripts;
        // Sends the response to a query. The error: why it was not sent.
        std::function<std::optional<serf::MessageError>(serf::QueryHandle, Bytes)> respond;
        // Likewise, of the members in the events that wait: as many as two full tables have.
        std::size_t most_members = std::size_t{1} << 18;
    };
    explicit EventDelivery(Parts parts);

    // A libuv error, or 0.
    void begin() { feed_.begin(); }
    // Other kinds of events are ignored.
    void offer(const serf::Event& event) { feed_.offer(event); }
    // Delivers pending events at once. Call before the clients are closed.
    void close(const std::function<void()>& closed);

    [[nodiscard]] std::size_t members_waiting() const { return members_waiting_; }

private:
    using Waiting =
        std::variant<serf::MemberEventGroup, serf::UserEventReceived, serf::QueryReceived>;
    void offered(const serf::MemberEventGroup& event);
    template <class Event>
    void offered(const Event& event);
    void bound();
    [[nodiscard]] bool take_turn(Time end) override;
    void deliver_first();
    void deliver(const serf::MemberEventGroup& event);
    void deliver(const serf::UserEventReceived& event);
    void deliver(const serf::QueryReceived& event);
    void answer(serf::QueryHandle query, std::string_view output);

    Parts parts_;
    EventFeed feed_;
    std::deque<Waiting> waiting_;
    std::size_t members_waiting_ = 0;  // in these
};

}  // namespace rollcall::agent
