// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/incidents.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace rollcall::agent {
namespace {

std::string conflict_place(const WireAddress& address, std::uint16_t port) {
    const auto endpoint = Endpoint::from_wire(address, port);
    return endpoint ? endpoint->to_string() : "?";
}

// Ports of streams are those of single connections.
Endpoint host_of(Endpoint endpoint) {
    endpoint.port = 0;
    return endpoint;
}

struct ToIncident {
    std::optional<Incident> operator()(const membership::Rejected& e) const {
        return Incident{.kind = Incident::Kind::rejected,
                        .from = e.stream ? host_of(e.from) : e.from,
                        .cause = e.cause,
                        .stream = e.stream,
                        .text = {},
                        .count = e.since_last};
    }
    std::optional<Incident> operator()(const membership::MergeRefused& e) const {
        return Incident{.kind = Incident::Kind::merge_refused,
                        .from = host_of(e.peer),
                        .text = e.reason,
                        .count = 1};
    }
    std::optional<Incident> operator()(const membership::NameConflict& e) const {
        return Incident{.kind = Incident::Kind::name_conflict,
                        .from = {},
                        .text = "'" + e.existing.name + "' is at " +
                                conflict_place(e.existing.address, e.existing.port) + " and at " +
                                conflict_place(e.other_address, e.other_port),
                        .count = 1};
    }
    std::optional<Incident> operator()(const membership::PauseDetected& e) const {
        return Incident{
            .kind = Incident::Kind::paused, .from = {}, .text = {}, .gap = e.gap, .count = 1};
    }
    template <class Other>
    std::optional<Incident> operator()(const Other&) const {
        return {};
    }
};

bool alike(const Incident& a, const Incident& b) {
    return a.kind == b.kind && a.from == b.from && a.cause == b.cause && a.stream == b.stream &&
           a.text == b.text;
}

}  // namespace

void Incidents::handle(Time now, const membership::Event& event) {
    if (auto incident = std::visit(ToIncident{}, event)) add(now, std::move(*incident));
}

void Incidents::add(Time now, Incident incident) {
    incident.last = now;
    const auto known =
        std::ranges::find_if(list_, [&](const Incident& i) { return alike(i, incident); });
    if (known != list_.end()) {
        incident.count += known->count;
        incident.gap = std::max(incident.gap, known->gap);
        list_.erase(known);
    }
    list_.push_front(std::move(incident));
    if (list_.size() > kMost) list_.pop_back();
}

std::vector<Incident> Incidents::since(Time then) const {
    std::vector<Incident> recent;
    for (const Incident& incident : list_) {
        if (incident.last < then) break;
        recent.push_back(incident);
    }
    return recent;
}

}  // namespace rollcall::agent
