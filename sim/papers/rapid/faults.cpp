// SPDX-License-Identifier: Apache-2.0
//
// R4, R5: faults other than crashes (Rapid, Fig. 1, 9 and 10): ten of a thousand processes that
// repeatedly receive nothing for 20 s; ten that lose 80 % of what they send, or of what is sent to
// them. memberlist neither removes them for good nor keeps them.
#include <algorithm>
#include <array>
#include <numeric>

#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/rapid/cluster.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kFaultMembers = 1000, kFaulty = 10;
constexpr int kFaultsFrom = 90, kFlip = 20;

bool quick_faults(const Scale& scale) {
    return scale.effort == Scale::Effort::quick && !scale.reps;
}
// Seconds of the whole run. Quick runs end once the first late sizes are known. Both lengths end
// with 20 s of silence.
int flip_length(const Scale& scale) {
    return quick_faults(scale) ? 470 : 950;
}
int loss_length(const Scale& scale) {
    return quick_faults(scale) ? 550 : 950;
}

// Sizes at the healthy 990 in one second.
struct HealthySizes {
    double mean = 0;
    unsigned least = 0;
    bool all_exact = false;  // all see exactly the healthy
};
HealthySizes healthy_sizes(const std::vector<unsigned>& sizes) {
    const auto end = sizes.end() - kFaulty;
    return {.mean = static_cast<double>(std::accumulate(sizes.begin(), end, 0u)) /
                    (kFaultMembers - kFaulty),
            .least = *std::min_element(sizes.begin(), end),
            .all_exact = std::all_of(
                sizes.begin(), end, [](unsigned size) { return size == kFaultMembers - kFaulty; })};
}

// The number of changes of a healthy process's size after 300 s (median over processes); the
// smallest size; and 1 if at the end all see exactly the healthy.
Measurement flip_ingress(int length, std::uint64_t seed) {
    RapidCluster rapid{kFaultMembers, seed};
    rapid.begin_whole();
    std::vector<double> changes(kFaultMembers - kFaulty);
    std::vector<unsigned> before = rapid.next_second();
    double least = kFaultMembers;
    HealthySizes now;
    for (int second = 1; second <= length; ++second) {
        if (second >= kFaultsFrom && (second - kFaultsFrom) % kFlip == 0) {
            const bool silent = (second - kFaultsFrom) / kFlip % 2 == 0;
            for (const std::string& name : rapid.last_ten()) {
                rapid.cluster.links().set_host_loss(name, {.ingress = silent ? 1.0 : 0.0});
            }
        }
        const auto& sizes = rapid.next_second();
        now = healthy_sizes(sizes);
        least = std::min(least, static_cast<double>(now.least));
        for (std::size_t i = 0; second > 300 && i < changes.size(); ++i) {
            changes[i] += sizes[i] != before[i] ? 1 : 0;
        }
        before = sizes;
    }
    return {median(changes), least, now.all_exact ? 1.0 : 0.0};
}

// The smallest mean size of any second, the mean size after 500 s, and the longest time in seconds
// during which all saw exactly the healthy.
Measurement lose_most(const HostLoss& loss, int length, std::uint64_t seed) {
    RapidCluster rapid{kFaultMembers, seed};
    rapid.begin_whole();
    double least = kFaultMembers;
    std::vector<double> late;
    int exact = 0, longest_exact = 0;
    for (int second = 1; second <= length; ++second) {
        if (second == kFaultsFrom) {
            for (const std::string& name : rapid.last_ten())
                rapid.cluster.links().set_host_loss(name, loss);
        }
        const HealthySizes now = healthy_sizes(rapid.next_second());
        least = std::min(least, now.mean);
        if (second > 500) late.push_back(now.mean);
        exact = now.all_exact ? exact + 1 : 0;
        longest_exact = std::max(longest_exact, exact);
    }
    return {least, mean(late), static_cast<double>(longest_exact)};
}

Batches flip_batches(const Scale& scale) {
    return {.cells = 1, .batches = scale.pick<std::size_t>(1, 2, 10)};
}
Batches loss_fault_batches(const Scale& scale) {
    return {.cells = quick_faults(scale) ? 1u : 2u, .batches = scale.pick<std::size_t>(1, 1, 10)};
}

