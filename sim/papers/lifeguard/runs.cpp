// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/lifeguard/runs.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/rng.h"
#include "sim/papers/swim/prototype.h"
#include "sim/papers/swim/published.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSettle = 15s;
constexpr Duration kExperiment = 120s;

// Sends and receives block; each loop of the agent blocks separately, and suspicions expire
// meanwhile. The backlog is Consul's handoff queue.
constexpr Blocking kBlockedAgent{.sends = Blocking::Sends::loops, .backlog = 1024};

using Cluster = SimCluster<membership::Node>;

class BlockedAgents {
public:
    BlockedAgents(const LifeguardVariant& variant, const Anomaly& anomaly, bool compress,
                  std::uint64_t seed)
        : cluster{on_local_network(kAgents, seed, variant.config(compress))}, anomalous(kAgents) {
        cluster.start();
        acquaint(cluster, kSettle);
        const auto work = Latency::constant(kMessageWork);
        ROLLCALL_CHECK(static_cast<bool>(work));
        for (const auto& agent : cluster.nodes()) agent->input().set_service_time(*work, false);
        std::vector<std::size_t> order(kAgents);
        std::iota(order.begin(), order.end(), std::size_t{0});
        cluster.world().rng().shuffle(std::span{order});
        for (unsigned i = 0; i < kConcurrent[anomaly.c]; ++i) anomalous[order[i]] = true;
    }
    void block() {
        for (std::size_t i = 0; i < kAgents; ++i) {
            if (anomalous[i]) cluster.nodes()[i]->block(kBlockedAgent);
        }
    }
    void unblock() {
        for (std::size_t i = 0; i < kAgents; ++i) {
            if (anomalous[i]) cluster.nodes()[i]->unblock();
        }
    }
    // Calls f(reporter, about), by number, for every failure event at any agent.
    template <class F>
    void on_failure(F f) {
        for (std::size_t reporter = 0; reporter < kAgents; ++reporter) {
            cluster.nodes()[reporter]->set_listener([f, reporter](const auto&,
                                                                  const membership::Event& event) {
                const auto* failed = std::get_if<membership::MemberFailed>(&event);
                if (failed == nullptr) return;
                f(reporter, static_cast<std::size_t>(std::stoul(failed->about.name.substr(1)) - 1));
            });
        }
    }

    Cluster cluster;
    std::vector<bool> anomalous;
};

Duration milliseconds_of(unsigned ms) {
    return std::chrono::milliseconds{ms};
}

}  // namespace

membership::Config LifeguardVariant::config(bool compress) const {
    membership::Config config = as_published();
    config.layers.compress = compress;
    config.layers.compress_from = 0;  // as Go peers do
    config.pause_threshold = 1h;      // did not exist at the time
    config.variant.sparing_counts = false;
    config.suspicion_mult = alpha;
    if (!probe) {
        config.awareness_max_multiplier = 1;
        config.variant.nacks = false;
    }
    config.suspicion_max_timeout_mult = suspicion ? beta : 1;
    config.variant.confirmations = suspicion ? 3 : 0;  // K
    config.variant.buddy = buddy;
    return config;
}

const std::vector<LifeguardVariant>& lifeguard_variants() {
    static const std::vector<LifeguardVariant> all = [] {
        std::vector<LifeguardVariant> list = {
            {.name = "SWIM", .slug = "swim", .probe = false, .suspicion = false, .buddy = false},
            {.name = "LHA-Probe", .slug = "probe", .suspicion = false, .buddy = false},
            {.name = "LHA-Suspicion", .slug = "suspicion", .probe = false, .buddy = false},
            {.name = "Buddy System", .slug = "buddy", .probe = false, .suspicion = false},
            {.name = "Lifeguard", .slug = "lifeguard"}};
        for (const unsigned alpha : {2u, 4u, 5u}) {
            for (const unsigned beta : {2u, 4u, 6u}) {
                if (alpha == 5 && beta == 6) continue;
                const std::string numbers = std::to_string(alpha) + "-" + std::to_string(beta);
                list.push_back({.name = "Lifeguard " + numbers,
                                .slug = "lifeguard-" + numbers,
                                .alpha = alpha,
                                .beta = beta});
            }
        }
        return list;
    }();
    return all;
}

ThresholdOutcome run_threshold(const LifeguardVariant& variant, const Anomaly& anomaly,
                               std::uint64_t seed) {
    BlockedAgents agents{variant, anomaly, false, seed};
    const Time begin = agents.cluster.now();
    const std::size_t healthy = kAgents - kConcurrent[anomaly.c];
    struct Detected {
        std::optional<double> first, last;
        std::size_t by_healthy = 0;
        std::vector<bool> reported = std::vector<bool>(kAgents);
    };
    std::vector<Detected> detected(kAgents);
    agents.on_failure([&](std::size_t reporter, std::size_t about) {
        if (!agents.anomalous[about]) return;
        Detected& d = detected[about];
        const double at = std::chrono::duration<double>(agents.cluster.now() - begin).count();
        if (!d.first) d.first = at;
        if (agents.anomalous[reporter] || d.reported[reporter]) return;
        d.reported[reporter] = true;
        if (++d.by_healthy == healthy) d.last = at;
    });
    agents.block();
    agents.cluster.run_for(milliseconds_of(kBlockedMs[anomaly.d]));
    agents.unblock();
    // Until all see all, or the time is over: later events are not measured.
    while (!agents.cluster.converged() && agents.cluster.now() - begin < kExperiment) {
        agents.cluster.run_for(1s);
    }
    ThresholdOutcome outcome;
    for (const Detected& d : detected) {
        if (d.first) outcome.first.push_back(*d.first);
        if (d.last) outcome.full.push_back(*d.last);
    }
    return outcome;
}

IntervalOutcome run_interval(const LifeguardVariant& variant, const Anomaly& anomaly, bool compress,
                             std::uint64_t seed) {
    BlockedAgents agents{variant, anomaly, compress, seed};
    IntervalOutcome outcome;
    agents.on_failure([&](std::size_t reporter, std::size_t about) {
        if (agents.anomalous[about]) return;
        outcome.false_positives += 1;
        if (!agents.anomalous[reporter]) outcome.false_positives_at_healthy += 1;
    });
    Network& network = agents.cluster.network();
    const Traffic before = network.traffic();
    const Time begin = agents.cluster.now();
    for (;;) {
        agents.block();
        agents.cluster.run_for(milliseconds_of(kBlockedMs[anomaly.d]));
        agents.unblock();
        if (agents.cluster.now() - begin >= kExperiment) break;
        agents.cluster.run_for(milliseconds_of(kNormalMs[anomaly.i]));
    }
    const Traffic& after = network.traffic();
    // A push/pull is one message each way, and so is a ping by stream.
    outcome.messages = static_cast<double>(after.datagrams - before.datagrams) +
                       2 * static_cast<double>(after.streams - before.streams);
    outcome.bytes = static_cast<double>(after.datagram_bytes - before.datagram_bytes) +
                    static_cast<double>(after.stream_bytes - before.stream_bytes);
    return outcome;
}

}  // namespace rollcall::sim::papers
