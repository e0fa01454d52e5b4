// SPDX-License-Identifier: Apache-2.0
//
// Faults that invariants must take into account: since when a node runs undisturbed and with the
// scenario's timings, and how far its clock may differ from the world's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

class Disturbances {
public:
    void begins(const ClusterView& view);
    void stepped(const ClusterView& view, const Step& step);
    // Finds changes without a step: a process that ended after its leave, a pause that healing
    // ended.
    void sampled(const ClusterView& view);
    void tuned(const ClusterView& view, std::uint32_t node, const serf::TimingsTuned& event);

    // The last time at which the process was stopped, started, delayed, released, or tuned; `now`
    // while it is delayed or tuned. Times since the start of the run.
    [[nodiscard]] Duration held_up_until(std::uint32_t node, Duration now) const;
    // Delayed at no time in [from, now].
    [[nodiscard]] bool undisturbed(std::uint32_t node, Duration from, Duration now) const {
        return held_up_until(node, now) < from;
    }
    // Its timings were those of the scenario since `from`, not changed by an operator (L6).
    [[nodiscard]] bool untuned(std::uint32_t node, Duration from) const {
        return !at(node).tuned && at(node).tuned_until < from;
    }
    // The most and the least time that the node's clock can measure between two world times.
    [[nodiscard]] Duration most_elapsed(std::uint32_t node, Duration from, Duration to) const;
    [[nodiscard]] Duration least_elapsed(std::uint32_t node, Duration from, Duration to) const;

private:
    struct Jump {
        Duration at, forward;
    };
    struct Node {
        Duration touched{-1};  // last step that stopped, started, delayed or released it
        bool running = false;
        bool paused = false;
        bool slow = false;
        bool blocking = false;
        bool tuned = false;
        Duration tuned_until{-1};
        double drift = 0;  // the largest so far, in either direction: parts of one
        std::vector<Jump> jumps;
    };
    Node& at(std::uint32_t node);
    [[nodiscard]] const Node& at(std::uint32_t node) const;

    std::vector<Node> nodes_;  // by number - 1
};

}  // namespace rollcall::sim
