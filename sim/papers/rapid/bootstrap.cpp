// SPDX-License-Identifier: Apache-2.0
//
// R1, R2: the time until a thousand and more memberlist processes that join at once see each other
// (Rapid, Fig. 5 and Table 1), and how many different sizes they report meanwhile.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/rapid/cluster.h"

namespace rollcall::sim::papers {
namespace {

struct BootstrapPoint {
    unsigned members;
    double seconds, sizes;  // the mean of five runs; distinct sizes
};
constexpr std::array<BootstrapPoint, 3> kBootstraps = {
    {{1000, 45.8, 901}, {1500, 68.6, 1383}, {2000, 97.6, 1858}}};
constexpr int kBootstrapLimit = 600;  // seconds

// Seconds from the joins until every process sees all others, and the number of sizes seen
// meanwhile.
Measurement time_bootstrap(unsigned members, std::uint64_t seed) {
    RapidCluster rapid{members, seed};
    rapid.bootstrap();
    std::set<unsigned> sizes;
    for (int second = 1; second <= kBootstrapLimit; ++second) {
        const auto& seen = rapid.next_second();
        sizes.insert(seen.begin(), seen.end());
        if (std::ranges::all_of(seen, [&](unsigned size) { return size == members; })) {
            return {static_cast<double>(second), static_cast<double>(sizes.size())};
        }
    }
    return {static_cast<double>(kBootstrapLimit), static_cast<double>(sizes.size())};
}

// Quick: the smallest size alone.
Batches bootstrap_batches(const Scale& scale) {
    const bool quick = scale.effort == Scale::Effort::quick;
    return {.cells = quick ? 1 : kBootstraps.size(), .batches = scale.pick<std::size_t>(1, 1, 5)};
}

// One figure for each size: the mean of a column of the measurements, and the paper's.
std::vector<Figure> bootstrap_figures(const Scale& scale, const Results& results,
                                      std::size_t column, const std::string& what,
                                      double BootstrapPoint::*published, double tolerance) {
    const Batches batches = bootstrap_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < batches.cells; ++i) {
        const double target = kBootstraps[i].*published;
        const auto values = batches.column(results, "rapid/bootstrap", i, column);
        Figure figure{.name = what + ", N = " + std::to_string(kBootstraps[i].members),
                      .published = number(target)};
        figure.simulated = mean(values);
        figure.interval = middle(values, 1);
        figure.must_be_in(within(target, tolerance));
        figures.push_back(std::move(figure));
    }
    return figures;
}

std::vector<Figure> judge_bootstrap_times(const Scale& scale, const Results& results) {
    auto figures = bootstrap_figures(scale, results, 0, "seconds", &BootstrapPoint::seconds, 0.25);
    if (figures.size() == kBootstraps.size()) {
        Figure growth{.name = "2000 against 1000",
                      .published = number(kBootstraps[2].seconds / kBootstraps[0].seconds)};
        growth.simulated = figures[2].simulated / figures[0].simulated;
        growth.interval = {growth.simulated, growth.simulated};
        growth.must_be_in({1.7, 2.6});
        figures.push_back(std::move(growth));
    }
    return figures;
}

std::vector<Figure> judge_bootstrap_sizes(const Scale& scale, const Results& results) {
    return bootstrap_figures(scale, results, 1, "distinct sizes", &BootstrapPoint::sizes, 0.1);
}

constexpr const char* kBootstrapReps =
    "bootstraps of each size: 1 of N = 1000 quick, 1 of all normal, 5 of all full";

}  // namespace

void add_rapid_bootstrap(Catalogue& all) {
    all.experiments.push_back({.id = "rapid/bootstrap",
                               .weight = 60,
                               .jobs = [](const Scale& s) { return bootstrap_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return time_bootstrap(
                                           kBootstraps[bootstrap_batches(s).cell_of(job)].members,
                                           seed);
                                   }});
    all.rows.push_back(
        {.id = "R1",
         .paper = "rapid",
         .target = "memberlist needs most of a minute and more to bootstrap (Fig. 5)",
         .scenario = "One seed; 10 s later N - 1 processes start and join it at once; from then to "
                     "the second in which all report N.",
         .free_parameters = "Whether the seed's 10 s are counted (not here); processes start in no "
                            "time, where theirs shared 200 cores; no metadata.",
         .tolerance =
             "within 25 %, and 2000 against 1000 by a factor of 1.7 to 2.6 (the interval is "
             "from the shortest to the longest run)",
         .repetition = kBootstrapReps,
         .experiments = {"rapid/bootstrap"},
         .judge = judge_bootstrap_times});
    all.rows.push_back({.id = "R2",
                        .paper = "rapid",
                        .target = "Sizes reported on the way (Table 1)",
                        .scenario = "The runs of R1; every process reports its size each second.",
                        .tolerance = "within 10 % (the interval is from the least to the most)",
                        .repetition = kBootstrapReps,
                        .experiments = {"rapid/bootstrap"},
                        .judge = judge_bootstrap_sizes});
}

}  // namespace rollcall::sim::papers
