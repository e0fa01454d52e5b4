// SPDX-License-Identifier: Apache-2.0
//
// E2: dissemination time of one message through memberlist's gossip layer alone, against the
// formula of Serf's convergence simulator. Uses the core's BroadcastQueue, PeerChoice and
// transmit_limit, with one queue per member and one shared table, so that 100 000 members fit. No
// probes.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "base/check.h"
#include "membership/broadcast_queue.h"
#include "membership/peer_choice.h"
#include "sim/papers/frame/batches.h"
#include "sim/papers/frame/rows.h"
#include "sim/papers/swim/prototype.h"
#include "sim/papers/table_fixture.h"
#include "sim/world/world.h"

namespace rollcall::sim::papers {
namespace {

constexpr unsigned kFanout = 3;
constexpr Duration kGossipEvery = std::chrono::milliseconds{200};
constexpr unsigned kRetransmitMult = 4;
constexpr double kReached = 0.9999;

constexpr std::array<std::size_t, 5> kLayerSizes = {30, 128, 1000, 10'000, 100'000};
constexpr std::array<double, 4> kLayerLosses = {0, 0.1, 0.3, 0.5};
// Seconds by size and loss, from the formula.
constexpr double kLayerFormula[5][4] = {{1.8, 2.0, 2.6, 3.4},
                                        {2.0, 2.2, 2.8, 3.8},
                                        {2.2, 2.4, 3.2, 4.4},
                                        {2.6, 2.8, 3.6, 5.0},
                                        {2.8, 3.2, 4.0, 5.6}};
constexpr std::size_t kLayerCells = kLayerSizes.size() * kLayerLosses.size();

class GossipLayer final : public Actor {
public:
    GossipLayer(std::size_t members, double loss, std::uint64_t seed)
        : world_{seed}, table_{members}, links_{local_network(loss)}, queues_(members) {
        ids_ = add_members(table_, members);
        limit_ = membership::transmit_limit(kRetransmitMult, members);
    }
    // Seconds until the share kReached has the message; NaN if it dies out before.
    double run() {
        const auto enough =
            static_cast<std::size_t>(std::ceil(kReached * static_cast<double>(ids_.size()) - 1e-9));
        receive(0);
        while (reached_ < enough && world_.events_pending() > 0) world_.step(Time::max());
        if (reached_ < enough) return std::numeric_limits<double>::quiet_NaN();
        return std::chrono::duration<double>(world_.now().time_since_epoch()).count();
    }
    void act(std::uint64_t what) override {
        const auto member = static_cast<std::size_t>(what >> 1);
        (what & 1) != 0 ? receive(member) : tick(member);
    }

private:
    void receive(std::size_t member) {
        auto& queue = queues_[member];
        if (queue) return;
        ++reached_;
        queue = std::make_unique<membership::BroadcastQueue>(1);
        queue->queue("news", as_bytes(std::string_view{"news"}));
        // Its gossip rounds have been running, at a random phase.
        const auto phase = world_.rng().below(static_cast<std::uint64_t>(kGossipEvery.count()));
        world_.at(world_.now() + Duration{static_cast<Duration::rep>(phase)}, *this, member << 1);
    }
    void tick(std::size_t member) {
        membership::BroadcastQueue& queue = *queues_[member];
        const auto& peers =
            choice_.choose(table_, world_.rng(), kFanout,
                           [&](MemberId id, const auto&) { return id != ids_[member]; });
        for (const MemberId peer : peers) {
            bool sent = false;
            queue.take(2, 1000, limit_, 1, [&](Bytes) { sent = true; });
            if (!sent) return;  // transmit limit reached
            const auto takes = links_.carry(0, 1, 100, world_.now(), world_.rng());
            if (takes) {
                world_.at(world_.now() + *takes, *this,
                          (static_cast<std::uint64_t>(place_of(peer)) << 1) | 1);
            }
        }
        if (queue.size() > 0) world_.at(world_.now() + kGossipEvery, *this, member << 1);
    }
    // The index of the member; ids are assigned in ascending order.
    [[nodiscard]] std::size_t place_of(MemberId id) const {
        const auto found = std::ranges::lower_bound(ids_, id.value(), {}, &MemberId::value);
        return static_cast<std::size_t>(found - ids_.begin());
    }

