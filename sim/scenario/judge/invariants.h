// SPDX-License-Identifier: Apache-2.0
//
// Every invariant, watching one run: give it to RunOptions::observers, or to the runner's own
// switch, and ask for the violations afterwards (or in between). Tells what it hears to each
// invariant, with the ledger as it stands after the event. docs/simulation.md has the list.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "sim/scenario/judge/invariant.h"
#include "sim/world/entropy.h"
#include "wire/keyring.h"
#include "wire/packet.h"

namespace rollcall::sim {

class Invariants final : public Observer {
public:
    // `scenario` is borrowed. `keys`: all that the cluster may use, so that its datagrams can be
    // read; empty: they are not encrypted, or stay unread when they are.
    explicit Invariants(const Scenario& scenario, std::span<const wire::Keyring::Key> keys = {});

    // The first of them, in order; found() counts all.
    [[nodiscard]] const std::vector<Violation>& violations() const { return findings_.kept(); }
    [[nodiscard]] std::uint64_t found() const { return findings_.found(); }
    // By name, in the order of the documentation.
    [[nodiscard]] std::vector<std::string> names() const;

    void begins(const ClusterView& view) override;
    void after(const ClusterView& view, const Step& step) override;
    void event(const ClusterView& view, std::uint32_t node,
               const membership::Event& event) override;
    void serf_event(const ClusterView& view, std::uint32_t node, const serf::Event& event) override;
    void datagram(const ClusterView& view, Endpoint from, Endpoint to, Bytes bytes) override;
    void sample(const ClusterView& view) override;
    void ends(const ClusterView& view) override;
    void healed(const ClusterView& view) override;

private:
    [[nodiscard]] std::uint32_t node_at(const ClusterView& view, const Endpoint& place);
    void learn_places(const ClusterView& view);
    [[nodiscard]] Scene scene(const ClusterView& view) const {
        return {view, scenario_, ledger_, faults_};
    }

    const Scenario& scenario_;
    Findings findings_;
    Ledger ledger_;
    Disturbances faults_;
    InvariantList list_;
    std::unordered_map<Endpoint, std::uint32_t, EndpointHash> places_;  // looked up, never walked
    SeededEntropy entropy_{0};
    wire::PacketCodec codec_;
    bool readable_;
    bool begun_ = false;
};

}  // namespace rollcall::sim
