// SPDX-License-Identifier: Apache-2.0
//
// Who is accused wrongly: a member whose process has been running, awake and at full speed, for so
// long that no older accusation can still be under way, and whom its accuser could reach both ways
// for as long. A link that loses nearly everything is a link; a host that loses is not well.
// Whether the accuser itself was well is told apart: a sick node accuses the healthy.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/time.h"
#include "membership/config.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

class Innocence {
public:
    void begins(const ClusterView& view);
    void before(const ClusterView& view, const Step& step);
    void after(const ClusterView& view, const Step& step);
    void sample(const ClusterView& view);

    // Nothing has been wrong with it for long enough.
    [[nodiscard]] bool well(const ClusterView& view, std::uint32_t node) const;
    [[nodiscard]] bool innocent(const ClusterView& view, std::uint32_t node,
                                std::uint32_t accuser) const;
    // How long that is: the longest suspicion in a cluster of that size, and its gossip.
    [[nodiscard]] static Duration long_enough(const membership::Config& config, unsigned nodes);

private:
    struct Condition {
        bool ever_unwell = false;
        Duration unwell_until{};  // if ever
        bool slow = false, blocking = false, losing = false, narrow = false;
    };
    void look(const ClusterView& view, std::uint32_t node);
    void look_at_all(const ClusterView& view);
    void moved(const ClusterView& view, const Nodes& who);
    void note_cuts(const ClusterView& view);

    std::vector<Condition> nodes_;  // by number - 1
    // By pair, the smaller number first: when it was last found cut.
    std::map<std::pair<std::uint32_t, std::uint32_t>, Duration> cut_;
    Duration long_enough_{};
};

}  // namespace rollcall::sim
