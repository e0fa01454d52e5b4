// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/fast/worlds.h"

#include <cmath>

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;
using Death = DetectionWorld::Death;
using Ails = Illness::Kind;

constexpr WorldSize kOf32{.members = 32, .quick = 2, .normal = 16, .full = 64};
constexpr WorldSize kOf128{.members = 128, .quick = 1, .normal = 5, .full = 20};
constexpr WorldSize kOf512{.members = 512, .normal = 2, .full = 4};
constexpr WorldSize kOf1000{.members = 1000, .normal = 2, .full = 4};
// A run takes minutes, and one is enough: it has 40 000 measurements of a known death.
constexpr WorldSize kOf10000{.members = 10'000, .normal = 1, .full = 1};

std::vector<DetectionWorld> described_worlds() {
    return {
        {.id = "D1",
         .slug = "clean",
         .target = "Nothing ails",
         .scenario = "An idle local network, and four hosts that die.",
         .sizes = {kOf10000, kOf1000, kOf512, kOf128, kOf32}},
        {.id = "D2",
         .slug = "loss",
         .target = "A quarter of all datagrams is lost",
         .scenario = "Each datagram is lost with chance 0.25, on every link.",
         .sizes = {kOf512, kOf128, kOf32},
         .loss = 0.25},
        {.id = "D3",
         .slug = "killed",
         .target = "Processes are killed",
         .scenario = "Four processes are killed on hosts that live on: their kernels answer that "
                     "nobody is there.",
         .sizes = {kOf128},
         .death = Death::process},
        {.id = "D4",
         .slug = "paused",
         .target = "A tenth of the processes stops again and again",
         .scenario = "10 % of the processes are stopped for 5 s of 10. Their kernels take "
                     "connections meanwhile.",
         .sizes = {kOf128},
         .illness = {Ails::stopped, 5s, 5s},
         .ill_share = 0.1},
        {.id = "D5",
         .slug = "slow",
         .target = "A tenth of the processes is slow",
         .scenario = "10 % of the processes need 75 to 225 ms for each packet.",
         .sizes = {kOf128},
         .illness = {.kind = Ails::slow},
         .ill_share = 0.1},
        {.id = "D6",
         .slug = "ingress",
         .target = "A twentieth receives little",
         .scenario = "5 % of the hosts lose 90 % of what is sent to them.",
         .sizes = {kOf128},
         .illness = {.kind = Ails::deaf},
         .ill_share = 0.05},
        {.id = "D7",
         .slug = "egress",
         .target = "Little of a twentieth arrives",
         .scenario = "5 % of the hosts lose 90 % of what they send.",
         .sizes = {kOf128},
         .illness = {.kind = Ails::mute},
         .ill_share = 0.05},
        {.id = "D8",
         .slug = "isolated-4",
         .target = "A host is cut off for 4 s",
         .scenario = "One host has no network for 4 s of 30, and runs on.",
         .sizes = {kOf128},
         .illness = {Ails::isolated, 4s, 26s},
         .ill_count = 1},
        {.id = "D9",
         .slug = "isolated-15",
         .target = "A host is cut off for 15 s",
         .scenario = "One host has no network for 15 s of 45, and runs on.",
         .sizes = {kOf128},
         .illness = {Ails::isolated, 15s, 30s},
         .ill_count = 1},
        {.id = "D10",
         .slug = "frozen",
         .target = "Every host freezes for a second each minute",
         .scenario = "Every host stands still for 1 s of 60, each at its own time. All count as "
                     "healthy.",
         .sizes = {kOf128},
         .illness = {Ails::frozen, 1s, 59s},
         .ill_share = 1,
         .ill_are_sick = false},
        {.id = "D11",
         .slug = "mass-crash",
         .target = "30 % of the hosts die at once",
         .scenario = "30 % of the hosts die at the same moment.",
         .sizes = {kOf1000, kOf128},
         .death = Death::many},
        {.id = "D12",
         .slug = "cut-half",
         .target = "A host is cut off from half of the others",
         .scenario = "Between one host and half of the others nothing passes for 15 s of 45.",
         .sizes = {kOf128},
         .illness = {Ails::cut_from_half, 15s, 30s},
         .ill_count = 1},
        {.id = "D13",
         .slug = "cut-most",
         .target = "A host is cut off from four fifths of the others",
         .scenario = "Between one host and four fifths of the others nothing passes for 15 s of "
                     "45.",
         .sizes = {kOf128},
         .illness = {Ails::cut_from_most, 15s, 30s},
         .ill_count = 1},
        {.id = "D14",
         .slug = "wan",
         .target = "Round trips take 200 ms",
         .scenario = "A round trip takes 200 ms, between all members.",
         .sizes = {kOf128},
         .profiles = distant_profiles,
         .distant = true},
        {.id = "D15",
         .slug = "mixed",
         .target = "Most members, or half of them, are as published",
         .scenario = "As D1, but all members except every tenth, fourth or second one have lan as "
                     "published.",
         .sizes = {kOf128},
         .profiles = mixed_profiles},
    };
}

}  // namespace

unsigned WorldSize::seeds(const Scale& scale) const {
    const unsigned usual = scale.effort == Scale::Effort::quick    ? quick
                           : scale.effort == Scale::Effort::normal ? normal
                                                                   : full;
    const bool fixed = usual == 0 || full == 1;
    return fixed ? usual : scale.reps.value_or(usual);
}

std::size_t DetectionWorld::ill_of(unsigned members) const {
    if (ill_count > 0) return ill_count;
    return static_cast<std::size_t>(std::lround(ill_share * members));
}

const std::vector<DetectionWorld>& detection_worlds() {
    static const std::vector<DetectionWorld> all = described_worlds();
    return all;
}

std::vector<WorldJob> world_jobs(const DetectionWorld& world, const Scale& scale) {
    std::vector<WorldJob> jobs;
    for (const WorldSize& size : world.sizes) {
        for (unsigned repetition = 0; repetition < size.seeds(scale); ++repetition) {
            for (const ComparedProfile& profile : world.profiles()) {
                jobs.push_back({&profile, size.members, repetition});
            }
        }
    }
    return jobs;
}

}  // namespace rollcall::sim::papers