    World world_;
    membership::MemberTable table_;
    Links links_;
    std::vector<MemberId> ids_;
    std::vector<std::unique_ptr<membership::BroadcastQueue>> queues_;
    membership::PeerChoice choice_;
    unsigned limit_ = 0;
    std::size_t reached_ = 0;
};

// Large groups cost more and vary less: fewer runs.
std::size_t layer_runs(std::size_t cell) {
    const std::size_t size = kLayerSizes[cell / kLayerLosses.size()];
    return size >= 100'000 ? 1 : size >= 10'000 ? 4 : 40;
}

Measurement time_layer(std::size_t cell, std::uint64_t seed) {
    Rng rng{seed};
    Measurement seconds;
    for (std::size_t i = 0; i < layer_runs(cell); ++i) {
        GossipLayer layer{kLayerSizes[cell / kLayerLosses.size()],
                          kLayerLosses[cell % kLayerLosses.size()], rng.next()};
        seconds.push_back(layer.run());
    }
    return seconds;
}

Batches layer_batches(const Scale& scale) {
    return {.cells = kLayerCells, .batches = scale.pick<std::size_t>(1, 10, 50)};
}

std::vector<Figure> judge_layer(const Scale& scale, const Results& results) {
    const Batches batches = layer_batches(scale);
    std::vector<Figure> figures;
    for (std::size_t cell = 0; cell < kLayerCells; ++cell) {
        const std::size_t size = cell / kLayerLosses.size(), loss = cell % kLayerLosses.size();
        std::vector<double> seconds = batches.pooled(results, "epidemic/gossip-layer", cell);
        const std::size_t runs = seconds.size();
        std::erase_if(seconds, [](double value) { return std::isnan(value); });
        const double formula = kLayerFormula[size][loss];
        Figure figure{.name = "seconds to 99.99 %, n = " + std::to_string(kLayerSizes[size]) +
                              ", loss " + number(kLayerLosses[loss] * 100) + " %",
                      .published = number(formula)};
        if (seconds.size() < runs) {
            figure.name += " (" +
                           number(100.0 * static_cast<double>(runs - seconds.size()) /
                                  static_cast<double>(runs)) +
                           " % of runs never get there)";
        }
        if (seconds.empty()) seconds = {std::numeric_limits<double>::quiet_NaN()};
        figure.simulated = median(seconds);
        figure.interval = middle(seconds, 0.9);
        if (loss == 0) {
            figure.allowed = "at most the formula";
            figure.verdict = verdict_of(figure.simulated <= formula);
        }
        figures.push_back(std::move(figure));
    }
    return figures;
}

}  // namespace

void add_gossip_layer(Catalogue& all) {
    all.experiments.push_back({.id = "epidemic/gossip-layer",
                               .weight = 0.6,
                               .jobs = [](const Scale& s) { return layer_batches(s).jobs(); },
                               .run =
                                   [](const Scale& s, std::size_t job, std::uint64_t seed) {
                                       return time_layer(layer_batches(s).cell_of(job), seed);
                                   }});
    all.rows.push_back(
        {.id = "E2",
         .paper = "epidemic",
         .target = "Serf's convergence formula, against the gossip layer itself",
         .scenario =
             "n members, three peers each 200 ms, one message sent 4 ceil(log10(n+1)) times "
             "by each; the core's queue and peer choice, nothing else.",
         .tolerance =
             "without loss the formula is conservative: simulated at most the formula; with "
             "loss the deviation is reported (the formula knows no transmit limit)",
         .repetition =
             "batches for each cell, of 40 runs to n = 1000, 4 at 10 000, 1 at 100 000: 1 "
             "quick, 10 normal, 50 full",
         .experiments = {"epidemic/gossip-layer"},
         .judge = judge_layer});
}

}  // namespace rollcall::sim::papers
