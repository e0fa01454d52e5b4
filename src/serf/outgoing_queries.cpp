// SPDX-License-Identifier: Apache-2.0
#include "serf/outgoing_queries.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "serf/query_filters.h"

namespace rollcall::serf {
namespace {

// The first of Serf's protocols that knows queries.
constexpr std::uint8_t kProtocolWithQueries = 4;
// Used when gossip is off, so that there is no interval.
constexpr Duration kUsualGossipInterval = std::chrono::milliseconds{200};
// Members may join while a query runs, so more may answer than there were at the start.
constexpr std::size_t kFewestSenders = 16;

std::size_t seconds_in(Duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return seconds < 0 ? 0 : static_cast<std::size_t>(seconds);
}

// ceil(log10(n + 1)), for n > 0.
unsigned digits(unsigned n) {
    unsigned count = 1;
    for (; n >= 10; n /= 10) ++count;
    return count;
}

}  // namespace

Duration OutgoingQueries::default_timeout() const {
    const Config& config = context_.config;
    Duration interval = config.membership.gossip_interval;
    if (interval == Duration::zero()) interval = kUsualGossipInterval;
    const unsigned members = std::max(context_.node.alive_count(), 1u);
    return std::min(interval * (config.query_timeout_mult * digits(members)), kMaxQueryTimeout);
}

std::optional<MessageError> OutgoingQueries::ask(Time now, RequestId request,
                                                 const QueryParams& params,
                                                 AskedQuery::Purpose purpose, Outbox& out) {
    using Cause = MessageError::Cause;
    const Config& config = context_.config;
    const std::size_t limit =
        std::min(config.query_size_limit, context_.queues.longest(context_.cluster()));
    if (auto error = refusal_of(params, limit)) return error;

    const membership::Member self = context_.node.self_member();
    Query query{.time = context_.query_clock.time(),
                .id = static_cast<std::uint32_t>(context_.node.rng().below(std::uint64_t{1} << 31)),
                .address = self.address(),
                .port = self.port(),
                .source_node = context_.name(),
                .flags = params.ack ? query_flags::ack : 0,
                .relay_factor = params.relay_factor,
                .timeout = params.timeout,
                .name = params.name};
    if (query.timeout == Duration::zero()) query.timeout = default_timeout();
    if (!params.payload.empty()) query.payload = params.payload;
    const auto conditions = encode_filters(params.nodes, params.tags);
    if (!conditions.empty()) query.filters.emplace(conditions.begin(), conditions.end());
    const std::vector<std::byte> message = encoded(query);
    if (message.size() > limit) return MessageError{Cause::query_too_large, message.size(), limit};

    asked_.start({.request = request,
                  .purpose = purpose,
                  .time = query.time,
                  .id = query.id,
                  .deadline = now + query.timeout,
                  .max_senders = std::max(2 * context_.members.size(), kFewestSenders)});
    context_.query_clock.increment();
    ++context_.stats.queries_sent;
    context_.queues.query(message, context_.cluster());
    owner_.query_sent(now, query, out);
    return {};
}

std::optional<MessageError> OutgoingQueries::refusal_of(const QueryParams& params,
                                                        std::size_t limit) const {
    using Cause = MessageError::Cause;
    const Config& config = context_.config;
    if (!context_.speaks_serf()) return MessageError{.cause = Cause::no_serf_layer};
    if (config.membership.versions.dcur < kProtocolWithQueries) {
        return MessageError{.cause = Cause::too_old_protocol};
    }
    if (params.timeout < Duration::zero() || params.timeout > kMaxQueryTimeout) {
        return MessageError{Cause::query_timeout, seconds_in(params.timeout),
                            seconds_in(kMaxQueryTimeout)};
    }
    if (asked_.full()) {
        return MessageError{Cause::too_many_queries, asked_.size() + 1, config.max_running_queries};
    }
    const std::size_t least = params.name.size() + params.payload.size();
    if (least > limit) return MessageError{Cause::query_too_large, least, limit};
    return {};
}

void OutgoingQueries::response_received(Time now, Bytes message, Outbox& out) {
    constexpr MessageType type = MessageType::query_response;
    const auto response = decode_query_response(message.subspan(1));
    if (!response) return rejects_.message(now, type, response.error(), out);
    if (response->from.empty()) {
        return rejects_.message(now, type, wire::DecodeError::bad_field, out);
    }
    response_received(now, *response, out);
}

void OutgoingQueries::response_received(Time now, const QueryResponse& response, Outbox& out) {
    using Verdict = AskedQueries::Verdict;
    const bool ack = (response.flags & response_flags::ack) != 0;
    const auto counted = asked_.count(now, response.time, response.id, response.from, ack);
    switch (counted.verdict) {
        case Verdict::counted:
            break;
        case Verdict::duplicate:
            ++context_.stats.answers_duplicate;
            return;
        case Verdict::unasked:
            ++context_.stats.answers_late;
            return;
        case Verdict::too_many:
            ++context_.stats.answers_too_many;
            return;
    }
    if (counted.purpose != AskedQuery::Purpose::application) {
        if (!ack) owner_.query_answered(counted.purpose, counted.request, response, out);
        return;
    }
    if (ack) {
        out.notify_serf(QueryAcked{.request = counted.request, .from = std::string{response.from}});
        return;
    }
    const Bytes payload = response.payload.value_or(Bytes{});
    out.notify_serf(QueryAnswered{.request = counted.request,
                                  .from = std::string{response.from},
                                  .payload = {payload.begin(), payload.end()}});
}

void OutgoingQueries::handle_timeout(Time now, Outbox& out) {
    while (const auto query = asked_.take_expired(now)) {
        if (query->purpose != AskedQuery::Purpose::application) {
            owner_.query_ended(query->purpose, query->request, out);
            continue;
        }
        out.notify_serf(QueryFinished{.request = query->request,
                                      .acks = query->acked.size(),
                                      .answers = query->answered.size()});
    }
}

}  // namespace rollcall::serf
