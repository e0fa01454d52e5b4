// SPDX-License-Identifier: Apache-2.0
//
// What is said: messages of the Serf layer and the state in push/pulls; queries have a file of
// their own. Each is decoded whole before anything changes. Spread on are the bytes that came, so
// that fields we do not know survive us.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "serf/serf_impl.h"

namespace rollcall::serf {
namespace {

// Of our recent events in a push/pull; the newest come first when they do not all fit. Members
// always fit beside them.
constexpr std::size_t kMaxEventBytesInState = std::size_t{4} << 20;
// Told to the application at most this often per cause.
constexpr Duration kRefusalsToldEvery = std::chrono::seconds{1};

// Whoever is not on the left list is heard as having joined at its time. At the time of its leave
// intent that would outrun the intent: who has not heard it yet would take it for old.
LamportTime time_told(const Member& member) {
    const std::uint64_t time = member.status_time.value();
    return LamportTime{member.status == Status::leaving && time > 0 ? time - 1 : time};
}

std::uint8_t type_of(Bytes message) {
    return std::to_integer<std::uint8_t>(message.front());
}

}  // namespace

void Serf::Impl::user_message(Time now, Bytes message, membership::Outbox& core_out) {
    auto& out = static_cast<Outbox&>(core_out);
    absorb(now, out);
    if (message.empty()) return;
    switch (static_cast<MessageType>(type_of(message))) {
        case MessageType::leave:
            return on_leave_intent(now, message, out);
        case MessageType::join:
            return on_join_intent(now, message, out);
        case MessageType::user_event:
            return on_user_event(now, message, out);
        case MessageType::query:
            return on_query(now, message, out);
        case MessageType::query_response:
            return on_query_response(now, message, out);
        case MessageType::relay:
            return on_relay(now, message, out);
        case MessageType::push_pull:
        case MessageType::conflict_response:
        case MessageType::key_request:
        case MessageType::key_response:
            break;  // these travel inside others only
    }
    reject(now, type_of(message), wire::DecodeError::unknown_message, out);
}

void Serf::Impl::on_join_intent(Time now, Bytes message, Outbox& out) {
    const auto intent = decode_join(message.subspan(1));
    if (!intent) return reject(now, type_of(message), intent.error(), out);
    if (!witness(now, clock, intent->time, type_of(message), out)) return;
    if (intend(now, intent->node, {.kind = IntentKind::join, .time = intent->time}, false, out)) {
        queues.intent(message, cluster());
    }
}

void Serf::Impl::on_leave_intent(Time now, Bytes message, Outbox& out) {
    const auto intent = decode_leave(message.subspan(1));
    if (!intent) return reject(now, type_of(message), intent.error(), out);
    if (!witness(now, clock, intent->time, type_of(message), out)) return;
    if (intend(now, intent->node, {.kind = IntentKind::leave, .time = intent->time}, intent->prune,
               out)) {
        queues.intent(message, cluster());
    }
}

void Serf::Impl::take_broadcasts(std::size_t overhead, std::size_t budget,
                                 const membership::Listener& listener,
                                 membership::BroadcastSink& sink) {
    const unsigned limit =
        membership::transmit_limit(config.membership.retransmit_mult, members.size());
    queues.take(overhead, budget, limit, listener, sink);
}

// Rule S7: the intent without which a Serf peer calls the departure a failure.
void Serf::Impl::words_of_leave(std::string_view name, std::vector<std::byte>& words) {
    const Member* member = std::as_const(members).find(name);
    if (member == nullptr || member->status_time == LamportTime{}) return;
    if (member->status != Status::leaving && member->status != Status::left) return;
    words = encoded(LeaveIntent{.time = member->status_time, .node = name});
}

// Rule I3.
void Serf::Impl::local_state(bool join, std::vector<std::byte>& bytes) {
    static_cast<void>(join);
    PushPullState state{
        .time = clock.time(), .event_time = event_clock.time(), .query_time = query_clock.time()};
    state.status_times.reserve(members.size());
    for (const auto& member : members.all()) {
        state.status_times.push_back({.name = member->name, .time = time_told(*member)});
    }
    for (const Member* member : members.left()) state.left.push_back(member->name);

    using Slot = RecentRing<RecentEvent>::Slot;
    std::vector<const Slot*> used;
    for (const Slot& slot : events.slots()) {
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
    encode_push_pull_state(state, bytes);
}

// Rule I3: clocks, those who left, the others, old events; in this order.
void Serf::Impl::merge_state(Time now, Bytes bytes, bool join, membership::Outbox& core_out) {
    auto& out = static_cast<Outbox&>(core_out);
    constexpr auto type = static_cast<std::uint8_t>(MessageType::push_pull);
    absorb(now, out);
    const auto state = decode_push_pull_state(bytes);
    if (!state) return reject(now, type, state.error(), out);

    const auto last_used = [](LamportTime next) {
        return LamportTime{next.value() > 0 ? next.value() - 1 : 0};
    };
    if (!clock.plausible(last_used(state->time)) ||
        !event_clock.plausible(last_used(state->event_time)) ||
        !query_clock.plausible(last_used(state->query_time))) {
        return reject(now, type, wire::DecodeError::bad_field, out);
    }
    if (state->time.value() > 0) clock.witness(last_used(state->time));
    if (state->event_time.value() > 0) event_clock.witness(last_used(state->event_time));
    if (state->query_time.value() > 0) query_clock.witness(last_used(state->query_time));

    const std::unordered_set<std::string_view> left{state->left.begin(), state->left.end()};
    std::unordered_map<std::string_view, LamportTime> times;
    if (!left.empty()) {
        for (const MemberTime& member : state->status_times) {
            if (left.contains(member.name)) times[member.name] = member.time;
        }
    }
    const auto hear = [&](std::string_view name, IntentKind kind, LamportTime time) {
        if (name.empty() || !witness(now, clock, time, type, out)) return;
        intend(now, name, {.kind = kind, .time = time}, false, out);  // push/pulls reach all anyway
    };
    for (const std::string_view name : state->left) {
        const auto known = times.find(name);
        const LamportTime time = known == times.end() ? LamportTime{} : known->second;
        // One later than the intent itself, so that it also counts where that has been heard.
        if (clock.plausible(time)) hear(name, IntentKind::leave, LamportTime{time.value() + 1});
    }
    for (const MemberTime& member : state->status_times) {
        if (!left.contains(member.name)) hear(member.name, IntentKind::join, member.time);
    }

    const bool ignore_old =
        std::ranges::any_of(joins, [](const Join& running) { return !running.replay; });
    if (join && ignore_old) events.raise_floor(state->event_time);
    for (const StateSlot& slot : state->slots) {
        if (!slot.used || !witness(now, event_clock, slot.time, type, out)) continue;
        for (std::size_t i = 0; i < slot.count; ++i) {
            hear_event(slot.time, state->events[slot.first + i], false, out);
        }
    }
}

bool Serf::Impl::witness(Time now, LamportClock& which, LamportTime time, std::uint8_t type,
                         Outbox& out) {
    if (!which.plausible(time)) {
        reject(now, type, wire::DecodeError::bad_field, out);
        return false;
    }
    which.witness(time);
    return true;
}

void Serf::Impl::reject(Time now, std::uint8_t type, wire::DecodeError cause, Outbox& out) {
    ++stats.messages_rejected;
    Refusals& refused = refusals[static_cast<std::size_t>(cause)];
    ++refused.untold;
    if (refused.told && now - *refused.told < kRefusalsToldEvery) return;
    refused.told = now;
    out.notify_serf(MessageRejected{.type = type,
                                    .reason = std::string{wire::to_string(cause)},
                                    .since_last = std::exchange(refused.untold, 0)});
}

}  // namespace rollcall::serf
