// SPDX-License-Identifier: Apache-2.0
//
// Faults drawn from a seed: pauses, kills, restarts, partitions, one-way cuts, loss. Then the
// network heals and the cluster must agree again. Safety is checked all along: what holds at every
// event, not only at the end.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;

// Checks every event of a cluster.
class Watch {
public:
    explicit Watch(SimCluster<>& cluster) : cluster_{cluster} {
        for (const auto& n : cluster.nodes()) {
            n->set_listener([this](auto& node, const Event& event) { look(node, event); });
        }
    }

private:
    void look(SimCluster<>::Node& node, const Event& event) {
        const Node& core = node.node();
        // A node never considers itself dead or left unless it left.
        EXPECT_TRUE(core.leaving() || core.self_member().state == State::alive) << cluster_.story();
        // The events about one member follow the states it can go through.
        auto& states = seen_[node.log().number()];
        const auto go = [&](const About& about, State to, std::initializer_list<State> from) {
            const auto known = states.find(about.name);
            const State before = known == states.end() ? State::dead : known->second;
            EXPECT_NE(std::ranges::find(from, before), from.end())
                << node.name() << " saw " << about.name << " go from " << to_string(before)
                << " to " << to_string(to) << '\n'
                << cluster_.story();
            states[about.name] = to;
        };
        using enum State;
        if (const auto* joined = std::get_if<MemberJoined>(&event)) {
            if (joined->about.name == node.name()) states.clear();  // this process was restarted
            go(joined->about, alive, {dead, left});
        } else if (const auto* suspected = std::get_if<MemberSuspected>(&event)) {
            go(suspected->about, suspect, {alive});
        } else if (const auto* cleared = std::get_if<SuspicionCleared>(&event)) {
            go(cleared->about, alive, {suspect});
        } else if (const auto* failed = std::get_if<MemberFailed>(&event)) {
            go(failed->about, dead, {alive, suspect});
        } else if (const auto* gone = std::get_if<MemberLeft>(&event)) {
            go(gone->about, left, {alive, suspect});
        } else if (const auto* reaped = std::get_if<MemberReaped>(&event)) {
            states.erase(reaped->name);
        }
    }

    SimCluster<>& cluster_;
    std::map<std::uint32_t, std::map<std::string, State>> seen_;
};

// One fault, drawn. Keeps n1 running: it is the seed to join through again.
void break_something(SimCluster<>& cluster, Rng& dice) {
    auto& victim =
        *cluster.nodes()[1 + static_cast<std::size_t>(dice.below(cluster.nodes().size() - 1))];
    const std::string name = victim.name();
    switch (dice.below(7)) {
        case 0:
            if (victim.running()) victim.kill();
            return;
        case 1:
            if (victim.running()) victim.crash();
            return;
        case 2:
            if (!victim.running()) {
                victim.start();
                victim.join(cluster.node("n1").endpoint());
            }
            return;
        case 3:
            if (victim.running() && !victim.paused()) victim.pause();
            return;
        case 4:
            if (victim.running() && victim.paused()) victim.resume();
            return;
        case 5: {
            std::vector<std::string> island;
            for (const auto& n : cluster.nodes()) {
                if (dice.one_in(3)) island.push_back(n->name());
            }
            cluster.links().partition({island});
            return;
        }
        case 6:
            cluster.links().cut_one_way(
                name, cluster.nodes()[dice.below(cluster.nodes().size())]->name());
            return;
    }
}

void mend_everything(SimCluster<>& cluster) {
    cluster.links().heal();
    for (const auto& n : cluster.nodes()) {
        if (n->running() && n->paused()) n->resume();
        if (!n->running()) n->start();
    }
    // Like an agent's retry: all join again through the seed.
    for (const auto& n : cluster.nodes()) {
        if (n->name() != "n1") n->join(cluster.node("n1").endpoint());
    }
}

class RandomFaults : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomFaults, AreSurvivedAndForgotten) {
    const std::uint64_t seed = GetParam();
    SimCluster cluster{sim::ClusterOptions<Node>{
        .nodes = 4 + static_cast<unsigned>(seed % 5),
        .seed = seed,
        .links = {.loss = 0.02 * static_cast<double>(seed % 4),
                  .duplication = 0.02,
                  .reordering = 0.05},
        .key = seed % 3 == 0 ? std::vector<std::byte>(16, std::byte{9}) : std::vector<std::byte>{},
        .wake_delay = seed % 2 == 0 ? Duration{5ms} : Duration{}}};
    Watch watch{cluster};
    cluster.start_joined();
    Rng dice{seed * 77};
    for (int fault = 0; fault < 12; ++fault) {
        break_something(cluster, dice);
        cluster.run_for(std::chrono::milliseconds{dice.below(15'000)});
    }
    mend_everything(cluster);
    ASSERT_TRUE(cluster.converges(90s)) << cluster.story();
    // And so it stays.
    const Time calm = cluster.now();
    cluster.links().set_links({});
    cluster.run_for(60s);
    EXPECT_TRUE(cluster.converged()) << cluster.story();
    EXPECT_TRUE(cluster.nobody_saw(State::dead, calm)) << cluster.story();
    // An exchange may be under way at any moment, but none lasts.
    EXPECT_TRUE(cluster.run_until([&] { return cluster.streams().held_count() == 0; }, 2s))
        << cluster.streams().held() << cluster.story();
}

// Twenty seeds, or ROLLCALL_SIM_SEEDS of them.
std::uint64_t seeds() {
    const char* text = std::getenv("ROLLCALL_SIM_SEEDS");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 20;
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomFaults, testing::Range<std::uint64_t>(1, seeds() + 1));

// The same seed is the same run, to the last byte; another seed is another run.
std::uint64_t a_run(std::uint64_t seed) {
    SimCluster cluster{sim::ClusterOptions<Node>{.nodes = 5,
                                                 .seed = seed,
                                                 .links = {.loss = 0.05, .reordering = 0.1},
                                                 .key = std::vector<std::byte>(16)}};
    cluster.start_joined();
    Rng dice{seed};
    for (int fault = 0; fault < 6; ++fault) {
        break_something(cluster, dice);
        cluster.run_for(5s);
    }
    return cluster.hash();
}

TEST(Determinism, TheSameSeedIsTheSameRunAndAnotherSeedIsNot) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) EXPECT_EQ(a_run(seed), a_run(seed)) << seed;
    EXPECT_NE(a_run(1), a_run(2));
    EXPECT_NE(a_run(2), a_run(3));
}

}  // namespace
}  // namespace rollcall::membership
