// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/lifeguard/grid.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>

#include "base/check.h"
#include "base/rng.h"
#include "sim/papers/statistics/bootstrap.h"

namespace rollcall::sim::papers {
namespace {

constexpr std::size_t kCellsOfOneC = kBlockedMs.size() * kNormalMs.size();
// Shorter blocks end before the shortest suspicion does, so no agent is detected.
constexpr std::size_t kFirstLongBlock = 3;

struct GridShare {
    std::size_t one_i_of = 1;  // of the eight normal times, at each C and D
    std::size_t first_c = 0, one_c_of = 1;
    std::size_t repetitions = 1;
};

GridShare interval_share(const Scale& scale, bool compared) {
    if (scale.reps) return {.repetitions = *scale.reps};
    switch (scale.effort) {
        case Scale::Effort::quick:
            // C = 8 alone.
            return {.one_i_of = compared ? 2u : 4u, .first_c = 2, .one_c_of = kConcurrent.size()};
        case Scale::Effort::normal:
            // C = 4, 16 and 28 are enough to show the effect of alpha and beta.
            return compared ? GridShare{.one_i_of = 2}
                            : GridShare{.one_i_of = 2, .first_c = 1, .one_c_of = 3};
        case Scale::Effort::full:
            return {.repetitions = kPaperRepetitions};
    }
    return {};
}

std::vector<Anomaly> interval_cells(const GridShare& share) {
    std::vector<Anomaly> cells;
    for (std::size_t c = share.first_c; c < kConcurrent.size(); c += share.one_c_of) {
        for (std::size_t d = 0; d < kBlockedMs.size(); ++d) {
            for (std::size_t i = 0; i < kNormalMs.size(); ++i) {
                if ((i + 3 * d + 5 * c) % share.one_i_of == 0) cells.push_back({c, d, i});
            }
        }
    }
    return cells;
}

std::vector<Anomaly> threshold_cells() {
    std::vector<Anomaly> cells;
    for (std::size_t c = 0; c < kConcurrent.size(); ++c) {
        for (std::size_t d = kFirstLongBlock; d < kBlockedMs.size(); ++d) cells.push_back({c, d});
    }
    return cells;
}

std::size_t threshold_repetitions(const Scale& scale, bool compared) {
    return compared ? scale.pick<std::size_t>(1, kPaperRepetitions, kPaperRepetitions)
                    : scale.pick<std::size_t>(1, 2, kPaperRepetitions);
}

// One cell in four of each C and D counts bytes.
bool counts_bytes(const Anomaly& cell) {
    return (cell.c + cell.d + cell.i / 2) % 4 == 0;
}

// The same for all variants: the anomalous agents, and every phase.
std::uint64_t anomaly_seed(const char* grid, const Anomaly& cell, std::size_t repetition) {
    const std::size_t place = (cell.c * kBlockedMs.size() + cell.d) * (kNormalMs.size() + 1) +
                              (cell.i == Anomaly::kOnce ? kNormalMs.size() : cell.i);
    return seed_of(grid, place * 1000 + repetition);
}

Measurement measured_threshold(const ThresholdOutcome& outcome) {
    Measurement m{static_cast<double>(outcome.first.size())};
    m.insert(m.end(), outcome.first.begin(), outcome.first.end());
    m.insert(m.end(), outcome.full.begin(), outcome.full.end());
    return m;
}

std::tuple<std::size_t, std::size_t, std::size_t> key(const IntervalRun& run) {
    return {run.anomaly.c, run.anomaly.d, run.anomaly.i};
}

// Runs of the paper with those C.
double whole_grid(const std::vector<IntervalRun>& runs) {
    return static_cast<double>(concurrencies(runs).size() * kCellsOfOneC * kPaperRepetitions);
}

}  // namespace

std::string threshold_id(const LifeguardVariant& variant) {
    return "lifeguard/threshold-" + variant.slug;
}
std::string interval_id(const LifeguardVariant& variant) {
    return "lifeguard/interval-" + variant.slug;
}

void add_lifeguard_experiments(Catalogue& all) {
    const auto& variants = lifeguard_variants();
    for (std::size_t v = 0; v < variants.size(); ++v) {
        const LifeguardVariant& variant = variants[v];  // static
        const bool compared = v < kComparedVariants;
        all.experiments.push_back(
            {.id = threshold_id(variant),
             .weight = 0.2,
             .jobs =
                 [compared](const Scale& s) {
                     return threshold_cells().size() * threshold_repetitions(s, compared);
                 },
             .run =
                 [&variant](const Scale&, std::size_t job, std::uint64_t) {
                     const auto cells = threshold_cells();
                     const Anomaly& cell = cells[job % cells.size()];
                     return measured_threshold(run_threshold(
                         variant, cell, anomaly_seed("threshold", cell, job / cells.size())));
                 }});
        all.experiments.push_back(
            {.id = interval_id(variant),
             .weight = 0.4,
             .jobs =
                 [compared](const Scale& s) {
                     const GridShare share = interval_share(s, compared);
                     return interval_cells(share).size() * share.repetitions;
                 },
             .run = [&variant, compared](const Scale& s, std::size_t job,
                                         std::uint64_t) -> Measurement {
                 const auto cells = interval_cells(interval_share(s, compared));
                 const Anomaly& cell = cells[job % cells.size()];
                 const bool compress = compared && counts_bytes(cell);
                 const IntervalOutcome o = run_interval(
                     variant, cell, compress, anomaly_seed("interval", cell, job / cells.size()));
                 constexpr double kNotCounted = std::numeric_limits<double>::quiet_NaN();
                 return {static_cast<double>(cell.c),     static_cast<double>(cell.d),
                         static_cast<double>(cell.i),     o.false_positives,
                         o.false_positives_at_healthy,    o.messages,
                         compress ? o.bytes : kNotCounted};
             }});
    }
}

std::vector<std::string> threshold_ids(std::size_t variants) {
    std::vector<std::string> ids;
    for (std::size_t v = 0; v < variants; ++v) ids.push_back(threshold_id(lifeguard_variants()[v]));
    return ids;
}
std::vector<std::string> interval_ids(std::size_t variants) {
    std::vector<std::string> ids;
    for (std::size_t v = 0; v < variants; ++v) ids.push_back(interval_id(lifeguard_variants()[v]));
    return ids;
}

std::size_t latency_runs(const Scale& scale) {
    return threshold_repetitions(scale, true);
}

ThresholdOutcome latencies(const Results& results, const LifeguardVariant& variant) {
    ThresholdOutcome pooled;
    for (const Measurement& m : results.at(threshold_id(variant))) {
        const auto split = m.begin() + 1 + static_cast<std::ptrdiff_t>(m.at(0));
        pooled.first.insert(pooled.first.end(), m.begin() + 1, split);
        pooled.full.insert(pooled.full.end(), split, m.end());
    }
    ROLLCALL_CHECK(!pooled.first.empty() && !pooled.full.empty());
    return pooled;
}

std::vector<IntervalRun> interval_runs(const Results& results, const LifeguardVariant& variant) {
    std::vector<IntervalRun> runs;
    for (const Measurement& m : results.at(interval_id(variant))) {
        runs.push_back({{static_cast<std::size_t>(m.at(0)), static_cast<std::size_t>(m.at(1)),
                         static_cast<std::size_t>(m.at(2))},
                        {m.at(3), m.at(4), m.at(5), m.at(6)}});
    }
    return runs;
}

std::vector<IntervalRun> with_bytes(const std::vector<IntervalRun>& all) {
    std::vector<IntervalRun> found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [](const IntervalRun& run) { return !std::isnan(run.outcome.bytes); });
    ROLLCALL_CHECK(!found.empty());
    return found;
}

