// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/lifeguard/stressed_agents.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/check.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/swim/prototype.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

constexpr std::array<unsigned, 6> kStressed = {1, 2, 4, 8, 16, 32};
struct StressColumn {
    std::size_t variant;  // of lifeguard_variants()
    std::array<double, 6> total, at_healthy;
};
constexpr std::array<StressColumn, 2> kStressColumns = {
    {{0, {11, 42, 364, 954, 1776, 3310}, {0, 0, 216, 327, 364, 611}},
     {kComparedVariants - 1, {0, 0, 0, 0, 95, 1270}, {0, 0, 0, 0, 0, 58}}}};

Batches stress_batches(const Scale& scale) {
    return {.cells = kStressColumns.size() * kStressed.size(),
            .batches = scale.pick<std::size_t>(2, 6, 50)};
}

std::vector<Figure> judge_stress(const Scale& scale, const Results& results) {
    const Batches batches = stress_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t column = 0; column < kStressColumns.size(); ++column) {
        const StressColumn& printed = kStressColumns[column];
        const bool swim = column == 0;
        for (std::size_t s = 0; s < kStressed.size(); ++s) {
            const std::size_t cell = column * kStressed.size() + s;
            const auto total = batches.column(results, "lifeguard/stress", cell, 0);
            const std::string end = ", " + lifeguard_variants()[printed.variant].name +
                                    ", s = " + std::to_string(kStressed[s]);
            Figure figure{.name = "false positives" + end, .published = number(printed.total[s])};
            figure.simulated = median(total);
            figure.interval = middle(total, 0.9);
            if (swim && kStressed[s] >= 4) {
                figure.allowed = "within a factor of 10";
                figure.verdict = verdict_of(figure.simulated >= printed.total[s] / 10 &&
                                            figure.simulated <= printed.total[s] * 10);
            } else if (!swim && kStressed[s] <= 8) {
                figure.allowed = "0";
                figure.verdict = verdict_of(figure.simulated == 0);
            }
            figures.push_back(std::move(figure));
            const auto healthy = batches.column(results, "lifeguard/stress", cell, 1);
            Figure at{.name = "at healthy" + end, .published = number(printed.at_healthy[s])};
            at.simulated = median(healthy);
            at.interval = middle(healthy, 0.9);
            figures.push_back(std::move(at));
        }
    }
    return figures;
}

}  // namespace

StressOutcome run_stressed(const LifeguardVariant& variant, unsigned stressed, Duration service,
                           std::uint64_t seed) {
    SimCluster<membership::Node> cluster{
        on_local_network(kCloudAgents, seed, variant.config(false))};
    cluster.start();
    acquaint(cluster, 15s);
    StressOutcome outcome;
    const auto is_stressed = [&](std::size_t agent) { return agent < stressed; };
    for (std::size_t reporter = 0; reporter < kCloudAgents; ++reporter) {
        cluster.nodes()[reporter]->set_listener(
            [&, reporter](const auto&, const membership::Event& event) {
                const auto* failed = std::get_if<membership::MemberFailed>(&event);
                if (failed == nullptr) return;
                if (is_stressed(std::stoul(failed->about.name.substr(1)) - 1)) return;
                outcome.total += 1;
                if (!is_stressed(reporter)) outcome.at_healthy += 1;
            });
    }
    const auto each = Latency::constant(service);
    ROLLCALL_CHECK(static_cast<bool>(each));
    for (std::size_t i = 0; i < stressed; ++i)
        cluster.nodes()[i]->input().set_service_time(*each, false);
    cluster.run_for(300s);
    return outcome;
}

void add_stressed_agents(Catalogue& all) {
    all.experiments.push_back(
        {.id = "lifeguard/stress",
         .weight = 0.4,
         .jobs = [](const Scale& s) { return stress_batches(s).jobs(); },
         .run = [](const Scale& s, std::size_t job, std::uint64_t seed) -> Measurement {
             const std::size_t cell = stress_batches(s).cell_of(job);
             const StressColumn& column = kStressColumns[cell / kStressed.size()];
             const StressOutcome outcome =
                 run_stressed(lifeguard_variants()[column.variant],
                              kStressed[cell % kStressed.size()], kStarvedService, seed);
             return {outcome.total, outcome.at_healthy};
         }});
    all.rows.push_back(
        {.id = "L6",
         .paper = "lifeguard",
         .target = "Starved machines: false positives about the others (Fig. 1)",
         .scenario = "100 agents; on s of them every received message takes its time, for 300 s; "
                     "failure events about the others, anywhere and at unstressed agents.",
         .free_parameters = "How long a message takes a starved agent (60 ms): chosen on the SWIM "
                            "column among 40, 50, 60, 80, 100 and 150 ms, then left alone.",
         .tolerance =
             "SWIM within a factor of 10 for s of 4 and more; Lifeguard none for s up to 8 "
             "(medians; the interval is 5-95 % of the runs)",
         .repetition = "runs of each cell: 2 quick, 6 normal, 50 full",
         .experiments = {"lifeguard/stress"},
         .judge = judge_stress});
}

}  // namespace rollcall::sim::papers
