// SPDX-License-Identifier: Apache-2.0
#include "agent/control/event_delivery.h"

#include <string_view>
#include <utility>

#include "agent/scripts/script_event.h"

namespace rollcall::agent {

EventDelivery::EventDelivery(Parts parts)
    : parts_{std::move(parts)},
      feed_{parts_.loop,
            {.members = [this](const serf::MemberEventGroup& e) { deliver(e); },
             .user_event = [this](const serf::UserEventReceived& e) { deliver(e); },
             .query = [this](const serf::QueryReceived& e) { deliver(e); }}} {}

void EventDelivery::deliver(const serf::MemberEventGroup& event) {
    parts_.clients.publish(event);
    parts_.scripts.enqueue(member_script_event(event.kind, event.members));
}

void EventDelivery::deliver(const serf::UserEventReceived& event) {
    parts_.clients.publish(event);
    parts_.scripts.enqueue(user_script_event(event.time, event.name, event.payload));
}

void EventDelivery::deliver(const serf::QueryReceived& event) {
    parts_.clients.publish(event);
    parts_.scripts.enqueue(query_script_event(
        event.time, event.name, event.payload,
        [this, query = event.handle](std::string_view output) { answer(query, output); }));
}

// The script is not notified if the response is refused: too late, or sent already.
void EventDelivery::answer(serf::QueryHandle query, std::string_view output) {
    if (output.empty()) return;
    if (const auto error = parts_.respond(query, as_bytes(output))) {
        parts_.log.write(Level::warn, "agent", "answer-refused",
                         "the response of a script was not sent: " + to_string(*error));
    }
}

}  // namespace rollcall::agent
