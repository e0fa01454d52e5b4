// SPDX-License-Identifier: Apache-2.0
//
// Observers of a run: invariants, figures, traces and reports. Called for everything in order; an
// observer changes nothing, so a run is the same with and without it. Arguments are borrowed for
// the call.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/events.h"
#include "membership/node.h"
#include "serf/events.h"
#include "serf/serf.h"
#include "sim/scenario/language/scenario.h"
#include "sim/world/network.h"
#include "wire/keyring.h"

namespace rollcall::sim {

// The cluster as observers see it, with either core. Nodes are numbered from 1.
class ClusterView {
public:
    virtual ~ClusterView() = default;
    [[nodiscard]] virtual Duration now() const = 0;  // since the start of the run
    [[nodiscard]] virtual std::uint32_t nodes() const = 0;
    [[nodiscard]] virtual const std::string& name(std::uint32_t node) const = 0;
    [[nodiscard]] virtual Endpoint endpoint(std::uint32_t node) const = 0;
    [[nodiscard]] virtual HostId host(std::uint32_t node) const = 0;
    [[nodiscard]] virtual bool running(std::uint32_t node) const = 0;
    [[nodiscard]] virtual bool paused(std::uint32_t node) const = 0;
    // How many of its processes have ended: the same during one run of a process, and in no other.
    [[nodiscard]] virtual std::uint64_t life(std::uint32_t node) const = 0;
    // The node must be running.
    [[nodiscard]] virtual const membership::Node& core(std::uint32_t node) const = 0;
    // The Serf layer of a running node; nullptr: it has none.
    [[nodiscard]] virtual const serf::Serf* serf_layer(std::uint32_t) const { return nullptr; }
    // The key of that number, 1 to kMostKeys.
    [[nodiscard]] virtual wire::Keyring::Key key(unsigned number) const = 0;
    // Keys were rotated without this node: it must be started with the keys of the others.
    [[nodiscard]] virtual bool given_up(std::uint32_t node) const = 0;
    // Neither a partition nor a cut between the two, in this direction.
    [[nodiscard]] virtual bool connected(std::uint32_t from, std::uint32_t to) const = 0;
    [[nodiscard]] virtual const Network& network() const = 0;
};

// A claim that an adversary sends: the node is dead or left, or is elsewhere, at this incarnation.
// Whoever receives it may believe it until the node refutes it.
struct Forgery {
    std::uint32_t about = 0;
    Incarnation incarnation;
    friend bool operator<(const Forgery& a, const Forgery& b) {
        return std::tie(a.about, a.incarnation) < std::tie(b.about, b.incarnation);
    }
};

class Observer {
public:
    virtual ~Observer() = default;
    // Once, before the schedule starts; a cluster that begins joined is already joined.
    virtual void begins(const ClusterView&) {}
    // Before and after a step is executed.
    virtual void before(const ClusterView&, const Step&) {}
    virtual void after(const ClusterView&, const Step&) {}
    // A core emitted an event. The core is still inside its call: read nothing but the event.
    virtual void event(const ClusterView&, std::uint32_t /*node*/, const membership::Event&) {}
    // The same for an event of the Serf layer.
    virtual void serf_event(const ClusterView&, std::uint32_t /*node*/, const serf::Event&) {}
    // A datagram is sent; whether it arrives is not yet known.
    virtual void datagram(const ClusterView&, Endpoint /*from*/, Endpoint /*to*/, Bytes) {}
    // An adversary sends it now.
    virtual void forged(const ClusterView&, const Forgery&) {}
    // Every RunOptions::sample_every; no core is inside a call.
    virtual void sample(const ClusterView&) {}
    // After the schedule; and after the healing, if the scenario has one.
    virtual void ends(const ClusterView&) {}
    virtual void healed(const ClusterView&) {}
};

}  // namespace rollcall::sim
