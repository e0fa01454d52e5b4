// SPDX-License-Identifier: Apache-2.0
//
// S5: messages per member and period, by size (Fig. 2). Datagrams as counted by the simulated
// network, in a stable group without loss.
#include <array>

#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/swim/prototype.h"

namespace rollcall::sim::papers {
namespace {

constexpr unsigned kPeriodsObserved = 40;

struct LoadPoint {
    unsigned members;
    double sent, received;  // means read off Fig. 2
};
constexpr std::array<LoadPoint, 8> kLoadPoints = {{{5, 2.08, 2.08},
                                                   {13, 2.11, 2.15},
                                                   {21, 2.10, 2.12},
                                                   {28, 2.00, 2.00},
                                                   {36, 2.02, 2.02},
                                                   {44, 1.98, 2.00},
                                                   {51, 2.13, 2.14},
                                                   {55, 1.98, 1.98}}};

// For each member and period: sent, received, sent, received, ...
Measurement count_messages(unsigned members, std::uint64_t seed) {
    SimCluster<membership::Node> cluster{on_local_network(members, seed, swim_with_suspicion())};
    cluster.start();
    acquaint(cluster, kSwimPeriod * 100);
    Measurement counts;
    const auto traffic = [&] {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
        for (const auto& n : cluster.nodes()) {
            const HostTraffic& host = cluster.network().traffic_of(n->host());
            all.emplace_back(host.datagrams_sent, host.datagrams_received);
        }
        return all;
    };
    auto before = traffic();
    for (unsigned period = 0; period < kPeriodsObserved; ++period) {
        cluster.run_for(kSwimPeriod);
        const auto after = traffic();
        for (std::size_t i = 0; i < after.size(); ++i) {
            counts.push_back(static_cast<double>(after[i].first - before[i].first));
            counts.push_back(static_cast<double>(after[i].second - before[i].second));
        }
        before = after;
    }
    return counts;
}

Batches load_batches(const Scale& scale) {
    return {.cells = kLoadPoints.size(), .batches = scale.pick<std::size_t>(1, 5, 1)};
}

std::vector<Figure> judge_load(const Scale& scale, const Results& results) {
    constexpr Band kAllowed{1.9, 2.2};
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < kLoadPoints.size(); ++i) {
        const std::vector<double> both = load_batches(scale).pooled(results, "swim/load", i);
        std::vector<double> sent, received;
        for (std::size_t k = 0; k < both.size(); k += 2) {
            sent.push_back(both[k]);
            received.push_back(both[k + 1]);
        }
        const auto add = [&](const char* what, const std::vector<double>& counts,
                             double published) {
            Figure figure{
                .name = std::string{what} + ", N = " + std::to_string(kLoadPoints[i].members),
                .published = number(published)};
            figure.simulated = mean(counts);
            figure.interval = middle(counts, 0.9);
            figure.must_be_in(kAllowed);
            figures.push_back(std::move(figure));
        };
        add("sent", sent, kLoadPoints[i].sent);
        add("received", received, kLoadPoints[i].received);
    }
    return figures;
}

}  // namespace

void add_swim_load(Catalogue& all) {
    all.experiments.push_back({.id = "swim/load",
                               .weight = 0.1,
                               .jobs = [](const Scale& s) { return load_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return count_messages(
                                           kLoadPoints[load_batches(s).cell_of(job)].members, seed);
                                   }});
    all.rows.push_back({.id = "S5",
                        .paper = "swim",
                        .target = "Load does not grow with the group (Fig. 2)",
                        .scenario = "N members, period 2 s, k = 1, no loss; datagrams sent and "
                                    "received per member and period over 40 periods.",
                        .tolerance = "every mean in 1.9 to 2.2 (the interval is 5-95 % of the "
                                     "member-periods)",
                        .repetition = "groups of each size: 1 quick, 5 normal, 1 full",
                        .experiments = {"swim/load"},
                        .judge = judge_load});
}

}  // namespace rollcall::sim::papers
