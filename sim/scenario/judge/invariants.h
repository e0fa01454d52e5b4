// SPDX-License-Identifier: Apache-2.0
//
// All invariants, for one run: add it to RunOptions::observers, or use the runner's switch, and
// read the violations during or after the run. Passes each event to every invariant, with the
// ledger as it is after the event. docs/simulation.md has the list.
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
    // `scenario` is borrowed. `keys`: all keys that the cluster may use, for reading its datagrams;
    // empty: encrypted datagrams are not read.
    explicit Invariants(const Scenario& scenario, std::span<const wire::Keyring::Key> keys = {});

    // The first few of each invariant, in order; found() counts all.
    [[nodiscard]] const std::vector<Violation>& violations() const { return findings_.kept(); }
    [[nodiscard]] std::uint64_t found() const { return findings_.found(); }
    // All names, in the order of the documentation.
    [[nodiscard]] std::vector<std::string> names() const;

    void begins(const ClusterView& view) override;
    void after(const ClusterView& view, const Step& step) override;
    void event(const ClusterView& view, std::uint32_t node,
               const membership::Event& event) override;
    void serf_event(const ClusterView& view, std::uint32_t node, const serf::Event& event) override;
    void datagram(const ClusterView& view, Endpoint from, Endpoint to, Bytes bytes) override;
    void forged(const ClusterView& view, const Forgery& forgery) override;
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
