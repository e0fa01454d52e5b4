// SPDX-License-Identifier: Apache-2.0
//
// S6: periods from a crash to its first detection at any member (Fig. 3a): 29 group sizes, one
// crash each. The paper shows one such set of 29; ours are many.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/statistics/kolmogorov.h"
#include "sim/papers/swim/prototype.h"

namespace rollcall::sim::papers {
namespace {

struct DetectionPoint {
    unsigned members;
    double periods;  // read off Fig. 3a
};
constexpr std::array<DetectionPoint, 29> kDetectionPoints = {
    {{8, 2.08},  {9, 2.05},  {10, 1.04}, {11, .53},  {12, .82},  {13, 3.58}, {15, 3.52}, {16, 3.42},
     {17, 2.52}, {18, 1.16}, {19, 2.33}, {20, 2.96}, {21, 1.48}, {22, 1.38}, {23, 1.27}, {24, 1.56},
     {26, .80},  {27, 4.44}, {28, .50},  {29, 1.65}, {30, 1.64}, {31, 1.28}, {32, .68},  {33, 1.98},
     {34, 1.61}, {35, 1.52}, {37, .57},  {38, .47},  {40, 2.12}}};

// From the crash to the first unanswered ping, and to the first verdict of a member.
struct Detection {
    double pinged, detected;  // periods
};

Detection time_one_detection(unsigned members, std::uint64_t seed) {
    SimCluster<membership::Node> cluster{on_local_network(members, seed, swim_with_suspicion())};
    cluster.start();
    acquaint(cluster, kSwimPeriod * 20);
    const std::string victim = "n" + std::to_string(1 + cluster.world().rng().below(members));
    // At a random time within a period.
    cluster.run_for(Duration{static_cast<Duration::rep>(
        cluster.world().rng().below(static_cast<std::uint64_t>(kSwimPeriod.count())))});
    const Time crash = cluster.now();
    const Endpoint there = cluster.node(victim).endpoint();
    std::optional<Time> pinged, detected;
    cluster.network().set_tap([&](Time at, const Endpoint&, const Endpoint& to, Bytes) {
        if (!pinged && to == there) pinged = at;
    });
    for (const auto& n : cluster.nodes()) {
        n->set_listener([&](const auto&, const membership::Event& event) {
            const auto* suspected = std::get_if<membership::MemberSuspected>(&event);
            if (!detected && suspected != nullptr && suspected->about.name == victim) {
                detected = cluster.now();
            }
        });
    }
    cluster.node(victim).crash();
    ROLLCALL_CHECK(cluster.run_until([&] { return detected.has_value(); }, kSwimPeriod * 200));
    const auto periods = [&](Time at) {
        return std::chrono::duration<double>(at - crash) /
               std::chrono::duration<double>(kSwimPeriod);
    };
    return {periods(*pinged), periods(*detected)};
}

Batches detection_batches(const Scale& scale) {
    return {.cells = 1, .batches = scale.pick<std::size_t>(200, 1000, 2000)};
}

std::vector<Figure> judge_detection(const Scale& scale, const Results& results) {
    std::vector<double> published;
    published.reserve(kDetectionPoints.size());
    for (const DetectionPoint& point : kDetectionPoints) published.push_back(point.periods);
    std::vector<double> means, all, pings;
    for (const Measurement* m : detection_batches(scale).of(results, "swim/detection", 0)) {
        std::vector<double> set;
        for (std::size_t i = 0; i < m->size(); i += 2) {
            pings.push_back(m->at(i));
            set.push_back(m->at(i + 1));
        }
        all.insert(all.end(), set.begin(), set.end());
        means.push_back(mean(set));
    }
    const double target = mean(published);

    Figure average{.name = "mean of the 29 points, periods", .published = number(target)};
    average.simulated = mean(means);
    average.interval = middle(means, 0.9);
    average.allowed = "the 5-95 % band of such sets covers the published mean";
    average.verdict = verdict_of(average.interval.holds(target));

    const KolmogorovSmirnov test = kolmogorov_smirnov(published, all);
    Figure shape{.name = "Kolmogorov-Smirnov p of the 29 points against all of ours"};
    shape.simulated = test.p;
    shape.interval = {test.p, test.p};
    shape.allowed = "above 0.05";
    shape.verdict = verdict_of(test.p > 0.05);

    Figure first{.name = "mean periods to the first unanswered ping"};
    first.simulated = mean(pings);
    first.interval = middle(pings, 0.9);
    return {average, shape, first};
}

}  // namespace

void add_swim_detection(Catalogue& all) {
    all.experiments.push_back({.id = "swim/detection",
                               .weight = 0.15,
                               .jobs = [](const Scale& s) { return detection_batches(s).jobs(); },
                               .run =
                                   [](const Scale&, std::size_t, std::uint64_t seed) {
                                       Measurement set;
                                       Rng rng{seed};
                                       for (const DetectionPoint& point : kDetectionPoints) {
                                           const Detection d =
                                               time_one_detection(point.members, rng.next());
                                           set.push_back(d.pinged);
                                           set.push_back(d.detected);
                                       }
                                       return set;
                                   }});
    all.rows.push_back(
        {.id = "S6",
         .paper = "swim",
         .target = "Periods from a crash to its first detection (Fig. 3a)",
         .scenario = "29 sizes from 8 to 40, period 2 s, k = 1, round-robin, phases independent; "
                     "one crash each at a random moment, until the first member suspects it.",
         .free_parameters =
             "The time of the verdict within a period: at its end, according to section 3.1.",
         .tolerance = "the published mean lies in the 5-95 % band of sets of 29; p > 0.05",
         .repetition = "sets of 29 crashes: 200 quick, 1000 normal, 2000 full",
         .experiments = {"swim/detection"},
         .judge = judge_detection});
}

}  // namespace rollcall::sim::papers
