// SPDX-License-Identifier: Apache-2.0
//
// S7: how fast a failure spreads on pings and acks (Fig. 3b): periods from the first member that
// knows of it to the median one. One dissemination per size in the paper; many here.
#include <array>

#include "base/check.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/swim/prototype.h"

namespace rollcall::sim::papers {
namespace {

struct InfectionPoint {
    unsigned members;
    double periods;  // median, read off Fig. 3b
};
constexpr std::array<InfectionPoint, 8> kInfectionPoints = {{{6, 1.03},
                                                             {13, 1.27},
                                                             {20, 3.02},
                                                             {28, 3.03},
                                                             {35, 1.97},
                                                             {43, 2.49},
                                                             {52, 1.51},
                                                             {56, 2.26}}};

// Median and last receipt, in periods since the first member knew. A member that does not receive
// it detects the failure by its own probe.
Measurement time_one_infection(unsigned members, std::uint64_t seed) {
    SimCluster<membership::Node> cluster{on_local_network(members, seed, swim_infection())};
    cluster.start();
    acquaint(cluster, kSwimPeriod * 100);  // so that no other updates are queued
    const std::string victim = "n" + std::to_string(1 + cluster.world().rng().below(members));
    std::vector<Time> receipts;
    for (const auto& n : cluster.nodes()) {
        n->set_listener([&](const auto&, const membership::Event& event) {
            const auto* failed = std::get_if<membership::MemberFailed>(&event);
            if (failed != nullptr && failed->about.name == victim)
                receipts.push_back(cluster.now());
        });
    }
    cluster.node(victim).crash();
    ROLLCALL_CHECK(
        cluster.run_until([&] { return receipts.size() == members - 1; }, kSwimPeriod * 400));
    std::vector<double> periods;
    periods.reserve(receipts.size());
    for (const Time at : receipts) {
        periods.push_back(std::chrono::duration<double>(at - receipts.front()) /
                          std::chrono::duration<double>(kSwimPeriod));
    }
    return {median(periods), periods.back()};
}

Batches infection_batches(const Scale& scale) {
    return {.cells = kInfectionPoints.size(), .batches = scale.pick<std::size_t>(40, 300, 1000)};
}

std::vector<Figure> judge_infection(const Scale& scale, const Results& results) {
    const Batches batches = infection_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < kInfectionPoints.size(); ++i) {
        const std::vector<double> medians = batches.column(results, "swim/infection", i, 0);
        const auto& [members, published] = kInfectionPoints[i];
        Figure figure{.name = "median receipt, periods, N = " + std::to_string(members),
                      .published = number(published)};
        figure.simulated = median(medians);
        figure.interval = middle(medians, 0.9);
        figure.allowed = "the 5-95 % band covers it";
        figure.verdict = verdict_of(figure.interval.holds(published));
        figures.push_back(std::move(figure));
    }
    return figures;
}

}  // namespace

void add_swim_infection(Catalogue& all) {
    all.experiments.push_back(
        {.id = "swim/infection",
         .weight = 0.02,
         .jobs = [](const Scale& s) { return infection_batches(s).jobs(); },
         .run =
             [](const Scale& s, std::size_t job, std::uint64_t seed) {
                 return time_one_infection(
                     kInfectionPoints[infection_batches(s).cell_of(job)].members, seed);
             }});
    all.rows.push_back(
        {.id = "S7",
         .paper = "swim",
         .target = "The median member learns of a failure within a few periods (Fig. 3b)",
         .scenario = "N members, period 2 s, k = 1; an update is piggybacked 3 ceil(ln(N+1)) times "
                     "on pings and acks, at most six updates per packet. One crash.",
         .free_parameters = "The start of the measurement: here the first member's verdict.",
         .tolerance = "each published point lies in the 5-95 % band",
         .repetition = "crashes for each size: 40 quick, 300 normal, 1000 full",
         .experiments = {"swim/infection"},
         .judge = judge_infection});
}

}  // namespace rollcall::sim::papers
