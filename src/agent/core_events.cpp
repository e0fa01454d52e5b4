// SPDX-License-Identifier: Apache-2.0
#include "agent/core_events.h"

#include <variant>

#include "transport/clock.h"

namespace rollcall::agent {

void CoreEvents::handle(const serf::Serf::Outbox& out) {
    parts_.persistence.record(out);
    if (out.events().empty() && out.serf_events().empty()) return;  // most packets change nothing
    const Time now = transport::clock_now();
    for (const membership::Event& event : out.events()) {
        parts_.sightings.handle(now, event);
        parts_.metrics.handle(event);
    }
    event_log_.write(now, out, parts_.core.node().members());
    for (const membership::Event& event : out.events()) parts_.doctor.handle(now, event);
    parts_.joiner.handle(out);
    if (parts_.rejoiner != nullptr) parts_.rejoiner->handle(out);
    for (const serf::Event& event : out.serf_events()) {
        parts_.delivery.offer(event);
        std::visit([this](const auto& kind) { handle(kind); }, event);
    }
    parts_.service.changed();
}

void CoreEvents::handle(const serf::MemberEvent& event) {
    parts_.sightings.handle(event);
    parts_.names.handle(event);
    if (event.kind == serf::MemberEventKind::failed) parts_.seeds.member_lost();
}

void CoreEvents::handle(const serf::KeyringChanged& event) {
    parts_.metrics.keyring_changed(transport::clock_now());
    parts_.persistence.save_keyring(event.change);
}

void CoreEvents::handle(const serf::LeaveFinished& event) {
    parts_.commands.handle(event);
    parts_.left();
}

void CoreEvents::handle(const serf::NameConflictDecided& event) {
    if (!event.kept) parts_.name_lost();
}

}  // namespace rollcall::agent
