// SPDX-License-Identifier: Apache-2.0
//
// What was done to whom, as far as a judge must know it to be fair: since when a node runs
// undisturbed, and how far its clock may have run away from the world's.
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
    // What nobody ordered: a process that ended by itself, a pause that a heal ended.
    void sampled(const ClusterView& view);

    // The last moment at which the process was stopped, started, held up, or let go again; "now"
    // for as long as it is held up. Times since the run's beginning.
    [[nodiscard]] Duration held_up_until(std::uint32_t node, Duration now) const;
    // Held up at no moment of [from, now].
    [[nodiscard]] bool undisturbed(std::uint32_t node, Duration from, Duration now) const {
        return held_up_until(node, now) < from;
    }
    // Between two moments of the world, the most and the least that the node's clock can show.
    [[nodiscard]] Duration most_elapsed(std::uint32_t node, Duration from, Duration to) const;
    [[nodiscard]] Duration least_elapsed(std::uint32_t node, Duration from, Duration to) const;

private:
    struct Jump {
        Duration at, forward;
    };
    struct Node {
        Duration touched{-1};  // last step that stopped, started, held up or let go
        bool running = false;
        bool paused = false;
        bool slow = false;
        bool blocking = false;
        double drift = 0;  // the largest there ever was, either way: parts of one
        std::vector<Jump> jumps;
    };
    Node& at(std::uint32_t node);
    [[nodiscard]] const Node& at(std::uint32_t node) const;

    std::vector<Node> nodes_;  // by number - 1
};

}  // namespace rollcall::sim
