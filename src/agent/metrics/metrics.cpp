// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

#include "agent/metrics/agent_metrics.h"
#include "agent/metrics/core_metrics.h"
#include "agent/metrics/encryption_figures.h"
#include "agent/metrics/process_metrics.h"
#include "base/sanitize.h"
#include "base/version.h"
#include "transport/clock.h"

namespace rollcall::agent {
namespace {

void add_member_states(const membership::MemberTable& table, Families& families) {
    using membership::State;
    std::array<std::size_t, 4> counts{};
    for (const MemberId id : table.ids()) {
        ++counts[static_cast<std::size_t>(table.find(id)->state)];
    }
    for (const State state : {State::alive, State::suspect, State::dead, State::left}) {
        families.gauge("rollcall_detector_members",
                       "Members in the failure detector's table, by state. Dead and left ones are "
                       "removed from it after a while.",
                       static_cast<double>(counts[static_cast<std::size_t>(state)]),
                       {{"state", to_string(state)}});
    }
}

}  // namespace

Metrics::Metrics(Parts parts) : parts_{std::move(parts)} {
    keyring_changed(transport::clock_now());
}

void Metrics::keyring_changed(Time now) {
    keys_.update(now, parts_.core.node().keyring());
}

std::optional<std::string> Metrics::Scrape::next() {
    if (!families_) families_ = metrics_.Collect();
    if (family_ < families_->size()) {
        const auto first = families_->begin() + static_cast<std::ptrdiff_t>(family_);
        family_ = std::min(family_ + kFamiliesPerPiece, families_->size());
        const auto end = families_->begin() + static_cast<std::ptrdiff_t>(family_);
        return prometheus::TextSerializer{}.Serialize(
            {std::make_move_iterator(first), std::make_move_iterator(end)});
    }
    if (!metrics_.parts_.settings.metrics_per_member) return {};
    if (!members_) {
        const Parts& parts = metrics_.parts_;
        members_.emplace(transport::clock_now(), parts.core, parts.sightings, parts.names);
    }
    return members_->next();
}

std::string Metrics::text() const {
    std::string text;
    Scrape parts = scrape();
    while (const auto part = parts.next()) text += *part;
    return text;
}

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
    Families families;
    add_identity(families);
    add_cluster(transport::clock_now(), families);
    add_parts(families);
    for (const auto& source : sources_) source(families);
    return families.take();
}

void Metrics::add_identity(Families& families) const {
    const Settings& settings = parts_.settings;
    const std::string label = sanitized(settings.serf.membership.layers.label);
    families.gauge("rollcall_build_info", "Always 1; the labels say what is running.", 1,
                   {{"version", kVersionNumber}, {"compiler", __VERSION__}});
    families.gauge(
        "rollcall_agent_info", "Always 1; the labels say who this agent is.", 1,
        {{"node", settings.serf.membership.name}, {"profile", settings.profile}, {"label", label}});
    add_process_metrics(families);
}

void Metrics::add_cluster(Time now, Families& families) const {
    const membership::Node& node = parts_.core.node();
    families.gauge("rollcall_health_score",
                   "How unhealthy this agent considers itself: 0 is healthy, and from 1 on its "
                   "probes take longer.",
                   node.health_score());
    families.gauge("rollcall_sends_failing", "1 while no datagram leaves this host.",
                   node.sends_failing() ? 1 : 0);
    families.gauge("rollcall_leaving", "1 after this agent has begun to leave.",
                   node.leaving() ? 1 : 0);
    add_metrics(parts_.core.stats(), families);
    add_member_states(node.members(), families);
    families.gauge("rollcall_queue_length", "", static_cast<double>(node.broadcasts_queued()),
                   {{"queue", "membership"}});
    add_metrics(node.stats(), families);
    events_.add_metrics(families);
    keys_.add_metrics(now, families);
    add_encryption_metrics(now, node, families);
}

void Metrics::add_parts(Families& families) const {
    add_metrics(parts_.driver.stats(), families);
    parts_.lag.ask();
    families.histogram("rollcall_loop_lag_seconds",
                       "How late the loop served a timer, measured once per second from the first "
                       "scrape on.",
                       parts_.lag.counts(), kLagBounds);
    families.gauge("rollcall_loop_lag_worst_seconds", "The largest such delay of the last minute.",
                   in_seconds(parts_.lag.worst_lately()));
    add_metrics(parts_.seeds.count_by_state(), families);
    families.gauge("rollcall_rpc_clients", "Control clients connected.",
                   static_cast<double>(parts_.rpc.clients()));
    add_metrics(parts_.rpc.stats(), families);
    families.gauge("rollcall_script_events_waiting", "Events whose handlers have not run yet.",
                   static_cast<double>(parts_.handlers.waiting()));
    add_metrics(parts_.handlers.stats(), families);
    add_metrics(parts_.persistence.stats(), families);
    families.gauge("rollcall_snapshot_failing",
                   "1 while the snapshot cannot be written; 0 without --snapshot.",
                   parts_.persistence.snapshot_failing() ? 1 : 0);
    families.gauge("rollcall_file_write_seconds",
                   "How long the write of a file that has not ended takes so far.",
                   in_seconds(parts_.persistence.writing_for()));
    families.counter(
        "rollcall_snapshot_lines_given_up_total",
        "Times that too much waited for the snapshot's disk, and it is rewritten whole.",
        static_cast<double>(parts_.persistence.snapshot_lines_given_up()));
    families.counter("rollcall_log_lines_total", "Log lines written.",
                     static_cast<double>(parts_.log.lines_written()));
    families.counter("rollcall_log_lines_lost_total", "Log lines lost, by output.",
                     static_cast<double>(parts_.log.lines_lost()), {{"output", "file"}});
    families.counter("rollcall_log_lines_lost_total", "",
                     static_cast<double>(parts_.log.syslog_lines_lost()), {{"output", "syslog"}});
    const LineQueue::Dropped dropped = parts_.log.lines_dropped();
    families.counter("rollcall_log_lines_dropped_total",
                     "Of them, those dropped as an output did not take lines in time, by bound.",
                     static_cast<double>(dropped.by_lines), {{"bound", "lines"}});
    families.counter("rollcall_log_lines_dropped_total", "", static_cast<double>(dropped.by_bytes),
                     {{"bound", "bytes"}});
    families.counter("rollcall_log_lines_left_out_total",
                     "Lines of floods of changes that went into the journal only.",
                     static_cast<double>(parts_.log.lines_left_out()));
    families.counter("rollcall_journal_records_total", "Records added to the journal.",
                     static_cast<double>(parts_.journal.newest()));
    families.gauge("rollcall_journal_bytes", "Memory of the journal.",
                   static_cast<double>(parts_.journal.bytes()));
    families.counter("rollcall_processes_reaped_total",
                     "Orphaned processes reaped, as process 1 of a container.",
                     static_cast<double>(parts_.processes_reaped()));
}

}  // namespace rollcall::agent