Figure fault_figure(std::string name, std::string published, const std::vector<double>& values,
                    std::string allowed, bool good) {
    Figure figure{.name = std::move(name), .published = std::move(published)};
    figure.simulated = mean(values);
    figure.interval = middle(values, 1);
    figure.allowed = std::move(allowed);
    figure.verdict = verdict_of(good);
    return figure;
}

std::vector<Figure> judge_flips(const Scale& scale, const Results& results) {
    const Batches batches = flip_batches(scale);
    const auto changes = batches.column(results, "rapid/flip-ingress", 0, 0);
    const auto least = batches.column(results, "rapid/flip-ingress", 0, 1);
    const auto exact = batches.column(results, "rapid/flip-ingress", 0, 2);
    Figure smallest = fault_figure("smallest size seen", "990 to 991", least, "", true);
    smallest.verdict = Figure::Verdict::none;
    return {fault_figure("changes of a process' size after 300 s", "goes on to the end", changes,
                         "5 or more", quantile(changes, 0) >= 5),
            fault_figure("runs that end at exactly 990 everywhere", "none", exact,
                         "one in ten at most", mean(exact) <= 0.1),
            smallest};
}

std::vector<Figure> judge_losses(const Scale& scale, const Results& results) {
    const Batches batches = loss_fault_batches(scale);
    constexpr std::array<const char*, 2> kWays = {"80 % of what is sent",
                                                  "80 % of what is received"};
    std::vector<Figure> figures;
    for (std::size_t way = 0; way < batches.cells; ++way) {
        const auto least = batches.column(results, "rapid/heavy-loss", way, 0);
        const auto late = batches.column(results, "rapid/heavy-loss", way, 1);
        const auto exact = batches.column(results, "rapid/heavy-loss", way, 2);
        const std::string end = std::string{", "} + kWays[way];
        figures.push_back(fault_figure("smallest mean size" + end, "about 992", least, "990 to 995",
                                       Band{990, 995}.holds(mean(least))));
        figures.push_back(fault_figure("mean size after 500 s" + end, "994 to 997", late,
                                       "993 to 998", Band{993, 998}.holds(mean(late))));
        figures.push_back(fault_figure("longest time at exactly 990 everywhere, s" + end,
                                       "never stable", exact, "less than 60",
                                       quantile(exact, 1) < 60));
    }
    return figures;
}

}  // namespace

void add_rapid_faults(Catalogue& all) {
    all.experiments.push_back(
        {.id = "rapid/flip-ingress",
         .weight = 60,
         .jobs = [](const Scale& s) { return flip_batches(s).jobs(); },
         .run = [](const Scale& s, std::size_t,
                   std::uint64_t seed) { return flip_ingress(flip_length(s), seed); }});
    all.experiments.push_back({.id = "rapid/heavy-loss",
                               .weight = 60,
                               .jobs = [](const Scale& s) { return loss_fault_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       const HostLoss loss = loss_fault_batches(s).cell_of(job) == 0
                                                                 ? HostLoss{.egress = 0.8}
                                                                 : HostLoss{.ingress = 0.8};
                                       return lose_most(loss, loss_length(s), seed);
                                   }});
    all.rows.push_back(
        {.id = "R4",
         .paper = "rapid",
         .target = "memberlist oscillates when ten processes repeatedly receive nothing (Fig. 9)",
         .scenario =
             "1000 processes; from 90 s on ten of them lose everything sent to them for 20 s, "
             "receive for 20 s, and so on to 950 s (quick: 470 s).",
         .tolerance =
             "5 or more changes of size after 300 s, and not exactly 990 at the end in 90 % "
             "of runs",
         .repetition = "runs: 1 quick, 2 normal, 10 full",
         .experiments = {"rapid/flip-ingress"},
         .judge = judge_flips});
    all.rows.push_back(
        {.id = "R5",
         .paper = "rapid",
         .target = "memberlist does not converge when ten processes lose 80 % (Fig. 1 and 10)",
         .scenario =
             "1000 processes; from 90 s on ten of them lose 80 % of what they send (according to "
             "the "
             "text), or of what is sent to them (according to the caption), to 950 s. Sizes "
             "at the other 990.",
         .tolerance =
             "smallest mean size 990 to 995, after 500 s 993 to 998, never a minute at 990",
         .repetition =
             "runs of each way: 1 of 550 s quick, of the first way alone; 1 normal, 10 full",
         .experiments = {"rapid/heavy-loss"},
         .judge = judge_losses});
}

}  // namespace rollcall::sim::papers
