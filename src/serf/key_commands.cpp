// SPDX-License-Identifier: Apache-2.0
#include "serf/key_commands.h"

#include <algorithm>
#include <utility>

#include "serf/answers.h"
#include "serf/key_queries.h"

namespace rollcall::serf {
namespace {

// All answers are needed: one datagram lost in five must not cause a second query to all.
constexpr std::size_t kKeyAnswerRelays = 3;

}  // namespace

// Recorded before the query is sent: our own answer comes at once.
Result<RequestId, MessageError> KeyCommands::start(Time now, KeyCommand command, Bytes key,
                                                   Outbox& out) {
    const std::size_t limit = context_.config.query_size_limit;
    if (key.size() > limit) {  // before it is copied
        return MessageError{MessageError::Cause::query_too_large, key.size(), limit};
    }
    const std::vector<std::byte> payload = encoded(KeyRequest{.key = key});
    const RequestId request = context_.new_request();
    running_.push_back(
        {.request = request, .command = command, .nodes = context_.node.alive_count()});
    const std::size_t relays = std::min(kKeyAnswerRelays, context_.others_alive());
    const auto error = outgoing_queries_.ask(now, request,
                                             {.name = query_of(command),
                                              .payload = payload,
                                              .relay_factor = static_cast<std::uint8_t>(relays)},
                                             AskedQuery::Purpose::keys, out);
    if (error) {
        running_.pop_back();  // no query was sent, so none will finish
        return *error;
    }
    return request;
}

void KeyCommands::answered(RequestId request, const QueryResponse& response, Outbox& out) {
    const auto running = std::ranges::find(running_, request, &KeyCommandFinished::request);
    if (running == running_.end()) return;
    running->answers.push_back(
        decode_key_answer(response.from, response.payload.value_or(Bytes{})));
    if (running->answers.size() < running->nodes) return;
    outgoing_queries_.forget(request);
    ended(request, out);
}

void KeyCommands::ended(RequestId request, Outbox& out) {
    const auto running = std::ranges::find(running_, request, &KeyCommandFinished::request);
    if (running == running_.end()) return;
    out.notify_serf(std::move(*running));
    running_.erase(running);
}

}  // namespace rollcall::serf
