// SPDX-License-Identifier: Apache-2.0
#include "serf/router.h"

#include <utility>
#include <variant>

#include "base/check.h"

namespace rollcall::serf {
namespace {

// Each Outbox that the node passes back is one that it got from us.
Outbox& as_ours(membership::Outbox& out) {
    return static_cast<Outbox&>(out);
}

}  // namespace

Router::Router(Config config, wire::EntropySource& entropy, std::uint64_t seed,
               std::shared_ptr<membership::ProfilePool> profiles, WorkClock& clock)
    : context{std::move(config), *this, entropy, seed, std::move(profiles), clock},
      coordinates{context, seed} {}

void Router::restore(const LastSeen& last) {
    if (last.intent != LamportTime{}) context.clock.restore(last.intent);
    if (last.event != LamportTime{}) context.event_clock.restore(last.event);
    if (last.query != LamportTime{}) context.query_clock.restore(last.query);
    user_events.ignore_before(context.event_clock.time());
    incoming_queries.ignore_before(context.query_clock.time());
}

void Router::start(Time now, Outbox& out) {
    reaper.start(now);
    reconnects.start(now);
    context.node.start(now, out);
}

void Router::handle_timeout(Time now, Outbox& out) {
    context.node.handle_timeout(now, out);
    process_events(now, out);
    leaving.handle_timeout(now);
    force_leaves.handle_timeout(now, out);
    prunes.handle_timeout(now, out);
    outgoing_queries.handle_timeout(now, out);
    reaper.handle_timeout(now, out);
    reconnects.handle_timeout(now, out);
    tunes.handle_timeout(now, out);
}

void Router::retime(Time now, const TimingSettings& timing, Outbox& out) {
    const auto refused = context.node.reconfigure(now, timing.membership, out);
    ROLLCALL_CHECK(!refused);  // all of it was validated
    const bool other_pace = timing.reconnect_interval != context.config.reconnect_interval;
    timing.put_into(context.config);
    if (other_pace) reconnects.interval_changed(now);
}

std::optional<Time> Router::next_deadline() const {
    std::optional<Time> next = context.node.next_deadline();
    for (const std::optional<Time> at :
         {leaving.next_deadline(), force_leaves.next_deadline(), prunes.next_deadline(),
          outgoing_queries.next_deadline(), reaper.next_deadline(), reconnects.next_deadline(),
          tunes.next_deadline()}) {
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

// Handles the effects of a call into the node, until nothing is left to do.
void Router::settle(Time now, Outbox& out) {
    process_events(now, out);
    if (const auto tuned = tunes.take()) {
        TimingSettings timing = TimingSettings::of(context.config);
        timing.membership = *tuned;
        retime(now, timing, out);
        process_events(now, out);
    }
    name_votes.ask_if_claimed(now, out);
    replies.send_pending(now, out);
    std::vector<Queues::Token> sent;
    sent.swap(context.queues.finished());
    for (const Queues::Token token : sent) {
        if (!leaving.intent_sent(token)) force_leaves.intent_sent(token, out);
    }
    if (leaving.announce(now, out)) process_events(now, out);  // it may be through at once
    leaving.finish(out);
}

// --- membership's events -------------------------------------------------------------------------

struct Router::ToMachines {
    Router& to;
    Time now;
    Outbox& out;

    void operator()(const membership::MemberJoined& event) const {
        to.presence.joined(now, event, out);
    }
    void operator()(const membership::MemberUpdated& event) const {
        to.presence.updated(event, out);
    }
    void operator()(const membership::MemberFailed& event) const {
        to.presence.failed(now, event, out);
    }
    void operator()(const membership::MemberLeft& event) const {
        to.presence.left(now, event, out);
    }
    void operator()(const membership::MemberReaped& event) const { to.presence.reaped(event, out); }
    void operator()(const membership::ProbeEnded& event) const {
        to.presence.probe_ended(now, event);
    }
    void operator()(const membership::NameConflict& event) const { to.name_votes.claimed(event); }
    void operator()(const membership::JoinFinished& event) const {
        to.joins.finished(now, event, out);
    }
    void operator()(const membership::LeaveFinished& event) const {
        to.leaving.announced(now, event);
    }
    void operator()(const membership::UpdateFinished& event) const {
        to.tag_updates.finished(event, out);
    }
    template <class Other>
    void operator()(const Other&) const {}
};

void Router::process_events(Time now, Outbox& out) {
    const ToMachines visitor{.to = *this, .now = now, .out = out};
    // No machine calls the node here, so no event is added.
    for (; processed_ < out.events().size(); ++processed_) {
        std::visit(visitor, out.events()[processed_]);
    }
}

// --- application data, from inside the node's calls ----------------------------------------------

std::size_t Router::ack_payload(MutableBytes room) {
    return coordinates.put_into(room);
}

void Router::ack_received(Time now, MemberId id, Duration rtt, Bytes payload,
                          membership::Outbox& core_out) {
    if (!coordinates.wants(payload)) return;
    process_events(now, as_ours(core_out));
    coordinates.ack_received(id, rtt, payload);
}

void Router::user_message(Time now, Bytes message, membership::Outbox& core_out) {
    Outbox& out = as_ours(core_out);
    process_events(now, out);
    if (message.empty()) return;
    const auto type = static_cast<MessageType>(message.front());
    switch (type) {
        case MessageType::leave:
            return intents.leave_received(now, message, out);
        case MessageType::join:
            return intents.join_received(now, message, out);
        case MessageType::user_event:
            return user_events.received(now, message, out);
        case MessageType::query:
            return incoming_queries.query_received(now, message, out);
        case MessageType::query_response:
            return outgoing_queries.response_received(now, message, out);
        case MessageType::relay:
            return replies.relay_received(now, message, out);
        case MessageType::push_pull:
        case MessageType::conflict_response:
        case MessageType::key_request:
        case MessageType::key_response:
            break;  // these only travel inside other messages
    }
    rejects.message(now, type, wire::DecodeError::unknown_message, out);
}

void Router::take_broadcasts(std::size_t overhead, std::size_t budget,
                             const membership::Recipient& recipient,
                             membership::BroadcastSink& sink) {
    const unsigned limit = membership::transmit_limit(context.config.membership.retransmit_mult,
                                                      context.members.size());
    context.queues.take(overhead, budget, limit, recipient, sink);
}

void Router::append_leave_message(std::string_view name, std::vector<std::byte>& message) {
    intents.append_leave_message(name, message);
}

void Router::local_state(bool /*join*/, std::vector<std::byte>& state) {
    state_exchange.local_state(state);
}

void Router::merge_state(Time now, Bytes state, bool join, membership::Outbox& core_out) {
    Outbox& out = as_ours(core_out);
    process_events(now, out);
    state_exchange.merge(now, state, join, out);
}

// --- queries of ours -----------------------------------------------------------------------------

void Router::query_sent(Time now, const Query& query, Outbox& out) {
    incoming_queries.query_sent(now, query, out);
}

void Router::query_answered(AskedQuery::Purpose purpose, RequestId request,
                            const QueryResponse& response, Outbox& out) {
    if (purpose == AskedQuery::Purpose::keys) key_commands.answered(request, response, out);
    if (purpose == AskedQuery::Purpose::name_conflict) name_votes.answered(response);
}

void Router::query_ended(AskedQuery::Purpose purpose, RequestId request, Outbox& out) {
    if (purpose == AskedQuery::Purpose::keys) key_commands.ended(request, out);
    if (purpose == AskedQuery::Purpose::name_conflict) name_votes.ended(out);
}

}  // namespace rollcall::serf
