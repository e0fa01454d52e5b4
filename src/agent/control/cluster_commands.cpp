// SPDX-License-Identifier: Apache-2.0
#include "agent/control/cluster_commands.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/join/choice.h"
#include "agent/join/error.h"
#include "base/sanitize.h"
#include "wire/base64.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kShuttingDown = "the agent is shutting down";

// The result must be called twice; calls `done` once, with the first error.
Control::Done after_both(Control::Done done) {
    return [done = std::move(done),
            first = std::make_shared<std::optional<std::string>>()](const std::string& error) {
        if (!*first) {
            *first = error;
            return;
        }
        done((*first)->empty() ? error : **first);
    };
}

}  // namespace

// --- what the core reports ----------------------------------------------------------------------

void ClusterCommands::handle(const serf::LeaveFinished& event) {
    finish(event.request, "");
}

void ClusterCommands::handle(const serf::ForceLeaveFinished& event) {
    finish(event.request, event.timed_out ? "timed out broadcasting node removal" : "");
}

void ClusterCommands::handle(const serf::TagsFinished& event) {
    finish(event.request, event.timed_out ? "timed out broadcasting the new tags" : "");
}

void ClusterCommands::handle(const serf::QueryAcked& event) {
    forward(event.request, {.type = "ack", .from = event.from});
}

void ClusterCommands::handle(const serf::QueryAnswered& event) {
    forward(event.request,
            {.type = "response", .from = event.from, .payload = to_payload(event.payload)});
}

void ClusterCommands::handle(const serf::QueryFinished& event) {
    forward(event.request, {.type = "done"});
    queries_.erase(event.request);
}

void ClusterCommands::handle(const serf::KeyCommandFinished& event) {
    auto waiting = key_commands_.extract(event.request);
    if (!waiting.empty()) waiting.mapped()(event.error(), event);
}

void ClusterCommands::finish(RequestId request, const std::string& error) {
    auto waiting = commands_.extract(request);
    if (!waiting.empty()) waiting.mapped()(error);
}

void ClusterCommands::forward(RequestId query, const rpc::AnswerRecord& record) {
    const auto asked = queries_.find(query);
    if (asked == queries_.end()) return;
    const OnAnswer on_answer = asked->second;  // a copy: it may forget the query and thereby itself
    on_answer(record);
}

// --- members ------------------------------------------------------------------------------------

std::vector<serf::MemberRecord> ClusterCommands::members() const {
    return parts_.core.members();
}

std::optional<MemberDetail> ClusterCommands::detail_of(std::string_view name) const {
    auto record = parts_.core.member(name);
    if (!record) return {};
    const Time now = parts_.driver.now();
    const membership::Node& node = parts_.core.node();
    MemberDetail detail{.record = *std::move(record)};
    const Sightings::Change* const change = parts_.sightings.last_change(name);
    if (change != nullptr && !change->by.empty()) detail.by = {change->by};
    const auto id = node.members().id_of(name);
    if (!id) {  // membership has forgotten it; Serf keeps it for a day
        detail.state =
            to_string(detail.record.status == serf::Status::failed ? membership::State::dead
                                                                   : membership::State::left);
        if (change != nullptr) detail.since = now - change->at;
        return detail;
    }
    const membership::Member member = *node.members().find(*id);
    detail.state = to_string(member.state);
    detail.incarnation = member.incarnation;
    detail.since = now - member.state_changed;
    if (const auto accusers = node.accusers(*id); !accusers.empty()) {
        detail.by.assign(accusers.begin(), accusers.end());
    }
    if (const auto ack = parts_.sightings.last_ack(*id)) {
        detail.acked = now - ack->at;
        detail.rtt = ack->rtt;
    }
    return detail;
}

serf::Tags ClusterCommands::tags() const {
    return parts_.core.tags();
}

rpc::Stats ClusterCommands::stats() const {
    return parts_.stats();
}

Result<std::optional<serf::Coordinate>, std::string> ClusterCommands::coordinate_of(
    const std::string& node) const {
    if (!parts_.serf_layer) return std::string{serf::kNoSerfLayer};
    return parts_.core.coordinate_of(node);
}

void ClusterCommands::join(std::vector<std::string> peers, bool replay, Joined done) {
    if (stopped_) return done(0, std::string{kShuttingDown});
    std::vector<HostPort> seeds;
    JoinErrors errors;
    for (const std::string& text : peers) {
        if (auto seed = HostPort::parse(text, parts_.default_port)) {
            seeds.push_back(std::move(*seed));
        } else {
            const std::string shown = sanitized_head(text, 256);
            errors.push_back({.seed = shown,
                              .cause = "not HOST, HOST:PORT, [IPV6]:PORT or NAME/HOST:PORT",
                              .host = shown});
        }
    }
    if (seeds.empty() && !errors.empty()) return done(0, serf_error_text(errors));
    parts_.joiner.join(
        std::move(seeds), replay,
        [this](const Joiner::Resolved& peer) { return peers_to_ask(peer, parts_.out_of_reach); },
        [done = std::move(done),
         errors = std::move(errors)](const Joiner::Outcome& outcome) mutable {
            if (outcome.contacted > 0) return done(outcome.contacted, "");
            errors.insert(errors.end(), outcome.errors.begin(), outcome.errors.end());
            done(0, serf_error_text(errors));
        });
}

