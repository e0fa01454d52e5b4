// SPDX-License-Identifier: Apache-2.0
#include "sim/world/network.h"

#include <algorithm>

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
    const auto id = static_cast<HostId>(hosts_.size());
    const bool fresh = addresses_.emplace(host_part(address), id).second;
    ROLLCALL_CHECK(fresh);
    hosts_.emplace_back().address = host_part(address);
    return id;
}

void Network::change_address(HostId host, const Endpoint& address) {
    const bool fresh = addresses_.emplace(host_part(address), host).second;
    ROLLCALL_CHECK(fresh);
    addresses_.erase(hosts_[host].address);
    hosts_[host].address = host_part(address);
    ++hosts_[host].moves;
}

std::optional<HostId> Network::host_at(const Endpoint& address) const {
    const auto found = addresses_.find(host_part(address));
    if (found == addresses_.end()) return {};
    return found->second;
}

void Network::bind(const Endpoint& at, Port& port) {
    const auto host = host_at(at);
    ROLLCALL_CHECK(host.has_value());
    ROLLCALL_CHECK(port_at(at) == nullptr);
    hosts_[*host].ports.emplace_back(at.port, &port);
}

void Network::unbind(const Endpoint& at) {
    if (const auto host = host_at(at)) {
        std::erase_if(hosts_[*host].ports,
                      [&](const auto& bound) { return bound.first == at.port; });
    }
}

Port* Network::port_at(const Endpoint& at) const {
    const auto host = host_at(at);
    return host ? port_of(*host, at.port) : nullptr;
}

Port* Network::port_of(HostId host, std::uint16_t port) const {
    for (const auto& [number, bound] : hosts_[host].ports) {
        if (number == port) return bound;
    }
    return nullptr;
}

void Network::set_bandwidth(HostId host, const Bandwidth& bandwidth) {
    hosts_[host].bandwidth = bandwidth;
}

Duration Network::transmission(HostId from, HostId to, std::size_t size) const {
    const std::uint64_t out = hosts_[from].bandwidth.egress;
    const std::uint64_t in = hosts_[to].bandwidth.ingress;
    if (out == 0 && in == 0) return {};
    const std::uint64_t slower = out == 0 ? in : in == 0 ? out : std::min(out, in);
    return transmission_time(size + kHeaderBytes, slower);
}

void Network::send(const Endpoint& from, const Endpoint& to, Bytes bytes) {
    ++traffic_.datagrams;
    traffic_.datagram_bytes += bytes.size();
    if (tap_) tap_(world_.now(), from, to, bytes);
    if (eavesdropper_) eavesdropper_(world_.now(), from, to, bytes);
    const auto here = host_at(from);
    const auto there = host_at(to);
    if (here) {
        HostTraffic& mine = hosts_[*here].traffic;
        ++mine.datagrams_sent;
        mine.datagram_bytes_sent += bytes.size();
    }
    if (!here || !there || bytes.size() > wire::kMaxDatagram) {
        ++traffic_.lost;
        return;
    }
    if (const auto refused = links_.unsendable(*here, *there)) {
        ++traffic_.not_sent;
        launch({}, Kind::not_sent, {to, from, *there, *here}, {}, *refused);
        return;
    }
    Duration queued{};
    Host& host = hosts_[*here];
    if (host.bandwidth.egress != 0) {
        const auto wait = host.egress.push(bytes.size() + kHeaderBytes, host.bandwidth.egress,
                                           host.bandwidth.queue, world_.now());
        if (!wait) {
            ++traffic_.egress_full;
            ++host.traffic.egress_full;
            return;
        }
        queued = *wait;
    }
    carry(queued, {from, to, *here, *there}, bytes);
}

void Network::send_forged(HostId host, const Endpoint& stated, const Endpoint& to, Bytes bytes) {
    ++traffic_.datagrams;
    traffic_.datagram_bytes += bytes.size();
    const auto there = host_at(to);
    if (!there || bytes.size() > wire::kMaxDatagram || links_.unsendable(host, *there)) {
        ++traffic_.lost;
        return;
    }
    carry({}, {stated, to, host, *there}, bytes);
}

void Network::carry(Duration queued, const Route& route, Bytes bytes) {
    const auto [here, there] = std::pair{route.here, route.there};
    Rng& rng = world_.rng();
    const auto takes = links_.carry(here, there, bytes.size(), world_.now(), rng);
    if (!takes) {
        ++traffic_.lost;
        return;
    }
    launch(queued + *takes, Kind::datagram, route, bytes);
    if (links_.duplicates(here, there, rng)) {
        ++traffic_.duplicated;
        launch(queued + links_.latency(here, there, rng) + *takes, Kind::datagram, route, bytes);
    }
}

void Network::launch(Duration takes, Kind kind, const Route& route, Bytes bytes,
                     membership::SendError error) {
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
    flight.received = false;
    flight.moves = hosts_[route.there].moves;
    flight.error = error;
    flight.route = route;
    flight.bytes.assign(bytes.begin(), bytes.end());
    world_.at(world_.now() + takes, *this, slot);
}

void Network::act(std::uint64_t slot) {
    if (hosts_[flights_[slot].route.there].bandwidth.ingress != 0 && !flights_[slot].received &&
        flights_[slot].kind != Kind::not_sent) {
        flights_[slot].received = true;
        if (const auto wait = receive(flights_[slot])) {
            world_.at(world_.now() + *wait, *this, slot);
        } else {
            free_.push_back(static_cast<std::uint32_t>(slot));
        }
        return;
    }
    // Moved out of the pool during delivery: what the receiver sends may grow the pool.
    Flight flight = std::move(flights_[slot]);
    deliver(flight);
    flights_[slot] = std::move(flight);
    free_.push_back(static_cast<std::uint32_t>(slot));
}

std::optional<Duration> Network::receive(const Flight& flight) {
    Host& host = hosts_[flight.route.there];
    const auto wait = host.ingress.push(flight.bytes.size() + kHeaderBytes, host.bandwidth.ingress,
                                        host.bandwidth.queue, world_.now());
    if (!wait) {
        ++traffic_.ingress_full;
        ++host.traffic.ingress_full;
    }
    return wait;
}

void Network::deliver(const Flight& flight) {
    const Route& route = flight.route;
    Host& host = hosts_[route.there];
    const bool moved = flight.moves != host.moves && flight.kind != Kind::not_sent;
    if (!host.powered || moved) {
        ++traffic_.lost;
        return;
    }
    Port* const port = port_of(route.there, route.to.port);
    if (flight.kind != Kind::datagram) {
        if (port != nullptr) port->send_error(route.from, flight.error);
        return;
    }
    if (port != nullptr) {
        ++host.traffic.datagrams_received;
        host.traffic.datagram_bytes_received += flight.bytes.size();
        port->datagram(route.from, flight.bytes);
        return;
    }
    ++traffic_.unreachable;
    if (const auto takes = links_.carry(route.there, route.here, flight.bytes.size(), world_.now(),
                                        world_.rng())) {
        launch(*takes, Kind::port_unreachable, {route.to, route.from, route.there, route.here}, {});
    }
}

}  // namespace rollcall::sim
