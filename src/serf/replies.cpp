// SPDX-License-Identifier: Apache-2.0
#include "serf/replies.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "serf/messages.h"

namespace rollcall::serf {
namespace {

// One packet can contain some hundred queries with any address, so the replies are bounded. A
// single query with the largest relay factor is still served.
constexpr std::size_t kRepliesPerCall = 64;
constexpr std::size_t kRelaysPerCall = std::numeric_limits<std::uint8_t>::max();
// Peers send each message to relay in a datagram of its own.
constexpr std::size_t kForwardedPerCall = 16;
// The first version of memberlist's protocol whose Serf peers know relays.
constexpr std::uint8_t kRelayingProtocol = 5;

std::optional<Endpoint> usable_endpoint(const WireAddress& address, std::uint16_t port) {
    const auto endpoint = Endpoint::from_wire(address, port);
    if (!endpoint || port == 0 || endpoint->is_unspecified()) return {};
    return endpoint;
}

}  // namespace

bool Replies::asked_by_us(const ReturnPath& path) const {
    return path.node == context_.name() && outgoing_queries_.runs(path.time, path.id);
}

bool Replies::can_reach(const ReturnPath& path) const {
    return asked_by_us(path) || usable_endpoint(path.address, path.port);
}

void Replies::acknowledge(Time now, const ReturnPath& path, Outbox& out) {
    const QueryResponse ack{
        .time = path.time, .id = path.id, .from = context_.name(), .flags = response_flags::ack};
    if (asked_by_us(path)) return outgoing_queries_.response_received(now, ack, out);
    const auto asker = usable_endpoint(path.address, path.port);
    if (!asker || !within_bounds(now, path)) {
        ++context_.stats.acks_refused;
        return;
    }
    std::vector<std::byte> message = encoded(ack);
    relay(now, path, message, &Stats::acks_relayed);
    pending_.push_back(
        {.to = *asker, .message = std::move(message), .counter = &Stats::queries_acked});
}

Result<std::vector<std::byte>, MessageError> Replies::encode_answer(const ReturnPath& path,
                                                                    Bytes payload) const {
    using Cause = MessageError::Cause;
    const std::size_t limit = context_.config.query_response_size_limit;
    if (payload.size() > limit) {  // before it is copied
        return MessageError{Cause::response_too_large, payload.size(), limit};
    }
    QueryResponse answer{.time = path.time, .id = path.id, .from = context_.name()};
    if (!payload.empty()) answer.payload = payload;
    std::vector<std::byte> message = encoded(answer);
    if (message.size() > limit)
        return MessageError{Cause::response_too_large, message.size(), limit};
    return message;
}

void Replies::send_answer(Time now, const ReturnPath& path, Bytes message, Outbox& out) {
    if (asked_by_us(path)) return outgoing_queries_.response_received(now, message, out);
    const auto asker = usable_endpoint(path.address, path.port);
    if (!asker) {
        ++context_.stats.answers_refused;
        return;
    }
    relay(now, path, message, &Stats::answers_relayed);
    pending_.push_back({.to = *asker,
                        .message = {message.begin(), message.end()},
                        .counter = &Stats::answers_sent});
}

void Replies::answer_internally(Time now, const ReturnPath& path, Bytes payload, Outbox& out) {
    const auto answer = encode_answer(path, payload);
    if (!answer || !(asked_by_us(path) || within_bounds(now, path))) {
        ++context_.stats.answers_refused;
        return;
    }
    send_answer(now, path, *answer, out);
}

bool Replies::admits_answer(Time now, const ReturnPath& path) {
    const bool admitted = asked_by_us(path) || (can_reach(path) && within_bounds(now, path));
    if (!admitted) ++context_.stats.answers_refused;
    return admitted;
}

bool Replies::asker_is_member(const ReturnPath& path) const {
    if (asked_by_us(path)) return true;
    const auto asker = usable_endpoint(path.address, path.port);
    return asker && is_member_at(path.node, *asker);
}

bool Replies::is_member_at(std::string_view name, const Endpoint& address) const {
    const membership::MemberTable& table = context_.node.members();
    const auto id = table.id_of(name);
    return id && table.find(*id)->is_at(address);
}

// Counts one reply to an address from the network, against the limits per packet and per second.
// Queries that name strangers use up their own limit, not that of members.
bool Replies::within_bounds(Time now, const ReturnPath& path) {
    const auto asker = usable_endpoint(path.address, path.port);
    const bool member = asker && is_member_at(path.node, *asker);
    TokenBucket& bucket = member ? replies_ : replies_to_strangers_;
    if (replies_this_call_ >= kRepliesPerCall || !bucket.has_one(now)) return false;
    ++replies_this_call_;
    bucket.take();
    return true;
}

// Also relays the ack or answer through other members, in case the direct path is lossy. Like Serf,
// counts members of every status, and may choose the asker itself.
void Replies::relay(Time now, const ReturnPath& path, Bytes message,
                    std::uint64_t Stats::*counter) {
    const Members& members = context_.members;
    if (path.relay_factor == 0 || members.size() < std::size_t{path.relay_factor} + 1) return;
    std::vector<const Member*> helpers;
    for (const auto& member : members.all()) {
        if (member->status == Status::alive && member->versions.pmax >= kRelayingProtocol &&
            member->name != context_.name()) {
            helpers.push_back(member.get());
        }
    }
    const std::vector<std::byte> relayed = encoded(Relay{.address = path.address,
                                                         .port = path.port,
                                                         .zone = {},
                                                         .node = path.node,
                                                         .message = message});
    const std::size_t wanted = std::min<std::size_t>(path.relay_factor, helpers.size());
    Stats& stats = context_.stats;
    if (relayed.size() > context_.config.query_response_size_limit) {
        stats.ack_relays_refused += wanted;
        return;
    }
    for (std::size_t i = 0; i < wanted; ++i) {
        if (relays_this_call_ >= kRelaysPerCall || !relays_.has_one(now)) {
            stats.ack_relays_refused += wanted - i;
            return;
        }
        const Member& helper = *context_.node.rng().draw(std::span{helpers}, i);
        const auto to = usable_endpoint(helper.address, helper.port);
        if (!to) continue;
        ++relays_this_call_;
        relays_.take();
        pending_.push_back({.to = *to, .message = relayed, .counter = counter});
    }
}

// Rule E3. A relay within a relay is refused, or a single datagram could send a chain of them
// around the cluster.
void Replies::relay_received(Time now, Bytes message, Outbox& out) {
    constexpr MessageType type = MessageType::relay;
    const auto relay = decode_relay(message.subspan(1));
    if (!relay) return rejects_.message(now, type, relay.error(), out);
    const auto to = usable_endpoint(relay->address, relay->port);
    const bool nested = relay->message.front() == static_cast<std::byte>(type);
    if (!to || nested) return rejects_.message(now, type, wire::DecodeError::bad_field, out);
    if (!may_forward(now, relay->node, *to)) {
        ++context_.stats.relays_refused;
        return;
    }
    pending_.push_back({.to = *to,
                        .message = {relay->message.begin(), relay->message.end()},
                        .counter = &Stats::relayed});
}

bool Replies::may_forward(Time now, std::string_view name, const Endpoint& to) {
    TokenBucket& bucket = is_member_at(name, to) ? forwarded_ : forwarded_to_strangers_;
    if (forwarded_this_call_ >= kForwardedPerCall || !bucket.has_one(now)) return false;
    ++forwarded_this_call_;
    bucket.take();
    return true;
}

void Replies::send_pending(Time now, Outbox& out) {
    replies_this_call_ = 0;
    relays_this_call_ = 0;
    forwarded_this_call_ = 0;
    if (pending_.empty()) return;
    for (const Pending& pending : pending_) {
        if (!context_.node.send_user(now, pending.to, pending.message, out)) {
            ++(context_.stats.*pending.counter);
        }
    }
    pending_.clear();
}

}  // namespace rollcall::serf
