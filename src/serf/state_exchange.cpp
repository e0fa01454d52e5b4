// SPDX-License-Identifier: Apache-2.0
#include "serf/state_exchange.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "serf/messages.h"

namespace rollcall::serf {
namespace {

// Peers treat a member that is not on the left list as joined at its time. With the time of its
// leave intent that would outdate the intent: a peer that does not have the intent yet would ignore
// it.
LamportTime time_in_state(const Member& member) {
    const std::uint64_t time = member.status_time.value();
    return LamportTime{member.status == Status::leaving && time > 0 ? time - 1 : time};
}

}  // namespace

void StateExchange::local_state(std::vector<std::byte>& bytes) const {
    PushPullState state{.time = context_.clock.time(),
                        .event_time = context_.event_clock.time(),
                        .query_time = context_.query_clock.time()};
    const Members& members = context_.members;
    state.status_times.reserve(members.size());
    for (const auto& member : members.all()) {
        state.status_times.push_back({.name = member->name, .time = time_in_state(*member)});
    }
    for (const Member* member : members.left()) state.left.push_back(member->name);
    user_events_.add_to(state);
    encode_push_pull_state(state, bytes);
}

// Clocks, those who left, the others, old events; in this order.
void StateExchange::merge(Time now, Bytes bytes, bool join, Outbox& out) {
    constexpr MessageType type = MessageType::push_pull;
    const auto state = decode_push_pull_state(bytes);
    if (!state) return rejects_.message(now, type, state.error(), out);
    if (!clocks_.possible(*state)) {
        ++context_.stats.times_refused;
        return rejects_.message(now, type, wire::DecodeError::bad_field, out);
    }
    clocks_.follow(now, *state, out);
    apply_intents(now, *state, out);
    // Not beyond our own clock: it may be one that we did not follow.
    if (join && joins_.skip_old_events()) {
        user_events_.ignore_before(std::min(state->event_time, context_.event_clock.time()));
    }
    user_events_.merge(now, *state, out);
}

void StateExchange::apply_intents(Time now, const PushPullState& state, Outbox& out) {
    const std::unordered_set<std::string_view> left{state.left.begin(), state.left.end()};
    std::unordered_map<std::string_view, LamportTime> times;
    if (!left.empty()) {
        for (const MemberTime& member : state.status_times) {
            if (left.contains(member.name)) times[member.name] = member.time;
        }
    }
    const auto apply = [&](std::string_view name, IntentKind kind, LamportTime time) {
        if (name.empty()) return;
        if (!rejects_.witness(now, context_.clock, time, MessageType::push_pull, out)) return;
        // Not gossiped: push/pulls reach all members anyway.
        intents_.apply(now, name, {.kind = kind, .time = time}, false, out);
    };
    for (const std::string_view name : state.left) {
        const auto known = times.find(name);
        const LamportTime time = known == times.end() ? LamportTime{} : known->second;
        if (context_.clock.impossible(time)) continue;
        // One later than the intent itself, so that it also counts where the intent is known.
        apply(name, IntentKind::leave, LamportTime{time.value() + 1});
    }
    for (const MemberTime& member : state.status_times) {
        if (!left.contains(member.name)) apply(member.name, IntentKind::join, member.time);
    }
}

}  // namespace rollcall::serf
