// SPDX-License-Identifier: Apache-2.0
//
// The simulated world: how many protocol events one core gets through in a second, and how many
// seconds of how many nodes that makes. A protocol event is a call of a core: a packet, a deadline,
// a piece of a stream. Clusters are settled before the watch starts.
#include <benchmark/benchmark.h>

#include <chrono>
#include <map>
#include <memory>

#include "sim/cluster/cluster.h"
#include "sim/world/world.h"

namespace rollcall::bench {
namespace {

using namespace std::chrono_literals;
using Cluster = sim::SimCluster<membership::Node>;

void report(benchmark::State& state, const Cluster& cluster, std::uint64_t events_before,
            Duration simulated) {
    const auto rounds = static_cast<double>(state.iterations());
    const double seconds = std::chrono::duration<double>(simulated).count() * rounds;
    const auto nodes = static_cast<double>(cluster.nodes().size());
    using benchmark::Counter;
    state.counters["events"] =
        Counter(static_cast<double>(cluster.events_handled() - events_before), Counter::kIsRate);
    state.counters["node_seconds"] = Counter(nodes * seconds, Counter::kIsRate);
    state.counters["times_real_time"] = Counter(seconds, Counter::kIsRate);
}

// Built once for each size: a thousand nodes take longer to settle than to measure.
Cluster& settled(unsigned nodes) {
    static std::map<unsigned, std::unique_ptr<Cluster>> clusters;
    auto& cluster = clusters[nodes];
    if (cluster == nullptr) {
        cluster = std::make_unique<Cluster>(
            Cluster::Options{.nodes = nodes, .seed = 1, .keep_story = false});
        cluster->start_joined();
        cluster->run_for(30s);
    }
    return *cluster;
}

// Idle cluster: probes, push/pulls, an idle gossip tick.
void steady_state(benchmark::State& state) {
    Cluster& cluster = settled(static_cast<unsigned>(state.range(0)));
    const std::uint64_t before = cluster.events_handled();
    for (auto _ : state) cluster.run_for(1s);
    report(state, cluster, before, 1s);
}
BENCHMARK(steady_state)->Arg(16)->Arg(128)->Arg(1000)->Unit(benchmark::kMillisecond);

// A member crashes and returns repeatedly: suspicions, gossip, refutations, joins.
void crash_and_return(benchmark::State& state) {
    Cluster& cluster = settled(static_cast<unsigned>(state.range(0)));
    const std::uint64_t before = cluster.events_handled();
    for (auto _ : state) {
        cluster.node("n2").crash();
        cluster.run_for(30s);
        cluster.node("n2").start();
        cluster.node("n2").join(cluster.node("n1").endpoint());
        cluster.run_for(10s);
    }
    report(state, cluster, before, 40s);
}
BENCHMARK(crash_and_return)->Arg(16)->Arg(128)->Unit(benchmark::kMillisecond);

// The event queue alone, `pending` events deep.
struct Ticking final : sim::Actor {
    explicit Ticking(sim::World& in) : world{in} {}
    void act(std::uint64_t what) override {
        world.at(world.now() + Duration{static_cast<Duration::rep>(world.rng().below(1'000'000))},
                 *this, what);
    }
    sim::World& world;
};
void event_queue(benchmark::State& state) {
    sim::World world{1};
    Ticking ticking{world};
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        world.at(Time{Duration{static_cast<Duration::rep>(world.rng().below(1'000'000))}}, ticking,
                 static_cast<std::uint64_t>(i));
    }
    for (auto _ : state) world.step(Time::max());
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(event_queue)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace rollcall::bench
