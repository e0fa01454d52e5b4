// SPDX-License-Identifier: Apache-2.0
//
// Worlds share nothing: any number of them can run at once, with the same results as alone.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;

template <class Core>
std::uint64_t eventful_run(std::uint64_t seed) {
    ClusterOptions<Core> options{.nodes = 6,
                                 .seed = seed,
                                 .links = {.latency = Latency::log_normal(1ms, 80ms).value(),
                                           .loss = 0.02,
                                           .bursts = Bursts{},
                                           .duplication = 0.02,
                                           .reordering = 0.05},
                                 .key = std::vector<std::byte>(16, std::byte{1}),
                                 .wake_delay = 3ms,
                                 .keep_story = seed % 2 == 0};
    SimCluster<Core> cluster{std::move(options)};
    cluster.start_joined();
    cluster.links().set_host_loss("n2", {.egress = 0.5});
    cluster.links().set_bandwidth("n3", {.egress = 20'000, .ingress = 20'000});
    cluster.node("n4").input().set_service_time(Latency::uniform(1ms, 9ms).value());
    cluster.node("n5").clock().set_drift(-300);
    cluster.links().flap("n1", "n6", 2s, 3s);
    cluster.node("n6").block();
    cluster.run_for(4s);
    cluster.node("n6").unblock();
    cluster.node("n5").crash();
    cluster.run_for(30s);
    return cluster.hash();
}
std::uint64_t numbered_run(std::uint64_t number) {
    return number % 4 == 3 ? eventful_run<serf::Serf>(number)
                           : eventful_run<membership::Node>(number);
}

std::vector<std::uint64_t> hashes_with(unsigned threads, std::uint64_t runs) {
    std::vector<std::uint64_t> hashes(runs);
    std::atomic<std::uint64_t> next{0};
    std::vector<std::jthread> pool;
    for (unsigned i = 0; i < threads; ++i) {
        pool.emplace_back([&] {
            for (std::uint64_t run = next++; run < runs; run = next++) {
                hashes[run] = numbered_run(run);
            }
        });
    }
    pool.clear();  // joins
    return hashes;
}

TEST(Worlds, RunTheSameOnAnyNumberOfThreads) {
    const auto alone = hashes_with(1, 24);
    EXPECT_EQ(hashes_with(4, 24), alone);
    EXPECT_NE(alone[0], alone[1]);
}

// Recording the story does not change the run.
TEST(Worlds, RunTheSameWithAndWithoutAStory) {
    const auto run = [](bool keep) {
        SimCluster cluster{{.nodes = 4, .seed = 8, .keep_story = keep}};
        cluster.start_joined();
        cluster.node("n2").crash();
        cluster.run_for(30s);
        EXPECT_FALSE(cluster.never_saw("n2", membership::State::dead));
        EXPECT_TRUE(cluster.never_saw("n3", membership::State::dead));
        EXPECT_FALSE(cluster.nobody_saw(membership::State::dead));
        EXPECT_TRUE(cluster.nobody_saw(membership::State::dead, cluster.now()));
        EXPECT_EQ(cluster.chronicle().entries().empty(), !keep);
        return cluster.hash();
    };
    EXPECT_EQ(run(true), run(false));
}

// A fixed number: debug and optimised builds, gcc and clang, and all sanitizers must agree.
TEST(Worlds, RunTheSameInEveryBuild) {
    EXPECT_EQ(eventful_run<membership::Node>(1), 13126253410850651581u)
        << "if bytes or times of the protocol were changed on purpose, this is the new number; "
           "otherwise this build behaves differently from the others";
}

}  // namespace
}  // namespace rollcall::sim
