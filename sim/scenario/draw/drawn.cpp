// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/drawn.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/rng.h"
#include "membership/push_pull.h"
#include "sim/scenario/draw/attacks.h"
#include "sim/scenario/draw/faults.h"
#include "sim/scenario/draw/lost_leaves.h"
#include "sim/scenario/draw/serf_traffic.h"

namespace rollcall::sim {
namespace {

using membership::Config;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Makes the scenario's random numbers differ from those of the run.
constexpr std::uint64_t kScenarioSalt = 0x5eedf00d;

unsigned drawn_between(Rng& rng, unsigned least, unsigned most) {
    return least + static_cast<unsigned>(rng.below(most - least + 1));
}
template <class T>
T drawn_one_of(Rng& rng, std::initializer_list<T> values) {
    return values.begin()[rng.below(values.size())];
}
bool drawn_chance(Rng& rng, unsigned percent) {
    return rng.below(100) < percent;
}

// Mostly small clusters: they run fast, and most bugs show with few nodes.
unsigned draw_nodes(Rng& rng, const DrawLimits& limits) {
    const std::uint64_t size = rng.below(100);
    const auto [least, most] = size < 45   ? std::pair{3u, 5u}
                               : size < 82 ? std::pair{6u, 10u}
                               : size < 96 ? std::pair{11u, 20u}
                                           : std::pair{21u, 50u};
    return std::clamp(drawn_between(rng, least, most), limits.fewest_nodes, limits.most_nodes);
}

Config draw_profile(Rng& rng, const DrawLimits& limits) {
    const std::uint64_t kind = rng.below(100);
    Config config = kind < 36   ? Config::lan()
                    : kind < 60 ? Config::fast()
                    : kind < 64 ? Config::fast_wan()
                    : kind < 88 ? Config::local()
                                : Config::wan();
    if (!limits.profile.empty()) config = Config::of_profile(limits.profile).value();
    if (drawn_chance(rng, 50)) return config;
    // Settings that operators change, each at some of its values.
    if (drawn_chance(rng, 25)) config.indirect_checks = drawn_one_of(rng, {0u, 1u, 2u});
    if (drawn_chance(rng, 20) && !config.fast_verdicts) config.tcp_pings = false;
    if (drawn_chance(rng, 25)) config.detection_span = milliseconds{drawn_between(rng, 1000, 5000)};
    if (drawn_chance(rng, 15)) config.ring_watch = !config.ring_watch;
    if (drawn_chance(rng, 25)) config.suspicion_mult = drawn_between(rng, 2, 6);
    if (drawn_chance(rng, 20)) config.suspicion_max_timeout_mult = drawn_between(rng, 1, 6);
    if (drawn_chance(rng, 20)) config.awareness_max_multiplier = drawn_between(rng, 1, 8);
    if (drawn_chance(rng, 25)) config.gossip_to_the_dead = seconds{drawn_between(rng, 4, 30)};
    if (drawn_chance(rng, 30)) config.dead_node_reclaim = seconds{drawn_between(rng, 1, 10)};
    if (drawn_chance(rng, 25)) config.push_pull_interval = seconds{drawn_between(rng, 3, 30)};
    if (drawn_chance(rng, 15)) config.gossip_nodes = drawn_between(rng, 1, 5);
    if (drawn_chance(rng, 15)) config.retransmit_mult = drawn_between(rng, 3, 6);
    if (drawn_chance(rng, 15)) config.packet_size = drawn_between(rng, 512, 1400);
    if (drawn_chance(rng, 20)) config.layers.compress = false;
    ROLLCALL_CHECK(config.gossip_interval > Duration{});
    return config;
}

// Some of the members run Serf, so to speak.
Nodes draw_published(Rng& rng, unsigned nodes) {
    Nodes who;
    const unsigned percent = drawn_one_of(rng, {10u, 50u, 90u});
    for (std::uint32_t n = 1; n <= nodes; ++n) {
        if (drawn_chance(rng, percent)) who.push_back(n);
    }
    return who;
}

LinkQuality draw_links(Rng& rng, const Config& config) {
    LinkQuality links;
    // Round trips stay well within the ping's timeout: a slower network counts as a fault.
    const Duration slowest = config.probe_timeout / 4;
    const Duration fastest = std::min<Duration>(slowest, std::chrono::microseconds{200});
    const auto draw_latency = [&] {
        return fastest + Duration{static_cast<Duration::rep>(rng.below(
                             static_cast<std::uint64_t>((slowest - fastest).count()) + 1))};
    };
    switch (rng.below(3)) {
        case 0:
            links.latency_min = links.latency_max = draw_latency();
            break;
        case 1: {
            const Duration high = draw_latency();
            links.latency_min = std::min(fastest, high);
            links.latency_max = high;
            break;
        }
        default:
            break;
    }
    const std::uint64_t quality = rng.below(100);
    if (quality >= 50) links.loss = static_cast<double>(rng.below(quality < 85 ? 20 : 100)) / 1000;
    if (drawn_chance(rng, 10)) {
        links.bursts = Bursts{.good = seconds{drawn_between(rng, 5, 30)},
                              .bad = milliseconds{drawn_between(rng, 50, 400)},
                              .loss_bad = static_cast<double>(drawn_between(rng, 3, 10)) / 10};
    }
    if (drawn_chance(rng, 25)) links.duplication = static_cast<double>(rng.below(100)) / 1000;
    if (drawn_chance(rng, 25)) links.reordering = static_cast<double>(rng.below(300)) / 1000;
    return links;
}

double scale_of(unsigned entries) {
    return std::max(1.0, std::log10(static_cast<double>(entries)));
}

Duration time_to_detect_with(const Config& config, unsigned nodes) {
    const unsigned entries = 2 * nodes;  // former names are entries too
    const double suspicion =
        scale_of(entries) * config.suspicion_mult * std::max(1u, config.suspicion_max_timeout_mult);
    // Rule F4: what a vigil does not decide takes the time of the slow track.
    const Duration unit = membership::slow_interval(config);
    // Rule F7: every second probe goes to the same member.
    const std::int64_t passes = (config.ring_watch ? 4 : 2) * entries;
    // A member that is considered dead and missed that gossip learns of it by push/pull. Each node
    // has one per interval, with a random peer: three intervals suffice almost certainly.
    return unit * static_cast<std::int64_t>(suspicion) + config.probe_interval * passes +
           membership::push_pull_wait(config.push_pull_interval, entries) * 3 + seconds{10};
}

}  // namespace

Duration time_to_detect(const Scenario& scenario) {
    const Duration usual = time_to_detect_with(scenario.profile, scenario.nodes);
    if (scenario.published.empty()) return usual;
    return std::max(usual, time_to_detect_with(published_lan(), scenario.nodes));
}

Duration time_to_move(const Scenario& scenario) {
    const Config& config = scenario.profile;
    const Config published = published_lan();
    const bool mixed = !scenario.published.empty();
    const Duration interval =
        mixed ? std::max(config.probe_interval, published.probe_interval) : config.probe_interval;
    const Duration keeps = mixed ? std::max(config.gossip_to_the_dead, published.gossip_to_the_dead)
                                 : config.gossip_to_the_dead;
    const std::int64_t pass = (config.ring_watch ? 4 : 2) * scenario.nodes;
    return time_to_detect(scenario) + keeps + interval * pass + seconds{10};
}

Scenario draw(std::uint64_t seed, const DrawLimits& limits) {
    ROLLCALL_CHECK(limits.fewest_nodes >= DrawLimits::kFewest &&
                   limits.fewest_nodes <= limits.most_nodes &&
                   limits.most_nodes <= DrawLimits::kMost);
    Rng rng{seed ^ kScenarioSalt};
    Scenario scenario;
    scenario.name = "drawn-" + std::to_string(seed);
    scenario.why = "Drawn from seed " + std::to_string(seed) +
                   ": every invariant holds whatever happens, and in the end all nodes agree.";
    scenario.nodes = draw_nodes(rng, limits);
    if (limits.kind == DrawKind::serf_traffic) {
        draw_serf_traffic(rng, scenario);
        return scenario;
    }
    if (limits.kind == DrawKind::lost_leaves) {
        draw_lost_leaves(rng, scenario);
        return scenario;
    }
    if (limits.kind == DrawKind::attacks) {
        scenario.why = "Drawn from seed " + std::to_string(seed) +
                       ": whatever the adversary does, all views are right a minute later.";
        draw_attacks(rng, scenario);
        return scenario;
    }
    scenario.profile = draw_profile(rng, limits);
    if (scenario.profile.fast_verdicts && drawn_chance(rng, 30)) {
        scenario.published = draw_published(rng, scenario.nodes);
    }
    scenario.links = draw_links(rng, scenario.profile);
    scenario.encrypted = drawn_chance(rng, 8);
    scenario.serf = drawn_chance(rng, 8);
    if (drawn_chance(rng, 20)) scenario.wake_delay = milliseconds{drawn_between(rng, 1, 20)};
    const std::uint64_t beginning = rng.below(10);
    scenario.beginning = beginning < 8    ? Beginning::joined
                         : beginning == 8 ? Beginning::alone
                                          : Beginning::stopped;

    draw_faults(rng, scenario);
    return scenario;
}

}  // namespace rollcall::sim