std::vector<std::size_t> concurrencies(const std::vector<IntervalRun>& runs) {
    std::set<std::size_t> all;
    for (const IntervalRun& run : runs) all.insert(run.anomaly.c);
    return {all.begin(), all.end()};
}

std::vector<IntervalRun> same_cells(const std::vector<IntervalRun>& all,
                                    const std::vector<IntervalRun>& wanted) {
    std::vector<IntervalRun> found;
    std::vector<bool> taken(all.size());
    for (const IntervalRun& want : wanted) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (taken[i] || key(all[i]) != key(want)) continue;
            taken[i] = true;
            found.push_back(all[i]);
            break;
        }
    }
    ROLLCALL_CHECK(found.size() == wanted.size());
    return found;
}

double plain_sum(const std::vector<IntervalRun>& runs, IntervalCount what) {
    return std::accumulate(runs.begin(), runs.end(), 0.0, [&](double sum, const IntervalRun& run) {
        return sum + run.outcome.*what;
    });
}

// Every C, D and I has the same number of runs, so plain means are correct.
double grid_total(const std::vector<IntervalRun>& runs, IntervalCount what) {
    return plain_sum(runs, what) / static_cast<double>(runs.size()) * whole_grid(runs);
}

double grid_total_at(const std::vector<IntervalRun>& runs, IntervalCount what, std::size_t c) {
    std::vector<IntervalRun> there;
    std::ranges::copy_if(runs, std::back_inserter(there),
                         [&](const IntervalRun& run) { return run.anomaly.c == c; });
    ROLLCALL_CHECK(!there.empty());
    return grid_total(there, what);
}

Band total_interval(const std::vector<IntervalRun>& runs, IntervalCount what) {
    std::vector<double> values;
    values.reserve(runs.size());
    for (const IntervalRun& run : runs) values.push_back(run.outcome.*what);
    const double whole = whole_grid(runs);
    return bootstrap(values, [whole](auto sample) { return mean(sample) * whole; });
}

Band ratio_interval(const std::vector<IntervalRun>& above, const std::vector<IntervalRun>& below,
                    IntervalCount what) {
    ROLLCALL_CHECK(above.size() == below.size());
    // Indices are drawn, so that a cell's two runs stay together.
    std::vector<double> numbers(above.size());
    std::iota(numbers.begin(), numbers.end(), 0.0);
    return bootstrap(numbers, [&](std::span<const double> drawn) {
        double sum_above = 0, sum_below = 0;
        for (const double number : drawn) {
            const auto i = static_cast<std::size_t>(number);
            sum_above += above[i].outcome.*what;
            sum_below += below[i].outcome.*what;
        }
        return sum_below > 0 ? sum_above / sum_below : 0;
    });
}

}  // namespace rollcall::sim::papers
