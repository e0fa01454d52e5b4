// SPDX-License-Identifier: Apache-2.0
//
// Queries and what belongs to them (rules E2, E3): spreading those of others, acknowledging the
// ones that are about us, passing on what others hand us for a third. Messages to one member leave
// when the packet is done, since we are inside the node's handling of it.
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
    if ((query->flags & query_flags::ack) != 0) acknowledge(now, *query);
}

// The address is looked at first: it is cheaper than filters.
void Serf::Impl::acknowledge(Time now, const Query& query) {
    const auto asker = usable_endpoint(query.address, query.port);
    if (!asker || acks_this_call_ >= kAcksPerCall || !acks_.has_one(now)) {
        ++stats.acks_refused;
        return;
    }
    const std::string& self = config.membership.name;
    std::span<const Bytes> conditions;
    if (query.filters) conditions = *query.filters;
    switch (filters.judge(now, conditions, {.name = self, .tags = tags})) {
        case FilterVerdict::no_match:
            return;
        case FilterVerdict::too_dear:
            ++stats.acks_refused;
            return;
        case FilterVerdict::match:
            break;
    }
    ++acks_this_call_;
    acks_.take();
    std::vector<std::byte> ack = encoded(QueryResponse{
        .time = query.time, .id = query.id, .from = self, .flags = response_flags::ack});
    relay_ack(now, query, ack);
    direct.push_back({.to = *asker, .message = std::move(ack), .counter = &Stats::queries_acked});
}

// The same ack by way of others, for when the straight way is lossy. Serf counts members of every
// status here, and may draw the asker itself.
void Serf::Impl::relay_ack(Time now, const Query& query, Bytes ack) {
    if (query.relay_factor == 0 || members.size() < std::size_t{query.relay_factor} + 1) return;
    std::vector<const Member*> helpers;
    for (const auto& member : members.all()) {
        if (member->status == Status::alive && member->versions.pmax >= kRelayingProtocol &&
            member->name != config.membership.name) {
            helpers.push_back(member.get());
        }
    }
    const std::vector<std::byte> relay = encoded(Relay{.address = query.address,
                                                       .port = query.port,
                                                       .zone = {},
                                                       .node = query.source_node,
                                                       .message = ack});
    const std::size_t wanted = std::min<std::size_t>(query.relay_factor, helpers.size());
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
        direct.push_back({.to = *to, .message = relay, .counter = &Stats::acks_relayed});
    }
}

void Serf::Impl::on_query_response(Time now, Bytes message, Outbox& out) {
    // We ask nothing yet, so a readable answer is for nobody: too late, or astray.
    const auto response = decode_query_response(message.subspan(1));
    if (response) return;
    reject(now, static_cast<std::uint8_t>(MessageType::query_response), response.error(), out);
}

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
