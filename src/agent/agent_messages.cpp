// SPDX-License-Identifier: Apache-2.0
//
// RunningAgent as the control protocol speaks to the cluster through it: user events, queries,
// answers and keys.
#include <chrono>
#include <utility>
#include <variant>

#include "agent/files/keyring_file.h"
#include "agent/running_agent.h"
#include "wire/base64.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kGoingDown = "the agent is shutting down";

}  // namespace

std::string RunningAgent::user_event(const std::string& name, Bytes payload, bool coalesce) {
    if (stopping_) return std::string{kGoingDown};
    const auto error = driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.user_event(now, name, payload, coalesce, out);
    });
    return error ? to_string(*error) : std::string{};
}

Result<RequestId, std::string> RunningAgent::query(const rpc::QueryRequest& asked, Heard heard) {
    if (stopping_) return std::string{kGoingDown};
    const Bytes payload = asked.payload ? Bytes{*asked.payload} : Bytes{};
    const serf::QueryParams params{.name = asked.name,
                                   .payload = payload,
                                   .nodes = asked.filter_nodes,
                                   .tags = asked.filter_tags,
                                   .ack = asked.request_ack,
                                   .relay_factor = asked.relay_factor,
                                   .timeout = std::chrono::nanoseconds{asked.timeout}};
    // Our own ack is told before the command returns: who waits must be known by then.
    const auto request = driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        auto accepted = core.query(now, params, out);
        if (accepted) queries_.emplace(*accepted, std::move(heard));
        return accepted;
    });
    if (!request) return to_string(request.error());
    return *request;
}

void RunningAgent::forget_query(RequestId query) {
    if (queries_.erase(query) == 0) return;
    driver_->command(
        [&](serf::Serf& core, Time, serf::Serf::Outbox&) { core.forget_query(query); });
}

std::optional<serf::SayError> RunningAgent::respond(serf::QueryHandle query, Bytes payload) {
    return driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.respond(now, query, payload, out);
    });
}

void RunningAgent::change_keys(serf::KeyCommand command, const std::string& key, KeysDone done) {
    serf::KeyCommandFinished nothing_said;
    nothing_said.command = command;
    if (stopping_) return done(std::string{kGoingDown}, nothing_said);
    const auto raw = wire::from_base64(key);
    if (!raw) {
        return done(
            "illegal base64 data at input byte " + std::to_string(wire::base64_error_at(key)),
            nothing_said);
    }
    const auto refused = driver_->command(
        [&](serf::Serf& core, Time now, serf::Serf::Outbox& out) -> std::optional<serf::SayError> {
            const auto request = core.key_command(now, command, *raw, out);
            if (!request) return request.error();
            key_commands_.emplace(*request, std::move(done));
            return {};
        });
    if (refused) done(to_string(*refused), nothing_said);
}

bool RunningAgent::told_of_message(const serf::Event& event) {
    if (const auto* ack = std::get_if<serf::QueryAcked>(&event)) {
        hear(ack->request, {.type = "ack", .from = ack->from});
    } else if (const auto* said = std::get_if<serf::QueryAnswered>(&event)) {
        hear(said->request,
             {.type = "response", .from = said->from, .payload = to_payload(said->payload)});
    } else if (const auto* over = std::get_if<serf::QueryFinished>(&event)) {
        hear(over->request, {.type = "done"});
        queries_.erase(over->request);
    } else if (const auto* keys = std::get_if<serf::KeyCommandFinished>(&event)) {
        auto waiting = key_commands_.extract(keys->request);
        if (!waiting.empty()) waiting.mapped()(keys->error(), *keys);
    } else if (const auto* changed = std::get_if<serf::KeyringChanged>(&event)) {
        keep_keyring(changed->change);
    } else {
        return false;
    }
    return true;
}

void RunningAgent::hear(RequestId query, const rpc::AnswerRecord& record) {
    const auto asked = queries_.find(query);
    if (asked == queries_.end()) return;
    const Heard heard = asked->second;  // may forget the query, and itself with it
    heard(record);
}

void RunningAgent::keep_keyring(std::uint64_t change) {
    if (settings_.keyring_file.empty() || stopping_) return;
    files_->write(settings_.keyring_file, keyring_text(core_->keyring()),
                  [this, change](const std::string& error) { keyring_saved(change, error); });
}

void RunningAgent::keyring_saved(std::uint64_t change, const std::string& error) {
    if (stopping_) return;  // nobody waits any more
    if (!error.empty()) {
        log_->write(Level::err, "agent", "keyring-not-saved",
                    "the keyring changed, but its file did not: " + error,
                    {{"file", settings_.keyring_file}, {"error", error}});
    }
    driver_->command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        core.keyring_saved(now, change, error, out);
    });
}

// --- events, as few, to those who listen ---------------------------------------------------------

void RunningAgent::tell_listeners(const serf::MemberEventGroup& event) {
    rpc_->tell(event);
    handlers_->tell(member_script_event(event.kind, event.members));
}

void RunningAgent::tell_listeners(const serf::UserEventReceived& event) {
    rpc_->tell(event);
    handlers_->tell(user_script_event(event.time, event.name, event.payload));
}

// What a script writes is its answer. Too late, or given already: the script need not know.
void RunningAgent::tell_listeners(const serf::QueryReceived& event) {
    rpc_->tell(event);
    const auto answer = [this, query = event.handle](std::string_view output) {
        if (output.empty() || stopping_) return;
        if (const auto error = respond(query, as_bytes(output))) {
            log_->write(Level::warn, "agent", "answer-refused",
                        "the answer of a script was not sent: " + to_string(*error));
        }
    };
    handlers_->tell(query_script_event(event.time, event.name, event.payload, answer));
}

}  // namespace rollcall::agent
