// SPDX-License-Identifier: Apache-2.0
//
// Queries of ours: asking, and what becomes of them (rule E5).
#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "serf/serf_impl.h"

namespace rollcall::serf {
namespace {

// The first of Serf's protocols that knows queries.
constexpr std::uint8_t kProtocolWithQueries = 4;
// When gossip is off there is no interval to reckon with.
constexpr Duration kGossipIntervalOfAnybody = std::chrono::milliseconds{200};
// Members may come while a query runs, so more of them may answer than were here when it was asked.
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

Result<RequestId, SayError> Serf::query(Time now, const QueryParams& params, Outbox& out) {
    const RequestId request = impl_->new_request();
    std::optional<SayError> error;
    impl_->run(now, out, [&] {
        error = impl_->ask(now, request, params, AskedQuery::Purpose::application, out);
    });
    if (error) return *error;
    return request;
}

void Serf::forget_query(RequestId query) {
    static_cast<void>(impl_->asked.finish(query));
}

Duration Serf::default_query_timeout() const {
    return impl_->default_query_timeout();
}

Duration Serf::Impl::default_query_timeout() const {
    Duration interval = config.membership.gossip_interval;
    if (interval == Duration::zero()) interval = kGossipIntervalOfAnybody;
    const unsigned steps = config.query_timeout_mult * digits(std::max(node.alive_count(), 1u));
    return std::min(interval * steps, kMaxQueryTimeout);
}

std::optional<SayError> Serf::Impl::ask(Time now, RequestId request, const QueryParams& params,
                                        AskedQuery::Purpose purpose, Outbox& out) {
    using Cause = SayError::Cause;
    if (!speaks_serf()) return SayError{.cause = Cause::no_serf_layer};
    if (config.membership.versions.dcur < kProtocolWithQueries) {
        return SayError{.cause = Cause::too_old_protocol};
    }
    if (params.timeout < Duration::zero() || params.timeout > kMaxQueryTimeout) {
        return SayError{Cause::query_timeout, seconds_in(params.timeout),
                        seconds_in(kMaxQueryTimeout)};
    }
    if (asked.full()) {
        return SayError{Cause::too_many_queries, asked.size() + 1, config.max_running_queries};
    }
    const std::size_t limit = std::min(config.query_size_limit, queues.longest(cluster()));
    const std::size_t least = params.name.size() + params.payload.size();
    if (least > limit) return SayError{Cause::query_too_large, least, limit};

    const membership::Member self = node.self_member();
    Query query{.time = query_clock.time(),
                .id = static_cast<std::uint32_t>(node.rng().below(std::uint64_t{1} << 31)),
                .address = self.address(),
                .port = self.port(),
                .source_node = config.membership.name,
                .flags = params.ack ? query_flags::ack : 0,
                .relay_factor = params.relay_factor,
                .timeout = params.timeout,
                .name = params.name};
    if (query.timeout == Duration::zero()) query.timeout = default_query_timeout();
    if (!params.payload.empty()) query.payload = params.payload;
    const auto conditions = encode_filters(params.nodes, params.tags);
    if (!conditions.empty()) query.filters.emplace(conditions.begin(), conditions.end());
    const std::vector<std::byte> message = encoded(query);
    if (message.size() > limit) return SayError{Cause::query_too_large, message.size(), limit};

    asked.start({.request = request,
                 .purpose = purpose,
                 .time = query.time,
                 .id = query.id,
                 .deadline = now + query.timeout,
                 .max_senders = std::max(2 * members.size(), kFewestSenders)});
    query_clock.increment();
    ++stats.queries_sent;
    queues.query(message, cluster());
    // Remembered as any other, so that its echo is none.
    if (queries.judge(query_clock.time(), query.time, query.id) == Freshness::fresh) {
        hear_query(now, query, out);
    }
    return {};
}

void Serf::Impl::on_query_response(Time now, Bytes message, Outbox& out) {
    constexpr auto type = static_cast<std::uint8_t>(MessageType::query_response);
    const auto response = decode_query_response(message.subspan(1));
    if (!response) return reject(now, type, response.error(), out);
    if (response->from.empty()) return reject(now, type, wire::DecodeError::bad_field, out);
    hear_response(now, *response, out);
}

void Serf::Impl::hear_response(Time now, const QueryResponse& response, Outbox& out) {
    using Verdict = AskedQueries::Verdict;
    const bool ack = (response.flags & response_flags::ack) != 0;
    const auto counted = asked.count(now, response.time, response.id, response.from, ack);
    switch (counted.verdict) {
        case Verdict::counted:
            break;
        case Verdict::duplicate:
            ++stats.answers_duplicate;
            return;
        case Verdict::unasked:
            ++stats.answers_late;
            return;
        case Verdict::too_many:
            ++stats.answers_too_many;
            return;
    }
    using Purpose = AskedQuery::Purpose;
    if (counted.purpose == Purpose::keys && !ack) {
        return hear_key_answer(counted.request, response, out);
    }
    if (counted.purpose == Purpose::name_conflict && !ack) return hear_vote(response);
    if (counted.purpose != Purpose::application) return;
    if (ack) {
        out.notify_serf(QueryAcked{.request = counted.request, .from = std::string{response.from}});
        return;
    }
    const Bytes payload = response.payload.value_or(Bytes{});
    out.notify_serf(QueryAnswered{.request = counted.request,
                                  .from = std::string{response.from},
                                  .payload = {payload.begin(), payload.end()}});
}

void Serf::Impl::finish_queries(Time now, Outbox& out) {
    while (const auto query = asked.take_expired(now)) {
        switch (query->purpose) {
            case AskedQuery::Purpose::application:
                out.notify_serf(QueryFinished{.request = query->request,
                                              .acks = query->acked.size(),
                                              .answers = query->answered.size()});
                break;
            case AskedQuery::Purpose::keys:
                finish_key_command(query->request, out);
                break;
            case AskedQuery::Purpose::name_conflict:
                finish_vote(out);
                break;
        }
    }
}

}  // namespace rollcall::serf
