// SPDX-License-Identifier: Apache-2.0
//
// What happens to the network between processes: partitions, cuts, other links, loss at a host, and
// less bandwidth.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario/run/numbered_cluster.h"

namespace rollcall::sim {

template <class Core>
class LinkActions {
public:
    explicit LinkActions(NumberedCluster<Core>& cluster)
        : cluster_{cluster}, narrow_(cluster.nodes(), false) {}

    void apply(const action::Partition& a) {
        std::vector<std::vector<std::string>> groups;
        for (const Nodes& group : a.groups) groups.push_back(cluster_.names(group));
        cluster_.sim().links().partition(groups);
    }
    void apply(const action::Cut& a) {
        cluster_.sim().links().cut_groups_one_way(cluster_.names(a.from), cluster_.names(a.to),
                                                  a.because);
    }
    void apply(const action::Mend& a) {
        cluster_.sim().links().mend_groups_one_way(cluster_.names(a.from), cluster_.names(a.to));
    }
    void apply(const action::SetLinks& a) { cluster_.sim().links().set_links(a.quality); }
    void apply(const action::SetLink& a) {
        for (const std::uint32_t from : a.from) {
            for (const std::uint32_t to : a.to) {
                if (from == to) continue;
                cluster_.sim().links().set_link(cluster_.name(from), cluster_.name(to), a.quality);
            }
        }
    }
    void apply(const action::HostLoss& a) {
        for (const std::uint32_t n : a.who) {
            cluster_.sim().links().set_host_loss(cluster_.name(n),
                                                 {.egress = a.egress, .ingress = a.ingress});
        }
    }
    void apply(const action::Narrow& a) {
        for (const std::uint32_t n : a.who) {
            narrow_[n - 1] = true;
            cluster_.sim().links().set_bandwidth(cluster_.name(n), a.bandwidth);
        }
    }
    void apply(const action::Heal&) { cluster_.sim().links().heal(); }

    // Its host has a bandwidth, or had one.
    [[nodiscard]] bool narrow(std::uint32_t n) const { return narrow_[n - 1]; }

private:
    NumberedCluster<Core>& cluster_;
    std::vector<bool> narrow_;  // by number - 1
};

}  // namespace rollcall::sim
