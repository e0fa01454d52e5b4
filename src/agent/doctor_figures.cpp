// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor_figures.h"

#include <algorithm>

#include "agent/host/advertise.h"
#include "agent/host/descriptors.h"
#include "agent/metrics/encryption_figures.h"
#include "base/version.h"
#include "transport/clock.h"

namespace rollcall::agent {

namespace {

constexpr std::chrono::milliseconds kLateDeadline{100};

}  // namespace

DoctorFigures::DoctorFigures(Parts parts)
    : parts_{parts},
      started_{transport::clock_now()},
      started_wall_{std::chrono::system_clock::now()} {}

OwnFigures DoctorFigures::collect() const {
    const membership::Node& node = parts_.core.node();
    const membership::Stats& protocol = node.stats();
    const serf::Stats serf = parts_.core.stats();
    const HandlerStats& handlers = parts_.handlers.stats();
    const Time now = transport::clock_now();
    OwnFigures figures{.now = now,
                       .name = node.config().name,
                       .version = std::string{kVersionNumber},
                       .uptime = now - started_,
                       .up = node.alive_count(),
                       .others = serf.members > 0 ? serf.members - 1 : 0,
                       .health_score = node.health_score(),
                       .sends_failing = node.sends_failing(),
                       .receive_buffer = parts_.driver.stats().udp.receive_buffer,
                       .descriptors = parts_.settings.descriptors,
                       .descriptors_ample = share_descriptors(parts_.settings.descriptors).ample(),
                       .pauses = protocol.pauses,
                       .conflicts = protocol.conflicts,
                       .since_start = counters(),
                       .writing_for = parts_.persistence.writing_for(),
                       .scripts_dropped = handlers.dropped_full + handlers.dropped_bytes,
                       .files_not_written = parts_.persistence.stats().failed,
                       .log_lines_lost = parts_.log.lines_lost() + parts_.log.syslog_lines_lost(),
                       .encryption = node.keyring().empty()
                                         ? std::string{}
                                         : std::string{to_string(node.encryption())},
                       .plain_text = node.plain_text().recent(now),
                       .plain_text_from = plain_text_sources(now, node),
                       .seeds = {},
                       .incidents = {}};
    if (const auto& own = parts_.settings.credentials) {
        figures.certificate_left = own->not_after() - std::chrono::system_clock::now();
    }
    add_queues(figures);
    add_address(figures);
    return figures;
}

Counters DoctorFigures::counters() const {
    const transport::Stats stats = parts_.driver.stats();
    const auto at = std::ranges::find(transport::kLateBounds, kLateDeadline);
    return {.deadlines = stats.loop.deadlines,
            .late = stats.loop.late[static_cast<std::size_t>(at - transport::kLateBounds.begin())],
            .sent = stats.udp.sent,
            .send_full = stats.udp.send_full,
            .send_no_route = stats.udp.send_no_route,
            .send_failed = stats.udp.send_failed,
            .connections_refused = stats.tcp.accept_refused + stats.tcp.accept_failed,
            .broadcasts_dropped = parts_.core.node().stats().broadcasts_dropped +
                                  parts_.core.stats().broadcasts_dropped.all()};
}

Duration DoctorFigures::clock_drift() const {
    return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now() - started_wall_) -
           (transport::clock_now() - started_);
}

// The fullest, in proportion.
void DoctorFigures::add_queues(OwnFigures& figures) const {
    const serf::Config& config = parts_.settings.serf;
    const serf::Stats serf = parts_.core.stats();
    figures.queued = parts_.core.node().broadcasts_queued();
    figures.queue_limit = config.membership.max_broadcasts;
    const std::size_t limit = config.min_queue_depth > 0
                                  ? std::max(2 * serf.members, config.min_queue_depth)
                                  : config.max_queue_depth;
    for (const std::size_t queued : {serf.intent_queue, serf.event_queue, serf.query_queue}) {
        if (queued * figures.queue_limit > figures.queued * limit) {
            figures.queued = queued;
            figures.queue_limit = limit;
        }
    }
}

void DoctorFigures::add_address(OwnFigures& figures) const {
    figures.advertised = parts_.address.advertised();
    const auto host = host_addresses();
    figures.advertised_is_here =
        host.empty() || std::ranges::any_of(host, [&](const HostAddress& address) {
            return address.address.ip == figures.advertised.ip;
        });
    figures.advertises_loopback_for_lack = is_loopback(figures.advertised) &&
                                           !parts_.settings.advertise &&
                                           !is_loopback(parts_.address.bound());
}

}  // namespace rollcall::agent
