// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/rapid/cluster.h"

#include "sim/papers/swim/prototype.h"
#include "sim/papers/swim/published.h"

namespace rollcall::sim::papers {

using namespace std::chrono_literals;

membership::Config memberlist_of_2018(bool compress) {
    membership::Config config = as_published(membership::Config::lan());
    config.layers.compress = compress;
    config.layers.compress_from = 0;  // as Go peers do
    config.pause_threshold = 1h;
    config.max_streams_accepted = config.max_streams_per_source = 65536;
    config.max_push_pulls = 65536;
    config.variant.sparing_counts = false;
    config.variant.confirmations = 2;
    return config;
}

RapidCluster::RapidCluster(unsigned members, std::uint64_t seed, bool compress)
    : cluster{on_local_network(members, seed, memberlist_of_2018(compress))},
      members_{members},
      sizes_(members) {}

void RapidCluster::bootstrap() {
    cluster.nodes()[0]->start();
    cluster.run_for(kHeadStart);
    for (unsigned i = 1; i < members_; ++i) {
        cluster.nodes()[i]->start();
        cluster.nodes()[i]->join(cluster.nodes()[0]->endpoint());
    }
}

void RapidCluster::begin_whole() {
    cluster.start();
    acquaint(cluster, 30s);
}

const std::vector<unsigned>& RapidCluster::next_second() {
    cluster.run_for(1s);
    for (unsigned i = 0; i < members_; ++i) {
        const auto& process = *cluster.nodes()[i];
        sizes_[i] = process.running() ? process.node().alive_count() : 0;
    }
    return sizes_;
}

std::vector<std::string> RapidCluster::last_ten() const {
    std::vector<std::string> names;
    for (unsigned i = members_ - 10; i < members_; ++i) names.push_back(cluster.nodes()[i]->name());
    return names;
}

}  // namespace rollcall::sim::papers
