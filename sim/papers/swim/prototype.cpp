// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/swim/prototype.h"

#include <utility>
#include <vector>

#include "base/check.h"
#include "sim/papers/swim/published.h"

namespace rollcall::sim::papers {

using namespace std::chrono_literals;

membership::Config swim_prototype(unsigned relays) {
    membership::Config config = as_published();
    config.probe_interval = kSwimPeriod;
    config.probe_timeout = 50ms;  // many round trips of the local network
    config.indirect_checks = relays;
    config.tcp_pings = false;
    config.awareness_max_multiplier = 1;
    config.suspicion_mult = 3;
    config.suspicion_max_timeout_mult = 1;
    config.retransmit_mult = 3;
    config.gossip_interval = {};
    config.push_pull_interval = {};
    config.gossip_to_the_dead = 24h;  // dead members are not reaped
    config.pause_threshold = 1h;
    config.variant = {.buddy = false,
                      .nacks = false,
                      .sparing_counts = false,
                      .confirmations = 0,
                      .natural_logarithms = true,
                      .max_updates = 6,
                      .looking = config.variant.looking};
    return config;
}

membership::Config swim_with_suspicion() {
    membership::Config config = swim_prototype();
    config.variant.deaths_are_final = true;
    return config;
}

membership::Config swim_infection() {
    membership::Config config = swim_with_suspicion();
    config.variant.suspicion = false;
    return config;
}

membership::Config swim_basic() {
    membership::Config config = swim_infection();
    config.variant.multicast = true;
    return config;
}

LinkQuality local_network(double loss) {
    auto latency = Latency::log_normal(100us, 1ms);
    ROLLCALL_CHECK(static_cast<bool>(latency));
    return {.latency = *latency, .loss = loss};
}

ClusterOptions<membership::Node> on_local_network(unsigned members, std::uint64_t seed,
                                                  membership::Config profile, double loss) {
    return {.nodes = members,
            .seed = seed,
            .profile = std::move(profile),
            .links = local_network(loss),
            .keep_story = false};
}

void acquaint(SimCluster<membership::Node>& cluster, Duration settle) {
    std::vector<membership::KnownMember> known;
    for (const auto& node : cluster.nodes()) {
        const membership::Member me = node->node().self_member();
        known.push_back({.claim = {.node = me.name(),
                                   .incarnation = me.incarnation,
                                   .address = me.address(),
                                   .port = me.port(),
                                   .versions = me.versions()}});
    }
    for (const auto& node : cluster.nodes()) {
        node->command([&](membership::Node& core, Time now, membership::Outbox&) {
            return core.adopt_members(now, known);
        });
    }
    cluster.run_for(settle);
    ROLLCALL_CHECK(cluster.converged());
}

}  // namespace rollcall::sim::papers
