// SPDX-License-Identifier: Apache-2.0
//
// The adversary of a run: created when the run begins, so that a scenario without one is the same
// run as ever.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sim/scenario/attack/adversary.h"
#include "sim/scenario/run/numbered_cluster.h"

namespace rollcall::sim {

template <class Core>
class AttackActions {
public:
    AttackActions(NumberedCluster<Core>& cluster, const Scenario& scenario, std::uint64_t seed)
        : cluster_{cluster}, scenario_{scenario}, seed_{seed} {}

    // `forged` is called for each forged death, while the run goes on.
    void begin_run(const std::function<void(const Forgery&)>& forged) {
        if (!scenario_.adversary.present) return;
        adversary_ = std::make_unique<Adversary>(
            Adversary::Around{
                .view = cluster_,
                .network = cluster_.sim().network(),
                .streams = cluster_.sim().streams(),
                .forged = forged,
            },
            scenario_, seed_);
    }
    void apply(const action::Attack& a) {
        if (adversary_) adversary_->begin(a);
    }
    void apply(const action::Retreat& a) {
        if (adversary_) adversary_->end(a.kind);
    }
    [[nodiscard]] bool attacked() const { return adversary_ && adversary_->attacks(); }

private:
    NumberedCluster<Core>& cluster_;
    const Scenario& scenario_;
    std::uint64_t seed_;
    std::unique_ptr<Adversary> adversary_;
};

}  // namespace rollcall::sim
