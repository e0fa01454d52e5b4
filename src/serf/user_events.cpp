// SPDX-License-Identifier: Apache-2.0
#include "serf/user_events.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "serf/messages.h"

namespace rollcall::serf {
namespace {

// Limit of recent events in a push/pull; when they do not all fit, the newest go first. Members
// always fit beside them.
constexpr std::size_t kMaxEventBytesInState = std::size_t{4} << 20;

}  // namespace

// Rule E4.
std::optional<MessageError> UserEvents::send(std::string_view name, Bytes payload, bool coalesce,
                                             Outbox& out) {
    using Cause = MessageError::Cause;
    if (!context_.speaks_serf()) return MessageError{.cause = Cause::no_serf_layer};
    const std::size_t limit = context_.config.user_event_size_limit;
    const std::size_t size = name.size() + payload.size();
    if (size > limit)
        return MessageError{.cause = Cause::event_too_large, .size = size, .limit = limit};

    const LamportTime time = context_.event_clock.time();
    const std::optional<Bytes> content = payload.empty() ? std::nullopt : std::optional{payload};
    const std::vector<std::byte> message =
        encoded(UserEvent{.time = time, .name = name, .payload = content, .coalesce = coalesce});
    const std::size_t longest = std::min(limit, context_.queues.longest(context_.cluster()));
    if (message.size() > longest) {
        return MessageError{
            .cause = Cause::encoded_event_too_large, .size = message.size(), .limit = longest};
    }
    context_.event_clock.increment();
    ++context_.stats.events_sent;
    report(time, {.name = name, .payload = content}, coalesce, out);
    context_.queues.event(message, context_.cluster());
    return {};
}

// Rule E1.
void UserEvents::received(Time now, Bytes message, Outbox& out) {
    constexpr MessageType type = MessageType::user_event;
    const auto event = decode_user_event(message.subspan(1));
    if (!event) return rejects_.message(now, type, event.error(), out);
    if (!rejects_.witness(now, context_.event_clock, event->time, type, out)) return;
    const StateEvent content{.name = event->name, .payload = event->payload};
    if (!report(event->time, content, event->coalesce, out)) return;
    context_.queues.event(message, context_.cluster());
    ++context_.stats.events_forwarded;
}

void UserEvents::add_to(PushPullState& state) const {
    using Slot = RecentRing<RecentEvent>::Slot;
    std::vector<const Slot*> used;
    for (const Slot& slot : recent_.slots()) {
        if (slot.used) used.push_back(&slot);
    }
    std::ranges::sort(used, std::greater{}, &Slot::time);
    std::size_t size = 0;
    for (const Slot* slot : used) {
        for (const RecentEvent& event : slot->items) size += event.bytes();
        if (size > kMaxEventBytesInState) break;
        state.slots.push_back({.used = true,
                               .time = slot->time,
                               .first = state.events.size(),
                               .count = slot->items.size()});
        for (const RecentEvent& event : slot->items) state.events.push_back(event.view());
    }
}

void UserEvents::merge(Time now, const PushPullState& state, Outbox& out) {
    for (const StateSlot& slot : state.slots) {
        if (!slot.used) continue;
        if (!rejects_.witness(now, context_.event_clock, slot.time, MessageType::push_pull, out)) {
            continue;
        }
        for (std::size_t i = 0; i < slot.count; ++i) {
            report(slot.time, state.events[slot.first + i], false, out);
        }
    }
}

bool UserEvents::report(LamportTime time, const StateEvent& event, bool coalesce, Outbox& out) {
    Stats& stats = context_.stats;
    switch (recent_.judge(context_.event_clock.time(), time, event)) {
        case Freshness::fresh:
            break;
        case Freshness::duplicate:
            ++stats.events_duplicate;
            return false;
        case Freshness::too_old:
            ++stats.events_too_old;
            return false;
        case Freshness::no_room:
            ++stats.events_refused;
            return false;
    }
    const Bytes payload = event.payload.value_or(Bytes{});
    out.notify_serf(UserEventReceived{.time = time,
                                      .name = std::string{event.name},
                                      .payload = {payload.begin(), payload.end()},
                                      .coalesce = coalesce});
    return true;
}

}  // namespace rollcall::serf
