// SPDX-License-Identifier: Apache-2.0
//
// S3: how often a detector that decides at the end of the period declares a live member dead, over
// lossy links. Whole cores: 100 members, random targets, k relays. Verdicts are counted and have no
// consequences (suspicions never expire), as in the formula.
#include <array>
#include <cmath>

#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/statistics/poisson.h"
#include "sim/papers/swim/prototype.h"

namespace rollcall::sim::papers {
namespace {

constexpr unsigned kMembers = 100;
constexpr unsigned kPeriodsPerJob = 500;

struct LossCell {
    unsigned relays;
    double loss;
};
constexpr std::array<LossCell, 12> kLossCells = {{{1, 0.01},
                                                  {1, 0.02},
                                                  {1, 0.05},
                                                  {1, 0.1},
                                                  {1, 0.2},
                                                  {1, 0.3},
                                                  {3, 0.01},
                                                  {3, 0.02},
                                                  {3, 0.05},
                                                  {3, 0.1},
                                                  {3, 0.2},
                                                  {3, 0.3}}};

// (1 - q^2)(1 - q^4)^k with q the probability that one message arrives, section 3.1.
double false_verdicts_expected(const LossCell& cell) {
    const double q = 1 - cell.loss;
    return (1 - q * q) * std::pow(1 - std::pow(q, 4), cell.relays);
}

Measurement count_false_verdicts(const LossCell& cell, std::uint64_t seed) {
    membership::Config config = swim_prototype(cell.relays);
    config.variant.probe_ring = false;
    config.suspicion_mult = 64;
    config.retransmit_mult = 1;  // gossip is not measured
    SimCluster<membership::Node> cluster{on_local_network(kMembers, seed, config)};
    cluster.start();
    acquaint(cluster, kSwimPeriod * 60);
    const auto sum = [&](auto field) {
        double total = 0;
        for (const auto& n : cluster.nodes())
            total += static_cast<double>(n->node().stats().*field);
        return total;
    };
    const double probes = sum(&membership::Stats::probes);
    const double failed = sum(&membership::Stats::probes_failed);
    cluster.links().set_links(local_network(cell.loss));
    cluster.run_for(kSwimPeriod * kPeriodsPerJob);
    return {sum(&membership::Stats::probes) - probes,
            sum(&membership::Stats::probes_failed) - failed};
}

Batches loss_batches(const Scale& scale) {
    return {.cells = kLossCells.size(), .batches = scale.pick<std::size_t>(1, 8, 200)};
}

std::vector<Figure> judge_false_verdicts(const Scale& scale, const Results& results) {
    const Batches batches = loss_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < kLossCells.size(); ++i) {
        const LossCell& cell = kLossCells[i];
        double probes = 0, failed = 0;
        for (const Measurement* m : batches.of(results, "swim/false-verdicts", i)) {
            probes += m->at(0);
            failed += m->at(1);
        }
        const double core = false_verdicts_expected(cell);
        // Twelve counts are judged together: 95 % for all of them.
        const Band counted =
            poisson_interval(static_cast<std::uint64_t>(failed), 1 - 0.05 / kLossCells.size());
        Figure figure{.name = "k = " + std::to_string(cell.relays) + ", loss " +
                              number(cell.loss * 100) + " %, per member and period",
                      .published = number(core)};
        figure.simulated = failed / probes;
        figure.interval = {counted.low / probes, counted.high / probes};
        figure.allowed = range(within(core, 0.05)) + ", or the count's interval covers it";
        figure.verdict =
            verdict_of(within(core, 0.05).holds(figure.simulated) || figure.interval.holds(core));
        figures.push_back(std::move(figure));
    }
    return figures;
}

}  // namespace

void add_false_positives(Catalogue& all) {
    all.experiments.push_back({.id = "swim/false-verdicts",
                               .weight = 0.4,
                               .jobs = [](const Scale& s) { return loss_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return count_false_verdicts(
                                           kLossCells[loss_batches(s).cell_of(job)], seed);
                                   }});
    all.rows.push_back(
        {.id = "S3",
         .paper = "swim",
         .target = "False verdicts of a detector without suspicion, by loss and relays",
         .scenario =
             "100 members, random targets, every datagram lost with the same chance; failed "
             "probes are counted. Published: (1 - q^2)(1 - q^4)^k, without the factor "
             "e/(e - 1) by which the paper turns to periods with at least one ping.",
         .tolerance =
             "within 5 %, or inside the Poisson interval of the count (95 % for all twelve "
             "together)",
         .repetition = "runs of 50 000 member-periods for each of 12 cells: 1 quick, 8 normal, 200 "
                       "full",
         .experiments = {"swim/false-verdicts"},
         .judge = judge_false_verdicts});
}

}  // namespace rollcall::sim::papers
