// SPDX-License-Identifier: Apache-2.0
//
// The same scenario and seed give the same run in every build: with gcc and clang, optimised or
// not, under sanitizers. The hashes below change only with the protocol, the world, or the order of
// events: then take over the new ones, and know why.
#include <gtest/gtest.h>

#include <cstdio>
#include <future>
#include <string>
#include <vector>

#include "sim/scenario/language/file.h"
#include "sim/scenario/run/runner.h"

namespace rollcall::sim {
namespace {

struct Pinned {
    const char* name;
    const char* text;
    std::uint64_t seed;
    std::uint64_t hash;
};
constexpr const char* kEverything = R"(nodes 9
links latency lognormal median 1ms p99.9 30ms, loss 3%, duplication 1%, reordering 2% by 30ms
wake_delay 2ms
run 90s
healing 30s
at 5s crash n2 for 20s
at 10s pause n3 for 4s
at 15s partition n1..n4 for 8s
at 30s restart n5 at a new address under a new name
at 35s drift n6 by 300ppm
at 40s slow n7 by 30ms for 20s
at 45s block n8 in turns of 2s, running 1s for 15s
at 50s cut n1 -> n4..n6 for 10s
at 55s update n1
at 60s loss n9 in 40%, out 20% for 10s
at 70s leave n4
at 75s links loss 40%, bursts good 2s bad 300ms for 10s
)";
const std::string kSerf = "core serf\nencryption on\n" + std::string{kEverything};
const Pinned kPinned[] = {
    {"quiet", "nodes 5\nrun 60s\n", 1, 0x978ded126781935e},
    {"everything", kEverything, 1, 0x7e864b61682d017e},
    {"everything, another seed", kEverything, 2, 0x402424068dd169a7},
    {"everything with Serf, encrypted", kSerf.c_str(), 1, 0x2e44334b61016834},
};

RunResult run_pinned(const Pinned& pinned, bool invariants) {
    const ScenarioFile file = read_scenario(pinned.text, pinned.name);
    for (const Problem& p : file.problems) ADD_FAILURE() << p.to_string(pinned.name);
    return run(file.scenario, pinned.seed, {.invariants = invariants});
}

TEST(Hashes, AreTheSameInEveryBuild) {
    for (const Pinned& pinned : kPinned) {
        const RunResult result = run_pinned(pinned, true);
        char line[64];
        std::snprintf(line, sizeof line, "0x%016llx", static_cast<unsigned long long>(result.hash));
        EXPECT_EQ(result.hash, pinned.hash) << pinned.name << " has the hash " << line;
        for (const Violation& v : result.violations) {
            ADD_FAILURE() << pinned.name << ": " << v.invariant << ": " << v.what;
        }
    }
}

TEST(Hashes, AreTheSameOnManyThreadsWithoutInvariants) {
    std::vector<std::future<std::uint64_t>> runs;
    for (int copy = 0; copy < 3; ++copy) {
        for (const Pinned& pinned : kPinned) {
            runs.push_back(
                std::async(std::launch::async, [&] { return run_pinned(pinned, false).hash; }));
        }
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        EXPECT_EQ(runs[i].get(), kPinned[i % std::size(kPinned)].hash);
    }
}

}  // namespace
}  // namespace rollcall::sim
