// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/draw/lost_leaves.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "sim/scenario/draw/drawn.h"

namespace rollcall::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Rare, so that it seldom repairs what a missed leave causes before the invariants look.
constexpr Duration kRarePushPull = std::chrono::minutes{2};
constexpr Duration kFirstLeave = seconds{10};
constexpr Duration kLead = milliseconds{100};  // the loss begins this long before the leave
// Longer than a suspicion without confirmations and what follows from it.
constexpr Duration kBetween = seconds{90};
constexpr unsigned kMostLeaves = 3;

}  // namespace

void draw_lost_leaves(Rng& rng, Scenario& scenario) {
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(rng.below(bound)); };
    scenario.profile = rng.one_in(2) ? membership::Config::lan() : membership::Config::local();
    scenario.profile.push_pull_interval = kRarePushPull;
    scenario.links.loss = below(20) / 1000.0;

    Nodes order(scenario.nodes);
    std::iota(order.begin(), order.end(), 1u);
    // Members that stay and receive everything can answer: one of three nodes, at least two of
    // more.
    const unsigned leaves = std::clamp(scenario.nodes - 3, 1u, 1 + below(kMostLeaves));
    Duration now = kFirstLeave;
    for (unsigned i = 0; i < leaves; ++i) {
        const std::uint32_t leaver = rng.draw(std::span{order}, i);
        const std::size_t deaf_count = scenario.nodes - i > 4 ? 1 + below(2) : 1;
        Nodes deaf;
        for (std::size_t k = 0; k < deaf_count; ++k) {
            Nodes rest{order.begin() + static_cast<std::ptrdiff_t>(i) + 1, order.end()};
            const std::uint32_t one = rng.draw(std::span{rest}, 0);
            if (std::ranges::find(deaf, one) == deaf.end()) deaf.push_back(one);
        }
        std::ranges::sort(deaf);
        scenario.steps.push_back(
            {.at = now - kLead, .what = action::HostLoss{.who = deaf, .ingress = 1}});
        scenario.steps.push_back({.at = now, .what = action::Leave{{leaver}}});
        // Short: they probe the leaver when they receive again. Long: they suspect it before that,
        // and no answer reaches them before the verdict.
        const Duration lost = seconds{3} + milliseconds{below(rng.one_in(2) ? 5'000 : 22'000)};
        scenario.steps.push_back({.at = now + lost, .what = action::HostLoss{.who = deaf}});
        now += kBetween;
    }
    scenario.length = now;
    scenario.healing = time_to_detect(scenario);
}

}  // namespace rollcall::sim
