// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/fast/network.h"

#include <charconv>

#include "base/check.h"
#include "sim/papers/swim/published.h"

namespace rollcall::sim::papers {

using namespace std::chrono_literals;

LinkQuality comparison_links(bool distant) {
    auto latency = distant ? Latency::log_normal(100ms, 120ms) : Latency::log_normal(300us, 3ms);
    ROLLCALL_CHECK(static_cast<bool>(latency));
    return {.latency = *latency};
}

ClusterOptions<membership::Node> comparison_cluster(const ComparedProfile& profile,
                                                    unsigned members, std::uint64_t seed,
                                                    const LinkQuality& links) {
    ClusterOptions<membership::Node> options{.nodes = members,
                                             .seed = seed,
                                             .profile = profile.config,
                                             .links = links,
                                             .wake_delay = 5ms,
                                             .keep_story = false};
    if (profile.one_in == 1) return options;
    options.tweak = [one_in = profile.one_in](membership::Config& config, unsigned number) {
        if (number % one_in == 1) return;
        const membership::Config own = std::move(config);
        config = as_published(membership::Config::lan());
        config.name = own.name;
        config.address = own.address;
        config.port = own.port;
        config.bind_port = own.bind_port;
    };
    return options;
}

void begin_in_peace(SimCluster<membership::Node>& cluster) {
    cluster.start();
    cluster.acquaint();
    cluster.run_for(15s);
}

std::size_t place_of(std::string_view name) {
    std::size_t number = 0;
    const auto read = std::from_chars(name.data() + 1, name.data() + name.size(), number);
    ROLLCALL_CHECK(read.ec == std::errc{} && number > 0);
    return number - 1;
}

double seconds_of(Duration time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace rollcall::sim::papers
