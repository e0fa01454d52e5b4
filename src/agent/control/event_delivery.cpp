// SPDX-License-Identifier: Apache-2.0
#include "agent/control/event_delivery.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "agent/scripts/script_event.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

std::size_t members_in(const serf::MemberEventGroup& event) {
    return event.members.size();
}
template <class Event>
std::size_t members_in(const Event&) {
    return 0;
}

}  // namespace

EventDelivery::EventDelivery(Parts parts)
    : parts_{std::move(parts)},
      feed_{parts_.loop,
            {.members = [this](const serf::MemberEventGroup& e) { offered(e); },
             .user_event = [this](const serf::UserEventReceived& e) { offered(e); },
             .query = [this](const serf::QueryReceived& e) { offered(e); }}} {}

template <class Event>
void EventDelivery::offered(const Event& event) {
    if (waiting_.empty()) return deliver(event);
    members_waiting_ += members_in(event);
    waiting_.push_back(event);
    bound();
}

void EventDelivery::offered(const serf::MemberEventGroup& event) {
    const std::span<const serf::MemberRecord> members{event.members};
    if (members.size() <= kMembersAtOnce) return offered<serf::MemberEventGroup>(event);
    for (std::size_t at = 0; at < members.size(); at += kMembersAtOnce) {
        const auto some = members.subspan(at, std::min(kMembersAtOnce, members.size() - at));
        waiting_.push_back(
            serf::MemberEventGroup{.kind = event.kind, .members = {some.begin(), some.end()}});
    }
    members_waiting_ += members.size();
    bound();
    parts_.turns.ask(*this);
}

// In their order: an old event after a new one would leave a client with a wrong view.
void EventDelivery::bound() {
    while (waiting_.size() > kMostWaiting || members_waiting_ > parts_.most_members) {
        deliver_first();
    }
}

bool EventDelivery::take_turn(Time end) {
    while (!waiting_.empty()) {
        deliver_first();
        if (transport::clock_now() >= end) break;
    }
    return !waiting_.empty();
}

void EventDelivery::deliver_first() {
    const Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    std::visit(
        [this](const auto& event) {
            members_waiting_ -= members_in(event);
            deliver(event);
        },
        first);
}

void EventDelivery::close(const std::function<void()>& closed) {
    feed_.close(closed);
    parts_.turns.forget(*this);
    while (!waiting_.empty()) deliver_first();
}

void EventDelivery::deliver(const serf::MemberEventGroup& event) {
    parts_.clients.publish(event);
    if (!parts_.scripts.wants(to_string(event.kind), "")) return;
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
