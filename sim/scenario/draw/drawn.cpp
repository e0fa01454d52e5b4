// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/drawn.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/rng.h"
#include "membership/push_pull.h"
#include "sim/scenario/draw/faults.h"
#include "sim/scenario/draw/news.h"

namespace rollcall::sim {
namespace {

using membership::Config;
using std::chrono::milliseconds;
using std::chrono::seconds;

// So that scenario and run do not share their dice.
constexpr std::uint64_t kScenarioDice = 0x5eedf00d;

unsigned drawn_between(Rng& dice, unsigned least, unsigned most) {
    return least + static_cast<unsigned>(dice.below(most - least + 1));
}
template <class T>
T drawn_one_of(Rng& dice, std::initializer_list<T> values) {
    return values.begin()[dice.below(values.size())];
}
bool drawn_chance(Rng& dice, unsigned percent) {
    return dice.below(100) < percent;
}

// Mostly small clusters: they are quick, and most mistakes need few to be seen.
unsigned draw_nodes(Rng& dice, const DrawLimits& limits) {
    const std::uint64_t size = dice.below(100);
    const auto [least, most] = size < 45   ? std::pair{3u, 5u}
                               : size < 82 ? std::pair{6u, 10u}
                               : size < 96 ? std::pair{11u, 20u}
                                           : std::pair{21u, 50u};
    return std::clamp(drawn_between(dice, least, most), limits.fewest_nodes, limits.most_nodes);
}

Config draw_profile(Rng& dice) {
    const std::uint64_t kind = dice.below(100);
    Config config = kind < 60 ? Config::lan() : kind < 88 ? Config::local() : Config::wan();
    if (drawn_chance(dice, 50)) return config;
    // Settings that operators change; each at some of its values.
    if (drawn_chance(dice, 25)) config.indirect_checks = drawn_one_of(dice, {0u, 1u, 2u});
    if (drawn_chance(dice, 20)) config.tcp_pings = false;
    if (drawn_chance(dice, 25)) config.suspicion_mult = drawn_between(dice, 2, 6);
    if (drawn_chance(dice, 20)) config.suspicion_max_timeout_mult = drawn_between(dice, 1, 6);
    if (drawn_chance(dice, 20)) config.awareness_max_multiplier = drawn_between(dice, 1, 8);
    if (drawn_chance(dice, 25)) config.gossip_to_the_dead = seconds{drawn_between(dice, 4, 30)};
    if (drawn_chance(dice, 30)) config.dead_node_reclaim = seconds{drawn_between(dice, 1, 10)};
    if (drawn_chance(dice, 25)) config.push_pull_interval = seconds{drawn_between(dice, 3, 30)};
    if (drawn_chance(dice, 15)) config.gossip_nodes = drawn_between(dice, 1, 5);
    if (drawn_chance(dice, 15)) config.retransmit_mult = drawn_between(dice, 3, 6);
    if (drawn_chance(dice, 15)) config.packet_size = drawn_between(dice, 512, 1400);
    if (drawn_chance(dice, 20)) config.layers.compress = false;
    ROLLCALL_CHECK(config.gossip_interval > Duration{});
    return config;
}

LinkQuality draw_links(Rng& dice, const Config& config) {
    LinkQuality links;
    // Round trips stay well within the ping's timeout: what is slower is a fault, not a network.
    const Duration slowest = config.probe_timeout / 4;
    const Duration fastest = std::min<Duration>(slowest, std::chrono::microseconds{200});
    const auto draw_latency = [&] {
        return fastest + Duration{static_cast<Duration::rep>(dice.below(
                             static_cast<std::uint64_t>((slowest - fastest).count()) + 1))};
    };
    switch (dice.below(3)) {
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
    const std::uint64_t weather = dice.below(100);
    if (weather >= 50) links.loss = static_cast<double>(dice.below(weather < 85 ? 20 : 100)) / 1000;
    if (drawn_chance(dice, 10)) {
        links.bursts = Bursts{.good = seconds{drawn_between(dice, 5, 30)},
                              .bad = milliseconds{drawn_between(dice, 50, 400)},
                              .loss_bad = static_cast<double>(drawn_between(dice, 3, 10)) / 10};
    }
    if (drawn_chance(dice, 25)) links.duplication = static_cast<double>(dice.below(100)) / 1000;
    if (drawn_chance(dice, 25)) links.reordering = static_cast<double>(dice.below(300)) / 1000;
    return links;
}

double scale_of(unsigned entries) {
    return std::max(1.0, std::log10(static_cast<double>(entries)));
}

}  // namespace

Duration time_to_detect(const Config& config, unsigned nodes) {
    const unsigned entries = 2 * nodes;  // names that moved or were given up are entries too
    const double suspicion =
        scale_of(entries) * config.suspicion_mult * std::max(1u, config.suspicion_max_timeout_mult);
    // Who is held for dead and was never told hears it from an exchange of states. Each node has
    // one per interval, with a peer by chance: in three, one that matters is as good as certain.
    return config.probe_interval * (static_cast<std::int64_t>(suspicion) + 2 * entries) +
           membership::push_pull_wait(config.push_pull_interval, entries) * 3 + seconds{10};
}

Duration time_to_move(const Config& config, unsigned nodes) {
    return time_to_detect(config, nodes) + config.gossip_to_the_dead +
           config.probe_interval * (2 * nodes) + seconds{10};
}

Scenario draw(std::uint64_t seed, const DrawLimits& limits) {
    ROLLCALL_CHECK(limits.fewest_nodes >= DrawLimits::kFewest &&
                   limits.fewest_nodes <= limits.most_nodes &&
                   limits.most_nodes <= DrawLimits::kMost);
    Rng dice{seed ^ kScenarioDice};
    Scenario scenario;
    scenario.name = "drawn-" + std::to_string(seed);
    scenario.why = "Drawn from seed " + std::to_string(seed) +
                   ": whatever happens, every promise " + "holds, and in the end all agree.";
    scenario.nodes = draw_nodes(dice, limits);
    if (limits.kind == DrawKind::news) {
        draw_news(dice, scenario);
        return scenario;
    }
    scenario.profile = draw_profile(dice);
    scenario.links = draw_links(dice, scenario.profile);
    scenario.encrypted = drawn_chance(dice, 8);
    scenario.serf = drawn_chance(dice, 8);
    if (drawn_chance(dice, 20)) scenario.wake_delay = milliseconds{drawn_between(dice, 1, 20)};
    const std::uint64_t beginning = dice.below(10);
    scenario.beginning = beginning < 8    ? Beginning::joined
                         : beginning == 8 ? Beginning::alone
                                          : Beginning::stopped;

    draw_faults(dice, scenario);
    return scenario;
}

}  // namespace rollcall::sim
