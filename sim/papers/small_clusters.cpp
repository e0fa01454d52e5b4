// SPDX-License-Identifier: Apache-2.0
//
// E3: ScaleCube's table of dissemination times on an emulated network. Whole cores with its
// timings; when its "dissemination" begins and ends is not stated.
#include <array>
#include <cmath>

#include "base/check.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/statistics/bootstrap.h"
#include "sim/papers/swim/prototype.h"
#include "sim/papers/swim/published.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

struct CubePoint {
    unsigned members;
    double milliseconds, bytes_per_second;
};
constexpr std::array<CubePoint, 8> kCubePoints = {{{5, 2154, 821},
                                                   {10, 2990, 1136},
                                                   {20, 2716, 870},
                                                   {30, 2859, 656},
                                                   {50, 3483, 588},
                                                   {100, 3177, 661},
                                                   {150, 3734, 584},
                                                   {200, 3617, 582}}};

// Exponential with that mean: 4096 quantiles, the last one the 99.99 % point.
LinkQuality emulated_network(double loss, double mean_ms) {
    constexpr std::size_t kQuantiles = 4096;
    std::vector<Duration> table;
    for (std::size_t i = 0; i < kQuantiles; ++i) {
        const double q =
            std::min(0.9999, static_cast<double>(i) / static_cast<double>(kQuantiles - 1));
        table.push_back(Duration{static_cast<Duration::rep>(-std::log(1 - q) * mean_ms * 1e6)});
    }
    auto latency = Latency::empirical(table);
    ROLLCALL_CHECK(static_cast<bool>(latency));
    return {.latency = *latency, .loss = loss};
}

membership::Config cube_settings(unsigned members) {
    membership::Config config = as_published();
    config.probe_interval = 1s;
    config.probe_timeout = 100ms;
    config.indirect_checks = 3;
    config.gossip_interval = 300ms;
    config.gossip_nodes = 3;
    config.push_pull_interval = 30s;
    // 2 log2 N sends of each message, in memberlist's terms.
    const double sends = std::ceil(2 * std::log2(members));
    const double digits = std::ceil(std::log10(members + 1.0));
    config.retransmit_mult = static_cast<unsigned>(std::ceil(sends / digits));
    config.variant.sparing_counts = false;
    return config;
}

// Milliseconds until all members have new metadata, and bytes per second and member meanwhile.
Measurement time_update(unsigned members, std::uint64_t seed) {
    SimCluster<membership::Node> cluster{{.nodes = members,
                                          .seed = seed,
                                          .profile = cube_settings(members),
                                          .links = emulated_network(0.01, 2),
                                          .keep_story = false}};
    cluster.start();
    acquaint(cluster, 10s);
    const std::string sender = "n" + std::to_string(1 + cluster.world().rng().below(members));
    std::size_t received = 0;
    for (const auto& n : cluster.nodes()) {
        n->set_listener([&](const auto&, const membership::Event& event) {
            const auto* updated = std::get_if<membership::MemberUpdated>(&event);
            if (updated != nullptr && updated->about.name == sender) ++received;
        });
    }
    const Time begin = cluster.now();
    const std::uint64_t bytes = cluster.network().traffic().datagram_bytes;
    cluster.node(sender).command([&](membership::Node& core, Time now, membership::Outbox& out) {
        const auto request = core.update_meta(now, as_bytes(std::string_view{"news"}), 30s, out);
        ROLLCALL_CHECK(static_cast<bool>(request));
    });
    ROLLCALL_CHECK(cluster.run_until([&] { return received == members; }, 3600s));
    const double seconds = std::chrono::duration<double>(cluster.now() - begin).count();
    return {seconds * 1000,
            static_cast<double>(cluster.network().traffic().datagram_bytes - bytes) / seconds /
                members};
}

Batches cube_batches(const Scale& scale) {
    return {.cells = kCubePoints.size(), .batches = scale.pick<std::size_t>(6, 50, 100)};
}

std::vector<Figure> judge_cube(const Scale& scale, const Results& results) {
    const Batches batches = cube_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < kCubePoints.size(); ++i) {
        const CubePoint& point = kCubePoints[i];
        const auto times = batches.column(results, "epidemic/small-clusters", i, 0);
        Figure time{.name = "milliseconds, N = " + std::to_string(point.members),
                    .published = number(point.milliseconds)};
        time.simulated = mean(times);
        time.interval = bootstrap(times, mean);
        time.must_be_in(within(point.milliseconds, 0.3));
        figures.push_back(std::move(time));
        const auto rates = batches.column(results, "epidemic/small-clusters", i, 1);
        Figure rate{.name = "bytes per second and member, N = " + std::to_string(point.members),
                    .published = number(point.bytes_per_second)};
        rate.simulated = mean(rates);
        rate.interval = bootstrap(rates, mean);
        figures.push_back(std::move(rate));
    }
    return figures;
}

}  // namespace

void add_small_clusters(Catalogue& all) {
    all.experiments.push_back({.id = "epidemic/small-clusters",
                               .weight = 0.08,
                               .jobs = [](const Scale& s) { return cube_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return time_update(
                                           kCubePoints[cube_batches(s).cell_of(job)].members, seed);
                                   }});
    all.rows.push_back(
        {.id = "E3",
         .paper = "epidemic",
         .target = "ScaleCube's table of dissemination times",
         .scenario =
             "N members, 1 % loss, exponential delay of mean 2 ms, gossip to 3 each 300 ms, "
             "2 log2 N sends, ping 1 s / 100 ms, sync 30 s; from new metadata at one member "
             "until all members have it.",
         .free_parameters = "What is disseminated and when it counts as done is not published.",
         .tolerance = "times within 30 %; bytes are shown only",
         .repetition = "runs for each size: 6 quick, 50 normal, 100 full",
         .experiments = {"epidemic/small-clusters"},
         .judge = judge_cube});
}

}  // namespace rollcall::sim::papers
