// SPDX-License-Identifier: Apache-2.0
//
// S1, S2: the number of protocol periods until a crashed member is first pinged, when every member
// draws one random target per period and all periods begin together. The core draws: PeerChoice
// over a MemberTable, as in rule V2. No packets, no time.
#include <array>
#include <cmath>
#include <string>

#include "membership/member_table.h"
#include "membership/peer_choice.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/statistics/bootstrap.h"
#include "sim/papers/table_fixture.h"

namespace rollcall::sim::papers {
namespace {

constexpr std::size_t kCrashesPerJob = 1000;
constexpr std::array<unsigned, 7> kGroupSizes = {8, 16, 32, 56, 128, 256, 1000};
// The share of 1000 members that has not failed, and the published mean for it.
struct FailedShare {
    double working;
    double published;
};
constexpr std::array<FailedShare, 3> kFailedShares = {{{0.9, 1.685}, {0.75, 1.895}, {0.5, 2.541}}};
constexpr unsigned kLargeGroup = 1000;

// Mean periods over kCrashesPerJob crashes in a group of `members`, `working` of which draw.
double periods_to_first_ping(unsigned members, unsigned working, std::uint64_t seed) {
    membership::MemberTable table{members};
    std::vector<membership::PeerChoice> choices(working);
    const std::vector<MemberId> ids = add_members(table, members);
    const MemberId crashed = ids.back();  // still alive in all tables
    Rng rng{seed};
    std::uint64_t periods = 0;
    for (std::size_t crash = 0; crash < kCrashesPerJob; ++crash) {
        bool pinged = false;
        while (!pinged) {
            ++periods;
            for (unsigned i = 0; i < working && !pinged; ++i) {
                const auto& target = choices[i].choose(
                    table, rng, 1, [&](MemberId id, const auto&) { return id != ids[i]; });
                pinged = !target.empty() && target.front() == crashed;
            }
        }
    }
    return static_cast<double>(periods) / static_cast<double>(kCrashesPerJob);
}

Batches first_detection_batches(const Scale& scale, std::size_t cells) {
    const auto thousands = scale.pick<std::size_t>(100, 200, 200);
    return {.cells = cells, .batches = thousands};
}

// The formula of section 3.1 for targets drawn from the others only.
double expected_periods(unsigned members) {
    return 1 / (1 - std::pow(1 - 1.0 / (members - 1), members - 1));
}

Figure first_detection_figure(std::string name, const std::vector<double>& means, double target,
                              std::string published, double tolerance) {
    Figure figure{.name = std::move(name), .published = std::move(published)};
    figure.simulated = mean(means);
    figure.interval = bootstrap(means, mean);
    const Band allowed = within(target, tolerance);
    figure.must_be_in(allowed);
    return figure;
}

constexpr const char* kFirstDetectionReps =
    "thousands of crashes for each size: 100 quick, 200 normal and full";

}  // namespace

void add_first_detection(Catalogue& all) {
    all.experiments.push_back(
        {.id = "swim/first-ping",
         .weight = 0.02,
         .jobs =
             [](const Scale& s) { return first_detection_batches(s, kGroupSizes.size()).jobs(); },
         .run = [](const Scale& s, std::size_t job, std::uint64_t seed) -> Measurement {
             const unsigned n =
                 kGroupSizes[first_detection_batches(s, kGroupSizes.size()).cell_of(job)];
             return {periods_to_first_ping(n, n - 1, seed)};
         }});
    all.experiments.push_back(
        {.id = "swim/first-ping-failed",
         .weight = 0.05,
         .jobs =
             [](const Scale& s) { return first_detection_batches(s, kFailedShares.size()).jobs(); },
         .run = [](const Scale& s, std::size_t job, std::uint64_t seed) -> Measurement {
             const auto& row =
                 kFailedShares[first_detection_batches(s, kFailedShares.size()).cell_of(job)];
             return {periods_to_first_ping(kLargeGroup,
                                           static_cast<unsigned>(row.working * kLargeGroup), seed)};
         }});

    all.rows.push_back(
        {.id = "S1",
         .paper = "swim",
         .target = "First detection takes e/(e-1) periods, whatever the size",
         .scenario = "n members in lock-step draw one target per period from the n - 1 others; one "
                     "crashes. The core's PeerChoice draws.",
         .tolerance = "within 1 % of 1/(1 - (1 - 1/(n-1))^(n-1)); tends to 1.582",
         .repetition = kFirstDetectionReps,
         .experiments = {"swim/first-ping"},
         .judge = [](const Scale& s, const Results& results) {
             const Batches batches = first_detection_batches(s, kGroupSizes.size());
             std::vector<Figure> figures;
             for (std::size_t i = 0; i < kGroupSizes.size(); ++i) {
                 const double target = expected_periods(kGroupSizes[i]);
                 figures.push_back(
                     first_detection_figure("periods, n = " + std::to_string(kGroupSizes[i]),
                                            batches.column(results, "swim/first-ping", i, 0),
                                            target, number(target), 0.01));
             }
             return figures;
         }});
    all.rows.push_back({.id = "S2",
                        .paper = "swim",
                        .target = "First detection when a share of the members has failed already",
                        .scenario = "As S1 with n = 1000, of whom only the working share draws.",
                        .tolerance = "within 2 % of 1/(1 - e^-q)",
                        .repetition = kFirstDetectionReps,
                        .experiments = {"swim/first-ping-failed"},
                        .judge = [](const Scale& s, const Results& results) {
                            const Batches batches =
                                first_detection_batches(s, kFailedShares.size());
                            std::vector<Figure> figures;
                            for (std::size_t i = 0; i < kFailedShares.size(); ++i) {
                                const auto& [working, published] = kFailedShares[i];
                                figures.push_back(first_detection_figure(
                                    "periods, working " + number(working),
                                    batches.column(results, "swim/first-ping-failed", i, 0),
                                    published, number(published), 0.02));
                            }
                            return figures;
                        }});
}

}  // namespace rollcall::sim::papers
