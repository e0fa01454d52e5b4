// SPDX-License-Identifier: Apache-2.0
//
// S8: seventeen processes join one after another while every tenth datagram is lost (Fig. 4). The
// number left in the coordinator's list at the end shows the effect of suspicion.
#include <array>

#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/swim/prototype.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kProcesses = 17;
constexpr Duration kJoinEvery = 5s;
constexpr Duration kCutAt = 175s;
// A join is a request and an answer, each lost like any datagram and not retried.
constexpr double kJoinSucceeds = 0.9 * 0.9;

struct SwimVariant {
    const char* name;
    membership::Config (*config)();
    double published;  // final group size
};
constexpr std::array<SwimVariant, 3> kSwimVariants = {{{"basic", swim_basic, 2},
                                                       {"infection", swim_infection, 4},
                                                       {"suspicion", swim_with_suspicion, 12}}};

// The size of the coordinator's list at the end, and its largest.
Measurement join_one_by_one(const SwimVariant& variant, std::uint64_t seed) {
    SimCluster<membership::Node> cluster{on_local_network(kProcesses, seed, variant.config(), 0.1)};
    const membership::Node* coordinator = nullptr;
    double largest = 1;
    for (unsigned i = 1; i <= kProcesses; ++i) {
        auto& process = cluster.node("n" + std::to_string(i));
        process.start();
        if (i == 1) {
            coordinator = &process.node();
        } else if (cluster.world().rng().unit() < kJoinSucceeds) {
            process.join(cluster.node("n1").endpoint());
        }
        cluster.run_for(kJoinEvery);
        largest = std::max(largest, static_cast<double>(coordinator->alive_count()));
    }
    while (cluster.elapsed() < kCutAt) {
        cluster.run_for(kJoinEvery);
        largest = std::max(largest, static_cast<double>(coordinator->alive_count()));
    }
    return {static_cast<double>(coordinator->alive_count()), largest};
}

Batches join_batches(const Scale& scale) {
    return {.cells = kSwimVariants.size(), .batches = scale.pick<std::size_t>(100, 400, 2000)};
}

std::vector<Figure> judge_joins(const Scale& scale, const Results& results) {
    const Batches batches = join_batches(scale);
    std::vector<Figure> figures;
    std::vector<double> medians;
    for (std::size_t i = 0; i < kSwimVariants.size(); ++i) {
        const std::vector<double> sizes = batches.column(results, "swim/joins", i, 0);
        Figure figure{.name = std::string{"final size, "} + kSwimVariants[i].name,
                      .published = number(kSwimVariants[i].published)};
        figure.simulated = median(sizes);
        figure.interval = middle(sizes, 0.9);
        figure.allowed = "the 5-95 % band covers it";
        figure.verdict = verdict_of(figure.interval.holds(kSwimVariants[i].published));
        medians.push_back(figure.simulated);
        figures.push_back(std::move(figure));
    }
    Figure order{.name = "variants whose median is above the one before", .published = "2"};
    order.simulated = (medians[1] > medians[0] ? 1 : 0) + (medians[2] > medians[1] ? 1 : 0);
    order.interval = {order.simulated, order.simulated};
    order.allowed = "2";
    order.verdict = verdict_of(order.simulated == 2);
    figures.push_back(std::move(order));
    Figure peak{.name = "largest size with suspicion", .published = "14"};
    const std::vector<double> peaks = batches.column(results, "swim/joins", 2, 1);
    peak.simulated = median(peaks);
    peak.interval = middle(peaks, 0.9);
    figures.push_back(std::move(peak));
    return figures;
}

}  // namespace

void add_swim_joins(Catalogue& all) {
    all.experiments.push_back({.id = "swim/joins",
                               .weight = 0.01,
                               .jobs = [](const Scale& s) { return join_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return join_one_by_one(
                                           kSwimVariants[join_batches(s).cell_of(job)], seed);
                                   }});
    all.rows.push_back(
        {.id = "S8",
         .paper = "swim",
         .target = "Joins under 10 % loss: what suspicion is for (Fig. 4)",
         .scenario =
             "17 processes join through a coordinator, one every 5 s; every datagram is lost "
             "with chance 0.1; the coordinator's list at 175 s. Basic: verdicts at once, "
             "multicast; infection: verdicts at once, on pings; suspicion: with time-out.",
         .free_parameters =
             "A member that is declared dead stays so and does not join again. A join is one "
             "request and one answer, each lost with chance 0.1 and not tried again: "
             "chosen after the largest size of the curve with suspicion, 14 of 17, "
             "which is not judged.",
         .tolerance = "each published size lies in the 5-95 % band; medians strictly ordered",
         .repetition = "runs of each variant: 100 quick, 400 normal, 2000 full",
         .experiments = {"swim/joins"},
         .judge = judge_joins});
}

}  // namespace rollcall::sim::papers
