// SPDX-License-Identifier: Apache-2.0
#include "serf/incoming_queries.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "serf/query_params.h"

namespace rollcall::serf {
namespace {

constexpr std::string_view kInternal = "_serf_";  // prefix of internal queries
constexpr std::string_view kPing = "_serf_ping";

Duration time_to_answer(const Query& query) {
    return std::clamp(query.timeout, Duration::zero(), kMaxQueryTimeout);
}

}  // namespace

// Rule E2. Gossiped also when its filters do not match us.
void IncomingQueries::query_received(Time now, Bytes message, Outbox& out) {
    constexpr MessageType type = MessageType::query;
    const auto query = decode_query(message.subspan(1));
    if (!query) return rejects_.message(now, type, query.error(), out);
    if (!rejects_.witness(now, context_.query_clock, query->time, type, out)) return;
    Stats& stats = context_.stats;
    switch (recent_.judge(context_.query_clock.time(), query->time, query->id)) {
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
        context_.queues.query(message, context_.cluster());
        ++stats.queries_forwarded;
    }
    handle(now, *query, out);
}

void IncomingQueries::query_sent(Time now, const Query& query, Outbox& out) {
    if (recent_.judge(context_.query_clock.time(), query.time, query.id) == Freshness::fresh) {
        handle(now, query, out);
    }
}

void IncomingQueries::handle(Time now, const Query& query, Outbox& out) {
    std::span<const Bytes> conditions;
    if (query.filters) conditions = *query.filters;
    const bool wants_ack = (query.flags & query_flags::ack) != 0;
    Stats& stats = context_.stats;
    switch (filters_.judge(conditions, {.name = context_.name(), .tags = context_.tags})) {
        case FilterVerdict::no_match:
            return;
        case FilterVerdict::over_budget:
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
    if (wants_ack) replies_.acknowledge(now, path, out);
    if (query.name.starts_with(kInternal)) return handle_internal(now, query, path, out);
    const Duration timeout = time_to_answer(query);
    const Bytes payload = query.payload.value_or(Bytes{});
    const bool can_be_answered = timeout > Duration::zero() && replies_.can_reach(path);
    ++stats.queries_told;
    out.notify_serf(QueryReceived{.handle = open_.open(now, now + timeout, path),
                                  .time = query.time,
                                  .name = std::string{query.name},
                                  .payload = {payload.begin(), payload.end()},
                                  .source = path.node,
                                  .deadline = now + timeout,
                                  .expects_answer = can_be_answered});
}

void IncomingQueries::handle_internal(Time now, const Query& query, const ReturnPath& path,
                                      Outbox& out) {
    const Bytes payload = query.payload.value_or(Bytes{});
    if (query.name == kPing) return;  // the ack is the answer
    if (query.name == NameVotes::kQuery) {
        return name_votes_.asked(now, as_text(payload), path, out);
    }
    if (const auto command = key_command_of(query.name)) {
        return key_changes_.asked(now, *command, payload, path, out);
    }
    if (query.name.starts_with(kBuiltInQuery)) {  // rule E8
        if (query.name.substr(kBuiltInQuery.size()) == kTuneQuery) {
            return tunes_.asked(now, payload, path, out);
        }
        if (!replies_.admits_answer(now, path)) return;
        return out.notify_serf(
            BuiltInQueryReceived{.handle = open_.open(now, now + time_to_answer(query), path),
                                 .name = std::string{query.name.substr(kBuiltInQuery.size())},
                                 .payload = {payload.begin(), payload.end()},
                                 .source = path.node,
                                 .from_member = replies_.asker_is_member(path)});
    }
    rejects_.message(now, MessageType::query, wire::DecodeError::unknown_message, out);
}

// Rule E6.
std::optional<MessageError> IncomingQueries::respond(Time now, QueryHandle handle, Bytes payload,
                                                     Outbox& out) {
    using Cause = MessageError::Cause;
    OpenQueries::Open* query = open_.find(handle);
    if (query == nullptr || now > query->deadline) {
        return MessageError{.cause = Cause::response_too_late};
    }
    // Serf's order: an answer that is too large gets that error even when one was sent already.
    const auto answer = replies_.encode_answer(query->path, payload);
    if (!answer) return answer.error();
    if (query->answered) return MessageError{.cause = Cause::response_already_sent};
    replies_.send_answer(now, query->path, *answer, out);
    query->answered = true;
    return {};
}

}  // namespace rollcall::serf
