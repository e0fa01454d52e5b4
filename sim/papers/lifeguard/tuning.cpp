// SPDX-License-Identifier: Apache-2.0
//
// L5: the trade-off of alpha and beta (Table VII): nine pairs, each as a percentage of SWIM.
#include <array>

#include "sim/papers/frame/rows.h"
#include "sim/papers/lifeguard/grid.h"
#include "sim/papers/statistics/bootstrap.h"

namespace rollcall::sim::papers {
namespace {

struct TunedMetric {
    const char* name;
    bool full;                        // of the latencies: at all agents instead of at the first
    double q;                         // quantile of the latencies; 0: a count of false positives
    double slack;                     // points; a factor for counts
    std::array<double, 9> published;  // % of SWIM: 2-2, 2-4, 2-6, 4-2, ..., 5-6
};
constexpr std::array<TunedMetric, 6> kTunedLatencies = {{
    {"median, first",
     false,
     0.5,
     4,
     {53.14, 54.10, 54.34, 82.96, 83.04, 83.12, 99.76, 99.52, 100.08}},
    {"median, all", true, 0.5, 4, {55.12, 56.28, 56.74, 84.42, 84.03, 84.42, 99.92, 99.61, 100.08}},
    {"p99, first",
     false,
     0.99,
     10,
     {69.81, 72.88, 75.53, 94.28, 96.17, 96.82, 104.95, 102.71, 105.54}},
    {"p99, all",
     true,
     0.99,
     10,
     {73.07, 76.96, 79.15, 97.05, 96.69, 96.52, 105.73, 105.08, 106.62}},
    {"p99.9, first",
     false,
     0.999,
     10,
     {76.08, 75.41, 80.36, 99.07, 93.71, 94.69, 112.32, 111.44, 109.28}},
    {"p99.9, all",
     true,
     0.999,
     10,
     {76.20, 75.11, 78.58, 92.17, 95.14, 92.71, 107.64, 107.93, 107.49}},
}};
constexpr std::array<TunedMetric, 2> kTunedCounts = {{
    {"FP", false, 0, 1.5, {98.37, 43.64, 24.16, 37.72, 8.04, 3.18, 26.61, 5.43, 1.53}},
    {"FP at healthy", false, 0, 1.5, {31.15, 22.47, 13.65, 20.29, 9.50, 4.83, 15.38, 5.05, 1.89}},
}};

const LifeguardVariant& tuned(unsigned alpha, unsigned beta) {
    const auto& all = lifeguard_variants();
    for (std::size_t v = kComparedVariants - 1; v < all.size(); ++v) {
        if (all[v].alpha == alpha && all[v].beta == beta) return all[v];
    }
    return all[kComparedVariants - 1];
}

std::vector<Figure> judge_tuning(const Scale& scale, const Results& results) {
    const LifeguardVariant& swim = lifeguard_variants()[0];
    const ThresholdOutcome swim_latencies = latencies(results, swim);
    const std::vector<IntervalRun> swim_runs = interval_runs(results, swim);
    std::vector<Figure> figures;
    std::size_t column = 0;
    for (const unsigned alpha : {2u, 4u, 5u}) {
        for (const unsigned beta : {2u, 4u, 6u}) {
            const LifeguardVariant& variant = tuned(alpha, beta);
            const std::string pair =
                ", alpha " + std::to_string(alpha) + ", beta " + std::to_string(beta);
            const ThresholdOutcome seen = latencies(results, variant);
            for (const TunedMetric& metric : kTunedLatencies) {
                const auto at_q = [&](std::span<const double> s) { return quantile(s, metric.q); };
                const double base = at_q(metric.full ? swim_latencies.full : swim_latencies.first);
                const auto& sample = metric.full ? seen.full : seen.first;
                const Band interval = bootstrap(sample, at_q);
                const double published = metric.published[column];
                const Band allowed{published - metric.slack, published + metric.slack};
                Figure figure{.name = "%, " + std::string{metric.name} + pair,
                              .published = number(published)};
                figure.simulated = 100 * at_q(sample) / base;
                figure.interval = {100 * interval.low / base, 100 * interval.high / base};
                figure.allowed = range(allowed);
                // One run of each cell is too little for the 99.9th percentile.
                const bool judged = latency_runs(scale) > 1 || metric.q < 0.999;
                if (judged) figure.verdict = verdict_of(allowed.holds(figure.simulated));
                figures.push_back(std::move(figure));
            }
            const auto runs = interval_runs(results, variant);
            const auto base = same_cells(swim_runs, runs);
            for (std::size_t k = 0; k < kTunedCounts.size(); ++k) {
                const TunedMetric& metric = kTunedCounts[k];
                const IntervalCount count = k == 0 ? &IntervalOutcome::false_positives
                                                   : &IntervalOutcome::false_positives_at_healthy;
                const double published = metric.published[column];
                const double below = plain_sum(base, count);
                const Band interval = ratio_interval(runs, base, count);
                Figure figure{.name = "%, " + std::string{metric.name} + pair,
                              .published = number(published)};
                figure.simulated = below > 0 ? 100 * plain_sum(runs, count) / below : 0;
                figure.interval = {100 * interval.low, 100 * interval.high};
                const Band allowed{published / metric.slack, published * metric.slack};
                figure.allowed = range(allowed);
                // A share of fewer than 30 is not judged.
                if (below >= 30) figure.verdict = verdict_of(allowed.holds(figure.simulated));
                figures.push_back(std::move(figure));
            }
            ++column;
        }
    }
    return figures;
}

}  // namespace

void add_lifeguard_tuning(Catalogue& all) {
    std::vector<std::string> needed = threshold_ids(lifeguard_variants().size());
    for (std::string& id : interval_ids(lifeguard_variants().size())) {
        needed.push_back(std::move(id));
    }
    all.rows.push_back(
        {.id = "L5",
         .paper = "lifeguard",
         .target = "Detection time and false positives, by alpha and beta (Table VII)",
         .scenario =
             "Lifeguard with alpha 2, 4, 5 and beta 2, 4, 6 over the grids of L1 and L2, as "
             "percentages of SWIM over the same cells.",
         .free_parameters = "As L1 to L4; nothing is fitted here.",
         .tolerance =
             "medians within 4 points, p99 and p99.9 10; false positives within a factor of "
             "1.5",
         .repetition =
             "passes of the interval grid and runs of each threshold cell; without it quick "
             "runs a quarter of C = 8 and each threshold cell once (p99.9 is not judged), normal "
             "half of C = 4, 16 and 28 and each threshold cell twice, full ten passes",
         .experiments = std::move(needed),
         .judge = judge_tuning});
}

}  // namespace rollcall::sim::papers
