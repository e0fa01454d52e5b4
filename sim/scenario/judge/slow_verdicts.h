// SPDX-License-Identifier: Apache-2.0
//
// When a node last put off a verdict that was due: its gate was closed (rule F6), or the suspect
// answered its last word (F5). Neither has an event, so both are read from its counters.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "sim/scenario/judge/invariant.h"

namespace rollcall::sim {

class SlowVerdicts {
public:
    void sampled(const Scene& scene) {
        nodes_.resize(scene.view.nodes());
        for (std::uint32_t n = 1; n <= scene.view.nodes(); ++n) {
            if (!scene.view.running(n)) continue;
            const membership::Stats& stats = scene.view.core(n).stats();
            const std::uint64_t count = stats.verdicts_held + stats.last_words_answered;
            Node& node = nodes_[n - 1];
            if (count != node.count) node = {count, scene.view.now()};
        }
    }
    // Since the start of the run; before it: never.
    [[nodiscard]] Duration last(std::uint32_t node) const {
        return node > nodes_.size() ? kNever : nodes_[node - 1].at;
    }

private:
    static constexpr Duration kNever{-1};
    struct Node {
        std::uint64_t count = 0;
        Duration at = kNever;
    };
    std::vector<Node> nodes_;  // by number - 1
};

}  // namespace rollcall::sim
