// SPDX-License-Identifier: Apache-2.0
#include "serf/key_changes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "serf/key_queries.h"
#include "serf/messages.h"

namespace rollcall::serf {
namespace {

constexpr std::size_t kPayloadHead = 5;  // largest length prefix of a payload
// Each waits for the disk; a flood of key commands must not fill memory.
constexpr std::size_t kMostUnsavedChanges = 64;
constexpr std::size_t kLongestSaveError = 256;

}  // namespace

void KeyChanges::asked(Time now, KeyCommand command, Bytes request, const ReturnPath& path,
                       Outbox& out) {
    KeyOutcome outcome;
    wire::Keyring& keyring = context_.node.keyring();
    const std::uint64_t before = keyring.revision();
    if (unsaved_.size() >= kMostUnsavedChanges && command != KeyCommand::list) {
        outcome.answer.message = "too many changes of the keyring wait to be saved";
    } else {
        outcome = carry_out(command, request, keyring);
    }
    out.notify_serf(
        KeyCommandHandled{.command = command,
                          .fingerprint = outcome.fingerprint,
                          .changed = keyring.revision() != before,
                          .refused = outcome.answer.ok ? std::string{} : outcome.answer.message,
                          .asked_by_us = replies_.asked_by_us(path),
                          .source = path.node,
                          .address = path.address,
                          .port = path.port});
    if (!outcome.changed) return reply(now, outcome.answer, path, out);
    out.notify_serf(KeyringChanged{.change = ++last_change_});
    if (!context_.config.confirm_key_changes) return reply(now, outcome.answer, path, out);
    unsaved_.push_back({.change = last_change_, .path = path, .answer = std::move(outcome.answer)});
}

void KeyChanges::saved(Time now, std::uint64_t change, std::string_view error, Outbox& out) {
    const auto waiting = std::ranges::find(unsaved_, change, &Unsaved::change);
    if (waiting == unsaved_.end()) return;
    Unsaved saved = std::move(*waiting);
    unsaved_.erase(waiting);
    if (!error.empty()) {
        saved.answer.ok = false;
        saved.answer.message = error.substr(0, kLongestSaveError);
    }
    reply(now, saved.answer, saved.path, out);
}

void KeyChanges::reply(Time now, const KeyAnswer& answer, const ReturnPath& path, Outbox& out) {
    const std::size_t around =
        encoded(QueryResponse{.time = path.time, .id = path.id, .from = context_.name()}).size() +
        kPayloadHead;
    const std::size_t limit = context_.config.query_response_size_limit;
    const std::size_t room = limit > around ? limit - around : 0;
    replies_.answer_internally(now, path, encode_key_answer(answer, room), out);
}

}  // namespace rollcall::serf
