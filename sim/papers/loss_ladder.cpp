// SPDX-License-Identifier: Apache-2.0
//
// T1: a death must reach all members over links that lose 5 to 90 % of all datagrams (a unit test
// of Tarantool's SWIM). Datagrams only: no pings by stream, no push/pull.
#include <array>

#include "base/check.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/swim/prototype.h"
#include "sim/papers/swim/published.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kLadderMembers = 20;
constexpr double kLadderLimit = 1000;  // seconds
constexpr std::array<double, 5> kLadderLosses = {0.05, 0.1, 0.2, 0.5, 0.9};

// Seconds until all other members at once consider the member that is cut off dead; or the limit.
Measurement time_death(double loss, std::uint64_t seed) {
    membership::Config config = as_published();
    config.probe_interval = 1s;
    config.tcp_pings = false;
    config.push_pull_interval = {};
    config.gossip_to_the_dead = 24h;  // dead members are not reaped
    SimCluster<membership::Node> cluster{on_local_network(kLadderMembers, seed, config)};
    cluster.start();
    acquaint(cluster, 60s);
    const Time begin = cluster.now();
    cluster.links().set_links(local_network(loss));
    cluster.links().set_host_loss("n7", {.egress = 1, .ingress = 1});
    const bool all = cluster.all_others_see("n7", membership::State::dead,
                                            std::chrono::seconds{static_cast<long>(kLadderLimit)});
    return {all ? std::chrono::duration<double>(cluster.now() - begin).count() : kLadderLimit};
}

Batches ladder_batches(const Scale& scale) {
    return {.cells = kLadderLosses.size(), .batches = scale.pick<std::size_t>(10, 50, 200)};
}

std::vector<Figure> judge_ladder(const Scale& scale, const Results& results) {
    const Batches batches = ladder_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < kLadderLosses.size(); ++i) {
        const auto seconds = batches.column(results, "epidemic/loss-ladder", i, 0);
        Figure figure{.name = "seconds, the longest of all runs, loss " +
                              number(kLadderLosses[i] * 100) + " %",
                      .published = "less than 1000"};
        figure.simulated = quantile(seconds, 1);
        figure.interval = middle(seconds, 0.9);
        figure.allowed = "less than 1000, always";
        figure.verdict = verdict_of(figure.simulated < kLadderLimit);
        figures.push_back(std::move(figure));
    }
    return figures;
}

}  // namespace

void add_loss_ladder(Catalogue& all) {
    all.experiments.push_back({.id = "epidemic/loss-ladder",
                               .weight = 0.1,
                               .jobs = [](const Scale& s) { return ladder_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return time_death(
                                           kLadderLosses[ladder_batches(s).cell_of(job)], seed);
                                   }});
    all.rows.push_back(
        {.id = "T1",
         .paper = "epidemic",
         .target = "A death reaches all members at any loss up to 90 % (Tarantool's ladder)",
         .scenario = "20 members, each datagram lost with 5 to 90 %; one member cut off entirely. "
                     "LAN timings, no streams, the dead are kept.",
         .tolerance = "all members consider it dead within 1000 s, in every run",
         .repetition = "runs for each loss: 10 quick, 50 normal, 200 full",
         .experiments = {"epidemic/loss-ladder"},
         .judge = judge_ladder});
}

}  // namespace rollcall::sim::papers
