// SPDX-License-Identifier: Apache-2.0
//
// What ails members that are alive: all the time, or in turns. None of it is a crash, so nobody
// should declare them failed, and healthy members least of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "sim/cluster/cluster.h"

namespace rollcall::sim::papers {

struct Illness {
    enum class Kind : std::uint8_t {
        none,
        stopped,        // the process; its host's kernel still takes connections
        frozen,         // the whole host
        slow,           // 75 to 225 ms for each piece of input
        deaf,           // loses 90 % of what is sent to it
        mute,           // loses 90 % of what it sends
        isolated,       // its network is gone, and it runs on
        cut_from_half,  // half of the others do not reach it, nor it them
        cut_from_most,  // four fifths of them
    };
    Kind kind = Kind::none;
    // In turns, each member with a phase of its own; `well` 0: all the time.
    Duration ill{}, well{};
};

// Makes members of one cluster ill, and well again.
class Ward {
public:
    using Cluster = SimCluster<membership::Node>;

    Ward(Cluster& cluster, std::uint64_t seed) : cluster_{cluster}, dice_{seed} {}

    // From now on, in turns where the illness has them. `who`: places in Cluster::nodes().
    void afflict(const std::vector<std::size_t>& who, const Illness& illness);
    // At once. A process that does not run is left alone.
    void fall_ill(std::size_t who, Illness::Kind kind);
    void recover(std::size_t who, Illness::Kind kind);

private:
    void take_turns(std::size_t who, const Illness& illness, bool ill);
    // Both ways, from the first `share` of the others in an order of its own.
    void cut(std::size_t who, double share, bool cut);

    Cluster& cluster_;
    Rng dice_;
};

}  // namespace rollcall::sim::papers
