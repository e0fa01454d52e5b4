// SPDX-License-Identifier: Apache-2.0
#include "agent/agent_stats.h"

#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>

#include "agent/control/transport_figures.h"
#include "agent/http/figures.h"
#include "agent/metrics/encryption_figures.h"
#include "agent/tls_front/figures.h"
#include "base/natural_order.h"
#include "base/version.h"
#include "serf/view_checksum.h"
#include "transport/clock.h"
#include "wire/key_text.h"

namespace rollcall::agent {
namespace {

std::size_t threads_of_this_process() {
    std::error_code error;
    std::size_t count = 0;
    for (auto it = std::filesystem::directory_iterator{"/proc/self/task", error};
         !error && it != std::filesystem::directory_iterator{}; it.increment(error)) {
        ++count;
    }
    return std::max<std::size_t>(count, 1);
}

rpc::StringMap runtime_section() {
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
            {"max_procs", "1"},  // one thread does everything except name lookups
            {"goroutines", std::to_string(threads_of_this_process())},
            {"cpu_count", cpus}};
}

void add(rpc::StringMap& section, const char* key, std::uint64_t value) {
    section.emplace(key, std::to_string(value));
}

template <class Counters>
std::uint64_t sum(const Counters& counters) {
    std::uint64_t total = 0;
    for (const std::uint64_t counter : counters) total += counter;
    return total;
}

std::int64_t seconds_since(Time then) {
    return std::chrono::duration_cast<std::chrono::seconds>(transport::clock_now() - then).count();
}

}  // namespace

std::string members_in_words(const serf::Stats& stats) {
    return std::to_string(stats.alive) + (stats.alive == 1 ? " member" : " members") + " alive, " +
           std::to_string(stats.failed) + " failed, " + std::to_string(stats.left) + " left";
}

rpc::Stats AgentStats::collect() const {
    rpc::Stats sections{
        {"agent", {{"name", parts_.settings.serf.membership.name}}},
        {"runtime", runtime_section()},
        {"serf", serf_section()},
        {"tags", parts_.core.tags()},
        {"event_handlers", handlers_section()},
        {"rollcall", rollcall_section()},
        {"encryption", encryption_section(transport::clock_now(), parts_.core.node())},
        {"seeds", parts_.seeds.status()},
        {"transport", transport_figures(parts_.driver.stats())},
    };
    if (tls_ != nullptr) sections.emplace("tls", tls_section(*tls_));
    if (http_ != nullptr) sections.emplace("http", http::figures(*http_));
    return sections;
}

http::Self AgentStats::self() const {
    const membership::Node& node = parts_.core.node();
    return {.name = parts_.settings.serf.membership.name,
            .version = std::string{kVersionNumber},
            .address = parts_.address.advertised().to_string(),
            .profile = parts_.settings.profile,
            .uptime = transport::clock_now() - parts_.started,
            .health_score = node.health_score(),
            .encrypted = node.encrypts(),
            .alive = node.alive_count()};
}

void AgentStats::write_to_log() const {
    const Level level = std::max(Level::info, parts_.settings.log_level);
    for (const auto& [section, figures] : collect()) {
        for (const auto& [key, value] : in_natural_order(figures)) {
            std::string text = section + ": ";
            text += key;
            text += " = ";
            text += value;
            parts_.log.write(level, "agent", "figure", text,
                             {{"section", section}, {"key", key}, {"value", value}});
        }
    }
}

rpc::StringMap AgentStats::serf_section() const {
    const serf::Stats s = parts_.core.stats();
    const membership::Node& node = parts_.core.node();
    rpc::StringMap section{{"encrypted", node.encrypts() ? "true" : "false"}};
    const auto text = [](auto number) { return std::to_string(number); };
    section["members"] = text(s.members);
    section["failed"] = text(s.failed);
    section["left"] = text(s.left);
    section["health_score"] = text(node.health_score());
    section["member_time"] = text(s.member_time.value());
    section["event_time"] = text(s.event_time.value());
    section["query_time"] = text(s.query_time.value());
    section["intent_queue"] = text(s.intent_queue);
    section["event_queue"] = text(s.event_queue);
    section["query_queue"] = text(s.query_queue);
    if (parts_.core.coordinate()) section["coordinate_resets"] = text(s.coordinate_resets);
    return section;
}

// As in Serf's figures; several scripts for the same event are joined by "; ".
rpc::StringMap AgentStats::handlers_section() const {
    rpc::StringMap section;
    for (const EventScript& script : parts_.handlers.scripts()) {
        for (const std::string& name : script.filter.names()) {
            std::string& commands = section[name];
            if (!commands.empty()) commands += "; ";
            commands += script.command;
        }
    }
    return section;
}

// Figures that Serf does not have: what an operator needs first when something is wrong.
rpc::StringMap AgentStats::rollcall_section() const {
    rpc::StringMap section;
    add_identity(section);
    add_cluster(section);
    add_messages(section);
    add_process(section);
    return section;
}

