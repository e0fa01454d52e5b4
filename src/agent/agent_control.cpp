// SPDX-License-Identifier: Apache-2.0
//
// RunningAgent as the control protocol sees it: commands into the core, and what it tells of
// itself.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <utility>

#include "agent/control/transport_figures.h"
#include "agent/files/tags_file.h"
#include "agent/running_agent.h"
#include "base/version.h"
#include "transport/clock.h"
#include "wire/key_text.h"

namespace rollcall::agent {
namespace {

constexpr std::string_view kShutDown = "the agent is shutting down";

std::size_t threads_of_this_process() {
    std::error_code error;
    std::size_t count = 0;
    for (auto it = std::filesystem::directory_iterator{"/proc/self/task", error};
         !error && it != std::filesystem::directory_iterator{}; it.increment(error)) {
        ++count;
    }
    return std::max<std::size_t>(count, 1);
}

rpc::StringMap runtime_stats() {
    uv_utsname_t system{};
    uv_os_uname(&system);
    std::string os = system.sysname;
    std::ranges::transform(os, os.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    // Serf's names of the common machines: dashboards compare them.
    std::string machine = system.machine;
    if (machine == "x86_64") machine = "amd64";
    if (machine == "aarch64") machine = "arm64";
    const std::string cpus = std::to_string(std::max(1u, std::thread::hardware_concurrency()));
    return {{"os", os},
            {"arch", machine},
            {"version", "c++ " __VERSION__},
            {"max_procs", "1"},  // one thread does everything but look-ups of names
            {"goroutines", std::to_string(threads_of_this_process())},
            {"cpu_count", cpus}};
}

// To be called twice: answers once, with the first of the errors.
Control::Done answer_of_both(Control::Done done) {
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

std::vector<serf::MemberRecord> RunningAgent::members() const {
    return core_->members();
}

serf::Tags RunningAgent::tags() const {
    return core_->tags();
}

Result<std::optional<serf::Coordinate>, std::string> RunningAgent::coordinate_of(
    const std::string& node) const {
    if (settings_.serf.delegate == serf::Delegate::none) return std::string{serf::kNoSerfLayer};
    return core_->coordinate_of(node);
}

void RunningAgent::join(std::vector<std::string> peers, bool replay, Joined done) {
    if (stopping_) return done(0, std::string{kShutDown});
    std::vector<HostPort> seeds;
    JoinErrors errors;
    for (const std::string& text : peers) {
        if (auto seed = HostPort::parse(text, kDefaultGossipPort)) {
            seeds.push_back(std::move(*seed));
        } else {
            const std::string shown = harmless(text, 256);
            errors.push_back({.seed = shown,
                              .cause = "not HOST, HOST:PORT, [IPV6]:PORT or NAME/HOST:PORT",
                              .host = shown});
        }
    }
    if (seeds.empty() && !errors.empty()) return done(0, as_serf_says(errors));
    joiner_->join(
        std::move(seeds), replay,
        [this](const Joiner::Resolved& peer) { return peers_to_ask(peer); },
        [done = std::move(done),
         errors = std::move(errors)](const Joiner::Outcome& outcome) mutable {
            if (outcome.contacted > 0) return done(outcome.contacted, "");
            errors.insert(errors.end(), outcome.errors.begin(), outcome.errors.end());
            done(0, as_serf_says(errors));
        });
}

template <class Command>
bool RunningAgent::command(Done done, Command&& run) {
    if (stopping_) {
        done(std::string{kShutDown});
        return false;
    }
    // The end may be told before the command returns: who waits must be known by then.
    const auto refused =
        driver_->command([&](serf::Serf& core, Time now,
                             serf::Serf::Outbox& out) -> std::optional<serf::CommandError> {
            const Result<RequestId, serf::CommandError> request = run(core, now, out);
            if (!request) return request.error();
            waiting_.emplace(*request, std::move(done));
            return {};
        });
    if (refused) done(std::string{to_string(*refused)});
    return !refused;
}

void RunningAgent::answer(RequestId request, const std::string& error) {
    auto waiting = waiting_.extract(request);
    if (!waiting.empty()) waiting.mapped()(error);
}

void RunningAgent::leave(Done done) {
    command(std::move(done), [](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.leave(now, out);
    });
}

void RunningAgent::force_leave(std::string node, bool prune, Done done) {
    log_->write(Level::info, "agent", "force-leave",
                "force leaving " + node + (prune ? " (prune)" : ""), {{"member", node}});
    command(std::move(done), [&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.force_leave(now, node, prune, out);
    });
}

void RunningAgent::set_tags(serf::Tags tags, Done done) {
    if (!settings_.tags_file.empty()) done = answer_of_both(std::move(done));
    const bool taken = command(done, [&](serf::Serf& core, Time now, serf::Serf::Outbox& out) {
        return core.set_tags(now, std::move(tags), out);
    });
    if (settings_.tags_file.empty()) return;
    if (!taken) return done("");  // nothing to be kept
    files_->write(settings_.tags_file, tags_as_json(core_->tags()),
                  [done = std::move(done)](const std::string& error) {
                      done(error.empty() ? "" : "Failed to write tags file: " + error);
                  });
}

std::vector<Endpoint> RunningAgent::strangers_of(const Joiner::Resolved& seed) const {
    const membership::MemberTable& table = core_->node().members();
    if (!seed.seed.name.empty()) {
        const auto named = table.find(seed.seed.name);
        return named && named->is_live() ? std::vector<Endpoint>{} : seed.endpoints;
    }
    std::unordered_set<Endpoint, EndpointHash> members;
    for (const MemberId id : table.ids()) {
        const membership::Member member = *table.find(id);
        if (member.is_live()) members.insert(member.endpoint());
    }
    return strangers_among(seed.endpoints, [&](Endpoint address) {
        address.scope = 0;
        return members.contains(address);
    });
}

rpc::Stats RunningAgent::stats() const {
    const serf::Stats s = core_->stats();
    const membership::Node& node = core_->node();
    const auto text = [](auto number) { return std::to_string(number); };
    rpc::Stats stats{
        {"agent", {{"name", settings_.serf.membership.name}}},
        {"runtime", runtime_stats()},
        {"serf",
         {{"members", text(s.members)},
          {"failed", text(s.failed)},
          {"left", text(s.left)},
          {"health_score", text(node.health_score())},
          {"member_time", text(s.member_time.value())},
          {"event_time", text(s.event_time.value())},
          {"query_time", text(s.query_time.value())},
          {"intent_queue", text(s.intent_queue)},
          {"event_queue", text(s.event_queue)},
          {"query_queue", text(s.query_queue)},
          {"encrypted", node.keyring().empty() ? "false" : "true"}}},
        {"tags", core_->tags()},
        {"event_handlers", handler_stats()},
        {"rollcall", own_stats()},
        {"seeds", seeds_->status()},
        {"transport", transport_figures(driver_->stats())},
    };
    if (core_->coordinate()) stats["serf"]["coordinate_resets"] = text(s.coordinate_resets);
    return stats;
}

// As in Serf's figures; several scripts for the same events are told one after the other.
rpc::StringMap RunningAgent::handler_stats() const {
    rpc::StringMap map;
    for (const EventScript& script : handlers_->scripts()) {
        for (const std::string& name : script.filter.names()) {
            std::string& commands = map[name];
            if (!commands.empty()) commands += "; ";
            commands += script.command;
        }
    }
    return map;
}

// Ours beyond Serf's: what an operator needs first when something is odd.
rpc::StringMap RunningAgent::own_stats() const {
    const membership::Stats& m = core_->node().stats();
    const serf::Stats s = core_->stats();
    const transport::Stats& t = driver_->stats();
    const RpcStats& r = rpc_->stats();
    const auto uptime =
        std::chrono::duration_cast<std::chrono::seconds>(transport::clock_now() - started_);
    rpc::StringMap map{{"version", std::string{kVersionNumber}},
                       {"advertise", address_->told().endpoint.to_string()},
                       {"bind", bound_.to_string()},
                       {"profile", settings_.profile},
                       // What two agents that refuse each other are compared by.
                       {"label", settings_.serf.membership.layers.label}};
    if (const wire::Keyring& keyring = core_->node().keyring(); !keyring.empty()) {
        map.emplace("key_fingerprint", wire::key_fingerprint(keyring.primary()));
    }
    const auto add = [&](const char* key, std::uint64_t value) {
        map.emplace(key, std::to_string(value));
    };
    const auto sum = [](const auto& counters) {
        std::uint64_t total = 0;
        for (const std::uint64_t counter : counters) total += counter;
        return total;
    };
    // Rule P7.
    if (const auto failing = core_->node().sends_failing()) {
        const auto lasts = std::chrono::duration_cast<std::chrono::seconds>(transport::clock_now() -
                                                                            failing->since);
        map.emplace("sends_failing", "for " + std::to_string(lasts.count()) +
                                         "s: " + std::generic_category().message(failing->error));
    } else {
        map.emplace("sends_failing", "no");
    }
    add("uptime_s", static_cast<std::uint64_t>(uptime.count()));
    add("alive", core_->node().alive_count());
    add("broadcasts_queued", core_->node().broadcasts_queued());
    add("packets_received", m.packets_received);
    add("packets_sent", m.packets_sent);
    add("packets_rejected", sum(m.packets_rejected));
    add("streams_rejected", sum(m.streams_rejected));
    add("probes", m.probes);
    add("probes_failed", m.probes_failed);
    add("suspicions", m.suspicions);
    add("failures", m.failures);
    add("refutations", m.refutations);
    add("conflicts", m.conflicts);
    add("former_claims", m.former_claims);
    add("claims_unbeatable", m.claims_unbeatable);
    add("claims_invalid", m.claims_invalid);
    add("leaves_told", m.leaves_told);
    add("leaves_untold", m.leaves_untold);
    add("push_pulls", m.push_pulls);
    add("push_pulls_failed", m.push_pulls_failed);
    add("pauses", m.pauses);
    add("queries_acked", s.queries_acked);
    add("acks_refused", s.acks_refused);
    add("ack_relays_refused", s.ack_relays_refused);
    add("events_sent", s.events_sent);
    add("queries_sent", s.queries_sent);
    add("queries_told", s.queries_told);
    add("queries_closed_early", s.queries_closed_early);
    add("answers_sent", s.answers_sent);
    add("answers_refused", s.answers_refused);
    add("answers_late", s.answers_late);
    add("answers_too_many", s.answers_too_many);
    add("coordinates_learned", s.coordinates_learned);
    add("coordinates_refused", sum(s.coordinates_refused));
    add("foreign_metadata", s.foreign.metadata);
    add("foreign_messages", s.foreign.messages);
    add("foreign_states", s.foreign.states);
    add("foreign_ack_payloads", s.foreign.ack_payloads);
    add("nodes_untold", m.nodes_untold);
    add("user_states_untold", m.user_states_untold);
    add("udp_send_full", t.udp.send_full);
    add("udp_send_no_route", t.udp.send_no_route);
    add("udp_send_failed", t.udp.send_failed);
    add("tcp_accept_refused", t.tcp.accept_refused);
    add("tcp_open", t.tcp.now_open);
    add("rpc_clients", rpc_->clients());
    add("rpc_commands", r.commands);
    add("rpc_refused", r.refused);
    add("rpc_evicted", r.evicted);
    add("rpc_timed_out", r.timed_out);
    add("rpc_records_dropped", r.records_dropped);
    add("rpc_bad_tokens", r.bad_tokens);
    const HandlerStats& h = handlers_->stats();
    add("handlers_waiting", handlers_->waiting());
    add("handlers_run", h.run);
    add("handlers_failed", h.failed + h.not_started);
    add("handlers_ended", h.timed_out + h.overflowed);
    add("handlers_dropped", h.dropped_full + h.dropped_bytes);
    add("files_written", files_->stats().written);
    add("files_not_written", files_->stats().failed);
    add("log_lines", log_->lines_written());
    add("log_lines_lost", log_->lines_lost());
    add("syslog_lines_lost", log_->syslog_lines_lost());
    add("processes_reaped", reaped_);
    return map;
}

}  // namespace rollcall::agent
