// SPDX-License-Identifier: Apache-2.0
//
// Which accusations are false: those of a member whose process has been running, awake and at full
// speed, and reachable by its accuser in both directions, for so long that no older accusation can
// still be in flight. A link that loses nearly everything counts as reachable; a lossy host is not
// healthy. The health of the accuser is reported separately: an impaired node accuses healthy ones.
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

class HealthTracker {
public:
    void begins(const ClusterView& view);
    void before(const ClusterView& view, const Step& step);
    void after(const ClusterView& view, const Step& step);
    void sample(const ClusterView& view);

    // The node has not been impaired for long_enough().
    [[nodiscard]] bool healthy(const ClusterView& view, std::uint32_t node) const;
    [[nodiscard]] bool accusation_is_false(const ClusterView& view, std::uint32_t node,
                                           std::uint32_t accuser) const;
    // The longest suspicion in a cluster of that size, and its gossip.
    [[nodiscard]] static Duration long_enough(const membership::Config& config, unsigned nodes);

private:
    struct Condition {
        bool ever_impaired = false;
        Duration impaired_until{};  // if ever
        bool slow = false, blocking = false, losing = false, narrow = false;
    };
    void update(const ClusterView& view, std::uint32_t node);
    void update_all(const ClusterView& view);
    void moved(const ClusterView& view, const Nodes& who);
    void note_cuts(const ClusterView& view);

    std::vector<Condition> nodes_;  // by number - 1
    // By pair, the smaller number first: when it was last seen cut.
    std::map<std::pair<std::uint32_t, std::uint32_t>, Duration> cut_;
    Duration long_enough_{};
};

}  // namespace rollcall::sim
