// SPDX-License-Identifier: Apache-2.0
//
// Queries of others and what belongs to them (rules E2, E3, E6): spreading them, acknowledging and
// answering the ones that are about us, passing on what others hand us for a third. Messages to one
// member leave when the packet is done, since we are inside the node's handling of it.
#include <algorithm>
#include <limits>
#include <utility>

#include "serf/serf_impl.h"

namespace rollcall::serf {
namespace {

// One packet can hold some hundred queries and name any address, so what it can make us send is
// bounded. A single query that asks for as many relays as it can is still served.
constexpr std::size_t kAcksPerCall = 64;
constexpr std::size_t kAckRelaysPerCall = std::numeric_limits<std::uint8_t>::max();
// The first version of memberlist's protocol whose Serf peers know relays.
constexpr std::uint8_t kRelayingProtocol = 5;

bool is_internal(std::string_view query) {
    return query.starts_with("_serf_");
}

std::optional<Endpoint> usable_endpoint(const WireAddress& address, std::uint16_t port) {
    const auto endpoint = Endpoint::from_wire(address, port);
    if (!endpoint || port == 0 || endpoint->is_unspecified()) return {};
    return endpoint;
}

}  // namespace

// Rule E2. Spread also when its filters are not about us.
void Serf::Impl::on_query(Time now, Bytes message, Outbox& out) {
    constexpr auto type = static_cast<std::uint8_t>(MessageType::query);
    const auto query = decode_query(message.subspan(1));
    if (!query) return reject(now, type, query.error(), out);
    if (!witness(now, query_clock, query->time, type, out)) return;
    switch (queries.judge(query_clock.time(), query->time, query->id)) {
        case Freshness::duplicate:
            ++stats.queries_duplicate;
            return;
        case Freshness::too_old:
            ++stats.queries_too_old;
            return;
        case Freshness::no_room:
            ++stats.queries_refused;
            return;
        case Freshness::fresh:
            break;
    }
    if ((query->flags & query_flags::no_broadcast) == 0) {
        queues.query(message, cluster());
        ++stats.queries_forwarded;
    }
    hear_query(now, *query, out);
}

void Serf::Impl::hear_query(Time now, const Query& query, Outbox& out) {
    std::span<const Bytes> conditions;
    if (query.filters) conditions = *query.filters;
    const bool wants_ack = (query.flags & query_flags::ack) != 0;
    switch (filters.judge(now, conditions, {.name = config.membership.name, .tags = tags})) {
        case FilterVerdict::no_match:
            return;
        case FilterVerdict::too_dear:
            ++stats.queries_undecided;
            if (wants_ack) ++stats.acks_refused;
            return;
        case FilterVerdict::match:
            break;
    }
    const ReturnPath path{.time = query.time,
                          .id = query.id,
                          .address = query.address,
                          .port = query.port,
                          .node = std::string{query.source_node},
                          .relay_factor = query.relay_factor};
    if (wants_ack) acknowledge(now, path, out);
    const Duration timeout = std::clamp(query.timeout, Duration::zero(), kMaxQueryTimeout);
    if (is_internal(query.name)) return hear_internal(now, query, path, out);
    const Bytes payload = query.payload.value_or(Bytes{});
    const bool can_be_answered = timeout > Duration::zero() &&
                                 (asked_by_us(path) || usable_endpoint(path.address, path.port));
    ++stats.queries_told;
    out.notify_serf(QueryReceived{.handle = open_queries.open(now, now + timeout, path),
                                  .time = query.time,
                                  .name = std::string{query.name},
                                  .payload = {payload.begin(), payload.end()},
                                  .source = path.node,
                                  .deadline = now + timeout,
                                  .expects_answer = can_be_answered});
}

bool Serf::Impl::asked_by_us(const ReturnPath& path) const {
    return path.node == config.membership.name && asked.runs(path.time, path.id);
}

void Serf::Impl::acknowledge(Time now, const ReturnPath& path, Outbox& out) {
    const QueryResponse ack{.time = path.time,
                            .id = path.id,
                            .from = config.membership.name,
                            .flags = response_flags::ack};
    if (asked_by_us(path)) return hear_response(now, ack, out);
    const auto asker = usable_endpoint(path.address, path.port);
    if (!asker || !may_answer_unbidden(now)) {
        ++stats.acks_refused;
        return;
    }
    std::vector<std::byte> message = encoded(ack);
    relay_answer(now, path, message, &Stats::acks_relayed);
    direct.push_back(
        {.to = *asker, .message = std::move(message), .counter = &Stats::queries_acked});
}

// Takes from what one packet, and all of a second, may make us send to addresses that strangers
// name.
bool Serf::Impl::may_answer_unbidden(Time now) {
    if (acks_this_call_ >= kAcksPerCall || !acks_.has_one(now)) return false;
    ++acks_this_call_;
    acks_.take();
    return true;
}

// The same ack or answer by way of others, for when the straight way is lossy. Serf counts members
// of every status here, and may draw the asker itself.
void Serf::Impl::relay_answer(Time now, const ReturnPath& path, Bytes message,
                              std::uint64_t Stats::*counter) {
    if (path.relay_factor == 0 || members.size() < std::size_t{path.relay_factor} + 1) return;
    std::vector<const Member*> helpers;
    for (const auto& member : members.all()) {
        if (member->status == Status::alive && member->versions.pmax >= kRelayingProtocol &&
            member->name != config.membership.name) {
            helpers.push_back(member.get());
        }
    }
    const std::vector<std::byte> relay = encoded(Relay{.address = path.address,
                                                       .port = path.port,
                                                       .zone = {},
                                                       .node = path.node,
                                                       .message = message});
    const std::size_t wanted = std::min<std::size_t>(path.relay_factor, helpers.size());
    if (relay.size() > config.query_response_size_limit) {
        stats.ack_relays_refused += wanted;
        return;
    }
    for (std::size_t i = 0; i < wanted; ++i) {
        if (ack_relays_this_call_ >= kAckRelaysPerCall || !ack_relays_.has_one(now)) {
            stats.ack_relays_refused += wanted - i;
            return;
        }
        const auto other = i + static_cast<std::size_t>(node.rng().below(helpers.size() - i));
        std::swap(helpers[i], helpers[other]);
        const auto to = usable_endpoint(helpers[i]->address, helpers[i]->port);
        if (!to) continue;
        ++ack_relays_this_call_;
        ack_relays_.take();
        direct.push_back({.to = *to, .message = relay, .counter = counter});
    }
}

// --- answers (rule E6) ---------------------------------------------------------------------------

std::optional<SayError> Serf::respond(Time now, QueryHandle query, Bytes payload, Outbox& out) {
    std::optional<SayError> error;
    impl_->run(now, out, [&] { error = impl_->respond(now, query, payload, out); });
    return error;
}

std::optional<SayError> Serf::Impl::respond(Time now, QueryHandle handle, Bytes payload,
                                            Outbox& out) {
    using Cause = SayError::Cause;
    OpenQueries::Open* query = open_queries.find(handle);
    if (query == nullptr || now > query->deadline) {
        return SayError{.cause = Cause::response_too_late};
    }
    // In Serf's order: an answer that is too large is told so even when one was given.
    const auto answer = encode_answer(query->path, payload);
    if (!answer) return answer.error();
    if (query->answered) return SayError{.cause = Cause::response_already_sent};
    send_answer(now, query->path, *answer, out);
    query->answered = true;
    return {};
}

Result<std::vector<std::byte>, SayError> Serf::Impl::encode_answer(const ReturnPath& path,
                                                                   Bytes payload) const {
    using Cause = SayError::Cause;
    const std::size_t limit = config.query_response_size_limit;
    if (payload.size() > limit) {  // before it is copied
        return SayError{Cause::response_too_large, payload.size(), limit};
    }
    QueryResponse answer{.time = path.time, .id = path.id, .from = config.membership.name};
    if (!payload.empty()) answer.payload = payload;
    std::vector<std::byte> message = encoded(answer);
    if (message.size() > limit) return SayError{Cause::response_too_large, message.size(), limit};
    return message;
}

void Serf::Impl::send_answer(Time now, const ReturnPath& path, Bytes message, Outbox& out) {
    if (asked_by_us(path)) return on_query_response(now, message, out);
    const auto asker = usable_endpoint(path.address, path.port);
    if (!asker) {
        ++stats.answers_refused;
        return;
    }
    relay_answer(now, path, message, &Stats::answers_relayed);
    direct.push_back({.to = *asker,
                      .message = {message.begin(), message.end()},
                      .counter = &Stats::answers_sent});
}

// --- relays of others ----------------------------------------------------------------------------

// Rule E3. A relay within a relay is refused, or a chain of them could be sent round the cluster by
// a single datagram.
void Serf::Impl::on_relay(Time now, Bytes message, Outbox& out) {
    constexpr auto type = static_cast<std::uint8_t>(MessageType::relay);
    const auto relay = decode_relay(message.subspan(1));
    if (!relay) return reject(now, type, relay.error(), out);
    const auto to = usable_endpoint(relay->address, relay->port);
    const bool nested = std::to_integer<std::uint8_t>(relay->message.front()) == type;
    if (!to || nested) return reject(now, type, wire::DecodeError::bad_field, out);
    direct.push_back({.to = *to,
                      .message = {relay->message.begin(), relay->message.end()},
                      .counter = &Stats::relayed});
}

void Serf::Impl::send_direct(Time now, Outbox& out) {
    acks_this_call_ = 0;
    ack_relays_this_call_ = 0;
    if (direct.empty()) return;
    for (const DirectMessage& pending : direct) {
        if (!node.send_user(now, pending.to, pending.message, out)) ++(stats.*pending.counter);
    }
    direct.clear();
}

}  // namespace rollcall::serf
