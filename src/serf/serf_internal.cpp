// SPDX-License-Identifier: Apache-2.0
//
// Queries among Serfs themselves, which no application sees: pings, changes of the keyring (rules
// K1 and K2), and votes about who may keep a name (rule W1).
#include <algorithm>
#include <utility>

#include "serf/answers.h"
#include "serf/key_queries.h"
#include "serf/serf_impl.h"

namespace rollcall::serf {
namespace {

constexpr std::string_view kPing = "_serf_ping";
constexpr std::string_view kConflict = "_serf_conflict";
// Everybody's answer is needed: one datagram lost in five must not mean asking all again.
constexpr std::size_t kKeyAnswerRelays = 3;
constexpr std::size_t kPayloadHead = 5;  // what the length of a payload may take
// Each waits for a disk; who floods us with keys must not fill memory.
constexpr std::size_t kMostUnsavedChanges = 64;
constexpr std::size_t kLongestSaveError = 256;

}  // namespace

Result<RequestId, SayError> Serf::key_command(Time now, KeyCommand command, Bytes key,
                                              Outbox& out) {
    std::optional<Result<RequestId, SayError>> result;
    impl_->run(now, out, [&] { result = impl_->key_command(now, command, key, out); });
    return *result;
}

// Rule K2. Noted before it is asked: our own answer comes at once.
Result<RequestId, SayError> Serf::Impl::key_command(Time now, KeyCommand command, Bytes key,
                                                    Outbox& out) {
    if (key.size() > config.query_size_limit) {  // before it is copied
        return SayError{SayError::Cause::query_too_large, key.size(), config.query_size_limit};
    }
    const std::vector<std::byte> payload = encoded(KeyRequest{.key = key});
    const RequestId request = new_request();
    key_commands.push_back({.request = request, .command = command, .nodes = node.alive_count()});
    const std::size_t relays = std::min(kKeyAnswerRelays, others_alive());
    const auto error = ask(now, request,
                           {.name = query_of(command),
                            .payload = payload,
                            .relay_factor = static_cast<std::uint8_t>(relays)},
                           AskedQuery::Purpose::keys, out);
    if (error) {
        key_commands.pop_back();  // nothing was asked, so nothing was finished either
        return *error;
    }
    return request;
}

void Serf::Impl::hear_key_answer(RequestId request, const QueryResponse& response, Outbox& out) {
    const auto running = std::ranges::find(key_commands, request, &KeyCommandFinished::request);
    if (running == key_commands.end()) return;
    running->answers.push_back(
        decode_key_answer(response.from, response.payload.value_or(Bytes{})));
    if (running->answers.size() < running->nodes) return;
    asked.finish(request);
    finish_key_command(request, out);
}

void Serf::Impl::finish_key_command(RequestId request, Outbox& out) {
    const auto running = std::ranges::find(key_commands, request, &KeyCommandFinished::request);
    if (running == key_commands.end()) return;
    out.notify_serf(std::move(*running));
    key_commands.erase(running);
}

void Serf::Impl::hear_internal(Time now, const Query& query, const ReturnPath& path, Outbox& out) {
    const Bytes payload = query.payload.value_or(Bytes{});
    if (query.name == kPing) return;  // the ack is the answer
    if (query.name == kConflict) return tell_who_has(now, as_text(payload), path, out);
    if (const auto command = key_command_of(query.name)) {
        return hear_key_command(now, *command, payload, path, out);
    }
    reject(now, static_cast<std::uint8_t>(MessageType::query), wire::DecodeError::unknown_message,
           out);
}

// Rule K1.
void Serf::Impl::hear_key_command(Time now, KeyCommand command, Bytes request,
                                  const ReturnPath& path, Outbox& out) {
    KeyOutcome outcome;
    const std::uint64_t before = node.keyring().revision();
    if (unsaved_changes.size() >= kMostUnsavedChanges && command != KeyCommand::list) {
        outcome.answer.message = "too many changes of the keyring wait to be saved";
    } else {
        outcome = carry_out(command, request, node.keyring());
    }
    out.notify_serf(
        KeyCommandHandled{.command = command,
                          .fingerprint = outcome.fingerprint,
                          .changed = node.keyring().revision() != before,
                          .refused = outcome.answer.ok ? std::string{} : outcome.answer.message,
                          .asked_by_us = asked_by_us(path),
                          .source = path.node,
                          .address = path.address,
                          .port = path.port});
    if (!outcome.changed) return send_key_answer(now, outcome.answer, path, out);
    out.notify_serf(KeyringChanged{.change = ++last_change});
    if (!config.confirm_key_changes) return send_key_answer(now, outcome.answer, path, out);
    unsaved_changes.push_back(
        {.change = last_change, .path = path, .answer = std::move(outcome.answer)});
}

void Serf::keyring_saved(Time now, std::uint64_t change, std::string_view error, Outbox& out) {
    impl_->run(now, out, [&] { impl_->keyring_saved(now, change, error, out); });
}

void Serf::Impl::keyring_saved(Time now, std::uint64_t change, std::string_view error,
                               Outbox& out) {
    const auto waiting = std::ranges::find(unsaved_changes, change, &UnsavedChange::change);
    if (waiting == unsaved_changes.end()) return;
    UnsavedChange saved = std::move(*waiting);
    unsaved_changes.erase(waiting);
    if (!error.empty()) {
        saved.answer.ok = false;
        saved.answer.message = error.substr(0, kLongestSaveError);
    }
    send_key_answer(now, saved.answer, saved.path, out);
}

void Serf::Impl::send_key_answer(Time now, const KeyAnswer& answer, const ReturnPath& path,
                                 Outbox& out) {
    const std::size_t around =
        encoded(QueryResponse{.time = path.time, .id = path.id, .from = config.membership.name})
            .size() +
        kPayloadHead;
    const std::size_t limit = config.query_response_size_limit;
    const std::size_t room = limit > around ? limit - around : 0;
    answer_unbidden(now, path, encode_key_answer(answer, room), out);
}

void Serf::Impl::answer_unbidden(Time now, const ReturnPath& path, Bytes payload, Outbox& out) {
    const auto answer = encode_answer(path, payload);
    if (!answer || !(asked_by_us(path) || may_answer_unbidden(now))) {
        ++stats.answers_refused;
        return;
    }
    send_answer(now, path, *answer, out);
}

// --- rule W1 -------------------------------------------------------------------------------------

// Who asks about our own name has a rival, or is one: only others can tell.
void Serf::Impl::tell_who_has(Time now, std::string_view name, const ReturnPath& path,
                              Outbox& out) {
    if (name == config.membership.name) return;
    ConflictResponse response;
    if (const Member* member = std::as_const(members).find(name)) {
        response.member = MemberAnswer{.name = member->name,
                                       .address = member->address,
                                       .port = member->port,
                                       .tags = member->record().tags,
                                       .status = member->status,
                                       .versions = member->versions};
    }
    answer_unbidden(now, path, encoded(response), out);
}

void Serf::Impl::name_contested(Time now, Outbox& out) {
    if (!config.name_conflict_resolution || name_vote || life() != LifeState::alive) return;
    if (others_alive() == 0) return;  // there is nobody who could tell
    const std::string& self = config.membership.name;
    name_vote = NameVote{.request = new_request()};
    const auto error = ask(now, name_vote->request, {.name = kConflict, .payload = as_bytes(self)},
                           AskedQuery::Purpose::name_conflict, out);
    if (error) name_vote.reset();
}

void Serf::Impl::hear_vote(const QueryResponse& response) {
    if (!name_vote) return;
    const Bytes payload = response.payload.value_or(Bytes{});
    constexpr auto type = static_cast<std::byte>(MessageType::conflict_response);
    if (payload.empty() || payload.front() != type) return;
    const auto answer = decode_conflict_response(payload.subspan(1));
    if (!answer) return;
    ++name_vote->answers;
    if (!answer->member) return;
    const membership::Member self = node.self_member();
    const auto ours = Endpoint::from_wire(self.address(), self.port());
    const auto theirs = Endpoint::from_wire(answer->member->address, answer->member->port);
    // Who still has us where we were means us all the same (rule S8).
    const bool former = node.was_ours(answer->member->address, answer->member->port);
    if (former || (ours && theirs && *ours == *theirs)) ++name_vote->for_us;
}

void Serf::Impl::finish_vote(Outbox& out) {
    if (!name_vote) return;
    const bool kept = name_vote->for_us >= name_vote->answers / 2 + 1;
    out.notify_serf(NameConflictDecided{
        .kept = kept, .for_us = name_vote->for_us, .answers = name_vote->answers});
    name_vote.reset();
}

}  // namespace rollcall::serf
