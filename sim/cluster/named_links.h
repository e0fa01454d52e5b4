// SPDX-License-Identifier: Apache-2.0
//
// What happens to the network between the nodes of a cluster, by their names. Every change is noted
// in the chronicle. Names must be those of nodes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "sim/cluster/chronicle.h"
#include "sim/world/network.h"
#include "sim/world/timetable.h"
#include "sim/world/world.h"

namespace rollcall::sim {

class NamedLinks {
public:
    using Names = std::vector<std::string>;
    using HostOf = std::function<HostId(std::string_view name)>;

    NamedLinks(World& world, Network& network, Timetable& timetable, Chronicle& chronicle,
               HostOf host_of)
        : world_{world},
          network_{network},
          timetable_{timetable},
          chronicle_{chronicle},
          host_of_{std::move(host_of)} {}
    NamedLinks(const NamedLinks&) = delete;
    NamedLinks& operator=(const NamedLinks&) = delete;

    void partition(const std::vector<Names>& groups);
    // One direction, a pair, and all pairs of two groups. Cuts are independent of each other and of
    // partitions; mending restores only what is named.
    void cut_one_way(std::string_view from, std::string_view to);
    void mend_one_way(std::string_view from, std::string_view to);
    void cut(std::string_view a, std::string_view b);
    void mend(std::string_view a, std::string_view b);  // and ends their flapping
    void cut_groups_one_way(const Names& from, const Names& to, Links::Reason because = {});
    void mend_groups_one_way(const Names& from, const Names& to);
    void cut_between(const Names& a, const Names& b);
    void mend_between(const Names& a, const Names& b);
    // The pair is cut for `down`, whole for `up`, and so on until it is mended or all is healed.
    // Both above 0.
    void flap(std::string_view a, std::string_view b, Duration down, Duration up);
    void set_links(const LinkQuality& everywhere);
    void set_link(std::string_view from, std::string_view to, const LinkQuality& quality);
    // The loss of one host in each direction, and the bandwidth of its interface.
    void set_host_loss(std::string_view name, const HostLoss& loss);
    void set_bandwidth(std::string_view name, const Bandwidth& bandwidth);
    // Ends partitions, cuts, flapping, special links and hosts' losses; bandwidths stay.
    void heal();

private:
    struct Flap {
        HostId a = 0, b = 0;
        Duration down{}, up{};
        bool ended = false;
    };
    [[nodiscard]] HostId host_of(std::string_view name) const { return host_of_(name); }
    [[nodiscard]] std::vector<HostId> hosts_of(const Names& names) const;
    void toggle(const std::shared_ptr<Flap>& flap, bool down);
    void end_flapping(HostId a, HostId b);
    void note(std::string text);

    World& world_;
    Network& network_;
    Timetable& timetable_;
    Chronicle& chronicle_;
    HostOf host_of_;
    std::vector<std::shared_ptr<Flap>> flaps_;
};

}  // namespace rollcall::sim
