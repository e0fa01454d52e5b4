// SPDX-License-Identifier: Apache-2.0
//
// Who watches a run: invariants, figures, traces and reports. Told of everything in order; changes
// nothing, so a watched run and an unwatched one are the same run. What is handed over is borrowed
// for the call.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "membership/events.h"
#include "membership/node.h"
#include "serf/events.h"
#include "sim/scenario/language/scenario.h"
#include "sim/world/network.h"
#include "wire/keyring.h"

namespace rollcall::sim {

// The cluster as observers see it, whichever core it runs. Nodes by number from 1.
class ClusterView {
public:
    virtual ~ClusterView() = default;
    [[nodiscard]] virtual Duration now() const = 0;  // since the run's beginning
    [[nodiscard]] virtual std::uint32_t nodes() const = 0;
    [[nodiscard]] virtual const std::string& name(std::uint32_t node) const = 0;
    [[nodiscard]] virtual Endpoint endpoint(std::uint32_t node) const = 0;
    [[nodiscard]] virtual HostId host(std::uint32_t node) const = 0;
    [[nodiscard]] virtual bool running(std::uint32_t node) const = 0;
    [[nodiscard]] virtual bool paused(std::uint32_t node) const = 0;
    // Rises whenever its process starts or ends.
    [[nodiscard]] virtual std::uint64_t life(std::uint32_t node) const = 0;
    // Only of a running node.
    [[nodiscard]] virtual const membership::Node& core(std::uint32_t node) const = 0;
    // The key of that number, 1 to kMostKeys.
    [[nodiscard]] virtual wire::Keyring::Key key(unsigned number) const = 0;
    // Keys were rotated without it: it is to be started with those of the others.
    [[nodiscard]] virtual bool given_up(std::uint32_t node) const = 0;
    // Neither a partition nor a cut between the two, in this direction.
    [[nodiscard]] virtual bool connected(std::uint32_t from, std::uint32_t to) const = 0;
    [[nodiscard]] virtual const Network& network() const = 0;
};

class Observer {
public:
    virtual ~Observer() = default;
    // Once, before time begins to count: a cluster that begins joined is joined by now.
    virtual void begins(const ClusterView&) {}
    // A step is about to be carried out; it has been.
    virtual void before(const ClusterView&, const Step&) {}
    virtual void after(const ClusterView&, const Step&) {}
    // A core told an event. The core is still inside its call: look at nothing but the event.
    virtual void event(const ClusterView&, std::uint32_t /*node*/, const membership::Event&) {}
    // The same for an event of the Serf layer.
    virtual void serf_event(const ClusterView&, std::uint32_t /*node*/, const serf::Event&) {}
    // A datagram leaves; what becomes of it is not known yet.
    virtual void datagram(const ClusterView&, Endpoint /*from*/, Endpoint /*to*/, Bytes) {}
    // Every RunOptions::sample_every; no core is inside a call.
    virtual void sample(const ClusterView&) {}
    // The scheduled part is over; then, if the scenario heals, the healing too.
    virtual void ends(const ClusterView&) {}
    virtual void healed(const ClusterView&) {}
};

}  // namespace rollcall::sim