template <class Command>
bool ClusterCommands::run(Done done, Command&& command) {
    if (stopped_) {
        done(std::string{kShuttingDown});
        return false;
    }
    // The event that ends it may come before the command returns, so store `done` inside it.
    const auto refused =
        parts_.driver.command([&](serf::Serf& core, Time now,
                                  serf::Serf::Outbox& out) -> std::optional<serf::CommandError> {
            const Result<RequestId, serf::CommandError> request = command(core, now, out);
            if (!request) return request.error();
            commands_.emplace(*request, std::move(done));
            return {};
        });
    if (refused) done(std::string{to_string(*refused)});
    return !refused;
}

void ClusterCommands::leave(Done done) {
    run(std::move(done),
        [](serf::Serf& core, Time now, serf::Serf::Outbox& out) { return core.leave(now, out); });
}

void ClusterCommands::force_leave(std::string node, bool prune, Done done) {
    parts_.log.write(Level::info, "agent", "force-leave",
                     "force leaving " + node + (prune ? " (prune)" : ""), {{"member", node}});
    run(std::move(done), [&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.force_leave(now, node, prune, out);
    });
}

void ClusterCommands::set_tags(serf::Tags tags, Done done) {
    if (parts_.save_tags) done = after_both(std::move(done));
    const bool taken = run(done, [&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.set_tags(now, std::move(tags), out);
    });
    if (!parts_.save_tags) return;
    if (!taken) return done("");  // nothing to write
    parts_.save_tags([done = std::move(done)](const std::string& error) {
        done(error.empty() ? "" : "Failed to write tags file: " + error);
    });
}

// --- user events, queries, keys -----------------------------------------------------------------

std::string ClusterCommands::user_event(const std::string& name, Bytes payload, bool coalesce) {
    if (stopped_) return std::string{kShuttingDown};
    const auto error =
        parts_.driver.command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
            return core.user_event(now, name, payload, coalesce, out);
        });
    return error ? to_string(*error) : std::string{};
}

Result<RequestId, std::string> ClusterCommands::query(const rpc::QueryRequest& asked,
                                                      OnAnswer on_answer) {
    if (stopped_) return std::string{kShuttingDown};
    const Bytes payload = asked.payload ? Bytes{*asked.payload} : Bytes{};
    const serf::QueryParams params{.name = asked.name,
                                   .payload = payload,
                                   .nodes = asked.filter_nodes,
                                   .tags = asked.filter_tags,
                                   .ack = asked.request_ack,
                                   .relay_factor = asked.relay_factor,
                                   .timeout = std::chrono::nanoseconds{asked.timeout}};
    // Our own ack comes before the command returns, so store `on_answer` inside it.
    const auto request =
        parts_.driver.command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
            auto accepted = core.query(now, params, out);
            if (accepted) queries_.emplace(*accepted, std::move(on_answer));
            return accepted;
        });
    if (!request) return to_string(request.error());
    return *request;
}

void ClusterCommands::forget_query(RequestId query) {
    if (queries_.erase(query) == 0) return;
    parts_.driver.command(
        [&](serf::Serf& core, Time, serf::Serf::Outbox&) { core.forget_query(query); });
}

std::optional<serf::MessageError> ClusterCommands::respond(serf::QueryHandle query, Bytes payload) {
    return parts_.driver.command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.respond(now, query, payload, out);
    });
}

void ClusterCommands::diagnose(const std::string& peer, Diagnosed done) {
    if (stopped_) return done(std::string{kShuttingDown}, {});
    parts_.diagnose(peer, std::move(done));
}

std::optional<std::string> ClusterCommands::tune(const std::string& request) {
    if (stopped_) return {};
    return parts_.driver.command([&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.tune(now, request, out);
    });
}

void ClusterCommands::change_keys(serf::KeyCommand command, const std::string& key, KeysDone done) {
    serf::KeyCommandFinished no_answers;
    no_answers.command = command;
    if (stopped_) return done(std::string{kShuttingDown}, no_answers);
    const auto raw = wire::from_base64(key);
    if (!raw) {
        return done(
            "illegal base64 data at input byte " + std::to_string(wire::base64_error_at(key)),
            no_answers);
    }
    const auto refused =
        parts_.driver.command([&](serf::Serf& core, Time now,
                                  serf::Serf::Outbox& out) -> std::optional<serf::MessageError> {
            const auto request = core.key_command(now, command, *raw, out);
            if (!request) return request.error();
            key_commands_.emplace(*request, std::move(done));
            return {};
        });
    if (refused) done(to_string(*refused), no_answers);
}

}  // namespace rollcall::agent