void AgentStats::add_identity(rpc::StringMap& section) const {
    section.emplace("version", kVersionNumber);
    section.emplace("advertise", parts_.address.advertised().to_string());
    section.emplace("bind", parts_.address.bound().to_string());
    section.emplace("profile", parts_.settings.profile);
    const serf::TuningView tuning = parts_.core.tuning();
    section.emplace("timings_fingerprint", tuning.fingerprint);
    section.emplace("tuning", tuning.id.empty()
                                  ? std::string{to_string(tuning.state)}
                                  : std::string{to_string(tuning.state)} + " " + tuning.id);
    // For comparing two agents that refuse each other.
    section.emplace("label", parts_.settings.serf.membership.layers.label);
    if (const wire::Keyring& keyring = parts_.core.node().keyring(); !keyring.empty()) {
        section.emplace("key_fingerprint", wire::key_fingerprint(keyring.primary()));
    }
    add(section, "uptime_s", static_cast<std::uint64_t>(seconds_since(parts_.started)));
}

// Figures of the core.
void AgentStats::add_cluster(rpc::StringMap& section) const {
    const membership::Node& node = parts_.core.node();
    const membership::Stats& m = node.stats();
    // Rule P7.
    if (const auto failing = node.sends_failing()) {
        section.emplace("sends_failing",
                        "for " + std::to_string(seconds_since(failing->since)) +
                            "s: " + std::generic_category().message(failing->error));
    } else {
        section.emplace("sends_failing", "no");
    }
    add(section, "alive", node.alive_count());
    section.emplace("view", serf::checksum_text(parts_.core.stats().view_checksum));
    add(section, "broadcasts_queued", node.broadcasts_queued());
    add(section, "packets_received", m.packets_received);
    add(section, "packets_sent", m.packets_sent);
    add(section, "packets_rejected", sum(m.packets_rejected));
    add(section, "streams_rejected", sum(m.streams_rejected));
    add(section, "probes", m.probes);
    add(section, "probes_failed", m.probes_failed);
    add(section, "suspicions", m.suspicions);
    add(section, "failures", m.failures);
    add(section, "refutations", m.refutations);
    add(section, "conflicts", m.conflicts);
    add(section, "former_claims", m.former_claims);
    add(section, "claims_unbeatable", m.claims_unbeatable);
    add(section, "claims_invalid", m.claims_invalid);
    add(section, "requests_over_limit", m.answers_refused.all());
    add(section, "leaves_told", m.leaves_told);
    add(section, "leaves_untold", m.leaves_untold);
    add(section, "push_pulls", m.push_pulls);
    add(section, "push_pulls_failed", m.push_pulls_failed);
    add(section, "pauses", m.pauses);
    add(section, "catch_ups", m.catch_ups);
    add(section, "nodes_untold", m.nodes_untold);
    add(section, "user_states_untold", m.user_states_untold);
}

// Figures of the Serf layer.
void AgentStats::add_messages(rpc::StringMap& section) const {
    const serf::Stats s = parts_.core.stats();
    add(section, "queries_acked", s.queries_acked);
    add(section, "acks_refused", s.acks_refused);
    add(section, "ack_relays_refused", s.ack_relays_refused);
    add(section, "events_sent", s.events_sent);
    add(section, "queries_sent", s.queries_sent);
    add(section, "queries_told", s.queries_told);
    add(section, "queries_closed_early", s.queries_closed_early);
    add(section, "answers_sent", s.answers_sent);
    add(section, "answers_refused", s.answers_refused);
    add(section, "answers_late", s.answers_late);
    add(section, "answers_too_many", s.answers_too_many);
    add(section, "coordinates_learned", s.coordinates_learned);
    add(section, "coordinates_refused", sum(s.coordinates_refused));
    add(section, "foreign_metadata", s.foreign.metadata);
    add(section, "foreign_messages", s.foreign.messages);
    add(section, "foreign_states", s.foreign.states);
    add(section, "foreign_ack_payloads", s.foreign.ack_payloads);
}

// Figures of this process: sockets, clients, scripts, files, log lines, children.
void AgentStats::add_process(rpc::StringMap& section) const {
    const transport::Stats& t = parts_.driver.stats();
    add(section, "udp_send_full", t.udp.send_full);
    add(section, "udp_send_no_route", t.udp.send_no_route);
    add(section, "udp_send_failed", t.udp.send_failed);
    add(section, "tcp_accept_refused", t.tcp.accept_refused);
    add(section, "tcp_open", t.tcp.now_open);
    const RpcStats& r = parts_.rpc.stats();
    add(section, "rpc_clients", parts_.rpc.clients());
    add(section, "rpc_commands", r.commands);
    add(section, "rpc_refused", r.refused);
    add(section, "rpc_evicted", r.evicted);
    add(section, "rpc_timed_out", r.timed_out);
    add(section, "rpc_records_dropped", r.records_dropped);
    add(section, "rpc_bad_tokens", r.bad_tokens);
    const HandlerStats& h = parts_.handlers.stats();
    add(section, "handlers_waiting", parts_.handlers.waiting());
    add(section, "handlers_run", h.run);
    add(section, "handlers_failed", h.failed + h.not_started);
    add(section, "handlers_ended", h.timed_out + h.overflowed);
    add(section, "handlers_dropped", h.dropped_full + h.dropped_bytes);
    add(section, "files_written", parts_.persistence.stats().written);
    add(section, "files_not_written", parts_.persistence.stats().failed);
    add(section, "log_lines", parts_.log.lines_written());
    add(section, "log_lines_left_out", parts_.log.lines_left_out());
    add(section, "log_lines_lost", parts_.log.lines_lost());
    add(section, "syslog_lines_lost", parts_.log.syslog_lines_lost());
    add(section, "processes_reaped", parts_.orphans.reaped());
}

}  // namespace rollcall::agent
