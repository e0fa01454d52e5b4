// SPDX-License-Identifier: Apache-2.0
//
// Hosts, the processes on them, and the datagrams between them; streams are in streams.h. The links
// decide which datagrams are delayed, lost, duplicated and reordered. A live host without a
// listener on the port answers "port unreachable"; a host without power answers nothing. A process
// gets an error for what its host cannot send. A host with a bandwidth limit queues what it sends
// and receives, up to a bound, and drops the rest. Everything sent arrives as an event of the
// World: nothing is delivered inside the call that sends it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "membership/core.h"
#include "sim/world/bandwidth.h"
#include "sim/world/links.h"
#include "sim/world/world.h"

namespace rollcall::sim {

// A process's sockets on one endpoint; the network delivers to it.
class Port {
public:
    virtual ~Port() = default;
    virtual void datagram(Endpoint from, Bytes bytes) = 0;
    virtual void send_error(Endpoint to, membership::SendError error) = 0;
    // False: the accept queue is full, and the dialer retries.
    virtual bool stream_accepted(StreamId id, Endpoint from) = 0;
    virtual void stream_connected(StreamId id) = 0;
    virtual void stream_data(StreamId id, Bytes bytes) = 0;
    virtual void stream_closed(StreamId id, membership::StreamEnd end) = 0;
};

struct Traffic {
    std::uint64_t datagrams = 0, datagram_bytes = 0;  // sent
    std::uint64_t not_sent = 0;                       // of them, refused by the sender's own host
    std::uint64_t lost = 0;  // on the way, cut off, too large, or sent to no host or a silent one
    std::uint64_t duplicated = 0, unreachable = 0;
    std::uint64_t streams = 0, stream_bytes = 0;
    std::uint64_t egress_full = 0, ingress_full = 0;  // dropped: queue full at sender, receiver
};

// The same for one host. Bytes are payload, without headers.
struct HostTraffic {
    std::uint64_t datagrams_sent = 0, datagram_bytes_sent = 0;
    std::uint64_t datagrams_received = 0, datagram_bytes_received = 0;
    std::uint64_t stream_bytes_sent = 0, stream_bytes_received = 0;
    std::uint64_t egress_full = 0, ingress_full = 0;
};

// Called for every datagram as it is sent: for traces, and for tests that keep or count packets.
using Tap = std::function<void(Time, Endpoint from, Endpoint to, Bytes)>;

class Network final : public Actor {
public:
    Network(World& world, const LinkQuality& everywhere) : world_{world}, links_{everywhere} {}

    // A host with power and one address; its port is ignored.
    HostId add_host(const Endpoint& address);
    void set_power(HostId host, bool on) { hosts_[host].powered = on; }
    [[nodiscard]] bool powered(HostId host) const { return hosts_[host].powered; }
    // Replaces the host's address with one that no other host has. Datagrams in flight to the old
    // address are lost.
    void change_address(HostId host, const Endpoint& address);
    // Limits what a host sends and receives; what is already queued stays.
    void set_bandwidth(HostId host, const Bandwidth& bandwidth);
    // Time that a stream segment of that size needs at both hosts' interfaces.
    [[nodiscard]] Duration transmission(HostId from, HostId to, std::size_t size) const;
    [[nodiscard]] std::optional<HostId> host_at(const Endpoint& address) const;

    // A process opens or closes its sockets. The address must be a host's, the endpoint free.
    void bind(const Endpoint& at, Port& port);
    void unbind(const Endpoint& at);
    [[nodiscard]] Port* port_at(const Endpoint& at) const;

    void send(const Endpoint& from, const Endpoint& to, Bytes bytes);
    // Sent by this host with the source address of another: the links are those of the host, an
    // answer goes to the stated source. No tap sees it, and the host's own traffic does not count
    // it.
    void send_forged(HostId host, const Endpoint& stated, const Endpoint& to, Bytes bytes);

    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] Links& links() { return links_; }
    [[nodiscard]] const Links& links() const { return links_; }
    [[nodiscard]] Traffic& traffic() { return traffic_; }
    [[nodiscard]] const Traffic& traffic() const { return traffic_; }
    [[nodiscard]] HostTraffic& traffic_of(HostId host) { return hosts_[host].traffic; }
    [[nodiscard]] const HostTraffic& traffic_of(HostId host) const { return hosts_[host].traffic; }
    void set_tap(Tap tap) { tap_ = std::move(tap); }
    // A second one, of an adversary on the path.
    void set_eavesdropper(Tap tap) { eavesdropper_ = std::move(tap); }

    void act(std::uint64_t flight) override;

private:
    enum class Kind : std::uint8_t { datagram, port_unreachable, not_sent };
    struct Route {
        Endpoint from;  // port_unreachable: the port without a listener; not_sent: the target
        Endpoint to;
        HostId here = 0, there = 0;  // the hosts of `from` and `to`
    };
    struct Flight {
        Kind kind = Kind::datagram;
        bool received = false;    // it entered the queue of the receiving host
        std::uint32_t moves = 0;  // of the receiving host, at the time of sending
        Route route;
        std::vector<std::byte> bytes;
        membership::SendError error;
    };
    struct Host {
        bool powered = true;
        Endpoint address;                                    // port 0
        std::uint32_t moves = 0;                             // address changes so far
        std::vector<std::pair<std::uint16_t, Port*>> ports;  // few: linear search
        Bandwidth bandwidth;
        RateQueue egress, ingress;
        HostTraffic traffic;
    };
    [[nodiscard]] Port* port_of(HostId host, std::uint16_t port) const;
    void launch(Duration takes, Kind kind, const Route& route, Bytes bytes,
                membership::SendError error = membership::SendError::unreachable);
    void carry(Duration queued, const Route& route, Bytes bytes);
    void deliver(const Flight& flight);
    // Time until the flight is received; nullopt when the queue is full.
    [[nodiscard]] std::optional<Duration> receive(const Flight& flight);

    World& world_;
    Links links_;
    Traffic traffic_;
    Tap tap_, eavesdropper_;
    std::vector<Host> hosts_;
    std::unordered_map<Endpoint, HostId, EndpointHash>
        addresses_;  // port 0; looked up, never walked
    std::vector<Flight> flights_;
    std::vector<std::uint32_t> free_;
};

}  // namespace rollcall::sim
