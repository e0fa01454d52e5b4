// SPDX-License-Identifier: Apache-2.0
#include "sim/network.h"

#include "base/check.h"

namespace rollcall::sim {
namespace {

Endpoint host_part(const Endpoint& endpoint) {
    Endpoint host = endpoint;
    host.port = 0;
    return host;
}

}  // namespace

HostId Network::add_host(const Endpoint& address) {
    const auto id = static_cast<HostId>(powered_.size());
    const bool fresh = hosts_.emplace(host_part(address), id).second;
    ROLLCALL_CHECK(fresh);
    powered_.push_back(true);
    return id;
}

std::optional<HostId> Network::host_at(const Endpoint& address) const {
    const auto found = hosts_.find(host_part(address));
    if (found == hosts_.end()) return {};
    return found->second;
}

void Network::bind(const Endpoint& at, Port& port) {
    ROLLCALL_CHECK(host_at(at).has_value());
    const bool fresh = ports_.emplace(at, &port).second;
    ROLLCALL_CHECK(fresh);
}

void Network::unbind(const Endpoint& at) {
    ports_.erase(at);
}

Port* Network::port_at(const Endpoint& at) const {
    const auto found = ports_.find(at);
    return found == ports_.end() ? nullptr : found->second;
}

void Network::send(const Endpoint& from, const Endpoint& to, Bytes bytes) {
    ++traffic_.datagrams;
    traffic_.datagram_bytes += bytes.size();
    if (tap_) tap_(world_.now(), from, to, bytes);
    const auto here = host_at(from);
    const auto there = host_at(to);
    if (!here || !there || bytes.size() > wire::kMaxDatagram) {
        ++traffic_.lost;
        return;
    }
    const auto takes = links_.carry(*here, *there, bytes.size(), world_.rng());
    if (!takes) {
        ++traffic_.lost;
        return;
    }
    launch(*takes, Kind::datagram, from, to, bytes);
    if (links_.duplicates(*here, *there, world_.rng())) {
        ++traffic_.duplicated;
        launch(links_.latency(*here, *there, world_.rng()) + *takes, Kind::datagram, from, to,
               bytes);
    }
}

void Network::launch(Duration takes, Kind kind, const Endpoint& from, const Endpoint& to,
                     Bytes bytes) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(flights_.size());
        flights_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    Flight& flight = flights_[slot];
    flight.kind = kind;
    flight.from = from;
    flight.to = to;
    flight.bytes.assign(bytes.begin(), bytes.end());
    world_.at(world_.now() + takes, *this, slot);
}

void Network::act(std::uint64_t slot) {
    // Out of the pool while it is delivered: what the receiver sends may grow the pool.
    Flight flight = std::move(flights_[slot]);
    deliver(flight);
    flights_[slot] = std::move(flight);
    free_.push_back(static_cast<std::uint32_t>(slot));
}

void Network::deliver(const Flight& flight) {
    const HostId there = *host_at(flight.to);
    if (!powered_[there]) {
        ++traffic_.lost;
        return;
    }
    Port* const port = port_at(flight.to);
    if (flight.kind == Kind::port_unreachable) {
        if (port != nullptr) port->send_error(flight.from, membership::SendError::unreachable);
        return;
    }
    if (port != nullptr) {
        port->datagram(flight.from, flight.bytes);
        return;
    }
    const HostId here = *host_at(flight.from);
    ++traffic_.unreachable;
    if (const auto takes = links_.carry(there, here, flight.bytes.size(), world_.rng())) {
        launch(*takes, Kind::port_unreachable, flight.to, flight.from, {});
    }
}

}  // namespace rollcall::sim
