// SPDX-License-Identifier: Apache-2.0
//
// Effects of links and interfaces: distributions, bursts, losses of one host, bandwidth, and cuts
// that are made and mended separately.
#include "sim/world/links.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/world/bandwidth.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::State;

// Which of `count` datagrams, one each `every`, a link loses.
std::vector<bool> losses(const LinkQuality& quality, std::size_t count, Duration every) {
    Links links{quality};
    Rng rng{3};
    std::vector<bool> lost;
    Time now{};
    for (std::size_t i = 0; i < count; ++i, now += every) {
        lost.push_back(!links.carry(0, 1, 100, now, rng));
    }
    return lost;
}

struct Runs {
    double share = 0;
    double mean_length = 0;
};
Runs runs_of(const std::vector<bool>& lost) {
    double all = 0;
    double runs = 0;
    for (std::size_t i = 0; i < lost.size(); ++i) {
        all += lost[i] ? 1 : 0;
        runs += lost[i] && (i == 0 || !lost[i - 1]) ? 1 : 0;
    }
    return {all / static_cast<double>(lost.size()), all / runs};
}

TEST(BurstyLinks, HaveTheGivenLossAndBurstLength) {
    // Bad for 500 ms of every 5.5 s; 50 datagrams in a burst at 10 ms each.
    const LinkQuality stormy{.bursts = Bursts{.good = 5s, .bad = 500ms}};
    const Runs dense = runs_of(losses(stormy, 2'000'000, 10ms));
    EXPECT_NEAR(dense.share, 1 / 11.0, 0.006);
    EXPECT_NEAR(dense.mean_length, 50, 3);
    // With rare datagrams the loss is the same; only the bursts no longer show.
    const Runs sparse = runs_of(losses(stormy, 200'000, 1min));
    EXPECT_NEAR(sparse.share, 1 / 11.0, 0.006);
    EXPECT_NEAR(sparse.mean_length, 1.1, 0.05);
}

TEST(BurstyLinks, HaveALossInEachState) {
    const LinkQuality both{.bursts =
                               Bursts{.good = 1s, .bad = 1s, .loss_good = 0.1, .loss_bad = 0.5}};
    EXPECT_NEAR(runs_of(losses(both, 1'000'000, 10ms)).share, 0.3, 0.02);
}

TEST(BurstyLinks, OfTwoDirectionsAreIndependent) {
    Links links{{.bursts = Bursts{.good = 1s, .bad = 1s}}};
    Rng rng{1};
    std::size_t same = 0;
    for (int i = 0; i < 10'000; ++i) {
        const Time now{i * 1s};
        same +=
            links.carry(0, 1, 1, now, rng).has_value() == links.carry(1, 0, 1, now, rng).has_value()
                ? 1u
                : 0u;
    }
    EXPECT_NEAR(static_cast<double>(same), 5000, 300);
}

TEST(HostLosses, ApplyToEveryPeerInAdditionToTheLinks) {
    Links links{{.loss = 0.5}};
    links.set_host_loss(1, {.egress = 0.5, .ingress = 1});
    Rng rng{1};
    int out = 0;
    int in = 0;
    int past = 0;
    for (int i = 0; i < 10'000; ++i) {
        out += links.carry(1, 2, 1, Time{}, rng) ? 1 : 0;
        in += links.carry(2, 1, 1, Time{}, rng) ? 1 : 0;
        past += links.carry(2, 3, 1, Time{}, rng) ? 1 : 0;
    }
    EXPECT_NEAR(out, 2500, 200);
    EXPECT_EQ(in, 0);
    EXPECT_NEAR(past, 5000, 200);
    EXPECT_TRUE(links.silent(2, 1));
    EXPECT_FALSE(links.silent(1, 2));
    links.heal();
    EXPECT_FALSE(links.silent(2, 1));
}

TEST(LinkQualities, DrawTheirLatencyFromTheDistribution) {
    Links links{{.latency = Latency::log_normal(1ms, 40ms).value()}};
    Rng rng{1};
    int slow = 0;
    for (int i = 0; i < 10'000; ++i) slow += *links.carry(0, 1, 1, Time{}, rng) > 1ms ? 1 : 0;
    EXPECT_NEAR(slow, 5000, 200);
}

TEST(LinkQualities, OutOfRangeNameTheFieldTheValueAndWhatIsAllowed) {
    EXPECT_EQ(LinkQuality{}.problem(), "");
    EXPECT_EQ(LinkQuality{.loss = 1.5}.problem(), "loss is 1.500000; allowed is 0 to 1");
    EXPECT_EQ((LinkQuality{.latency_min = 3ms, .latency_max = 2ms}.problem()),
              "latency_max is 2 ms; allowed is 3 ms to 3600 s");
    EXPECT_EQ(LinkQuality{.mtu = 0}.problem(), "mtu is 0 bytes; allowed is 1 to 65507");
    EXPECT_EQ((LinkQuality{.bursts = Bursts{.bad = 0s}}.problem()),
              "bursts.bad is 0 s; allowed is 1 us to 3600 s");
    EXPECT_EQ((HostLoss{.ingress = -1}.problem()), "ingress loss is -1.000000; allowed is 0 to 1");
    EXPECT_EQ((Bandwidth{.egress = 99}.problem()),
              "egress is 99 bytes/s; allowed is 0 (no limit), or 100 to 100000000000");
}

TEST(Bandwidths, DelayPacketsAndDropBeyondTheQueue) {
    RateQueue queue;
    // 1000 bytes/s: a second for each, and no more than two seconds of waiting.
    EXPECT_EQ(queue.push(1000, 1000, 2000, Time{}), Duration{1s});
    EXPECT_EQ(queue.push(1000, 1000, 2000, Time{}), Duration{2s});
    EXPECT_EQ(queue.push(1000, 1000, 2000, Time{}), std::nullopt);
    EXPECT_EQ(queue.push(1000, 1000, 2000, Time{1s}), Duration{2s});
    EXPECT_EQ(queue.push(9000, 1000, 2000, Time{10s}), Duration{9s})
        << "an idle queue accepts any size";
}

TEST(Bandwidths, OfOneHostLimitItsTrafficAndCountDrops) {
    SimCluster cluster{{.nodes = 5, .seed = 4}};
    cluster.start_joined();
    cluster.links().set_bandwidth("n2", {.egress = 100, .ingress = 100, .queue = 300});
    cluster.run_for(60s);
    const HostTraffic& starved = cluster.network().traffic_of(cluster.node("n2").host());
    const HostTraffic& healthy = cluster.network().traffic_of(cluster.node("n3").host());
    EXPECT_GT(starved.egress_full, 0u);
    EXPECT_GT(starved.ingress_full, 0u);
    EXPECT_EQ(healthy.egress_full + healthy.ingress_full, 0u);
    EXPECT_FALSE(cluster.never_saw("n2", State::suspect));
    EXPECT_EQ(cluster.network().traffic().egress_full, starved.egress_full);
    cluster.links().set_bandwidth("n2", {});
    EXPECT_TRUE(cluster.converges(60s)) << cluster.story();
}

TEST(Cuts, BetweenGroupsAreCutAndMendedSeparately) {
    SimCluster cluster{{.nodes = 4, .seed = 4}};
    cluster.start();
    const auto way = [&](const char* from, const char* to) {
        return cluster.network().links().connected(cluster.node(from).host(),
                                                   cluster.node(to).host());
    };
    cluster.links().cut_between({"n1", "n2"}, {"n3", "n4"});
    EXPECT_TRUE(way("n1", "n2") && way("n3", "n4"));
    EXPECT_FALSE(way("n1", "n3") || way("n3", "n1") || way("n2", "n4"));
    cluster.links().mend_one_way("n1", "n3");
    EXPECT_TRUE(way("n1", "n3"));
    EXPECT_FALSE(way("n3", "n1"));
    cluster.links().mend_between({"n1"}, {"n3", "n4"});
    EXPECT_TRUE(way("n3", "n1") && way("n1", "n4"));
    EXPECT_FALSE(way("n2", "n3"));
    cluster.links().cut_groups_one_way({"n1"}, {"n2", "n3"});
    EXPECT_FALSE(way("n1", "n2") || way("n1", "n3"));
    EXPECT_TRUE(way("n2", "n1"));
    cluster.links().mend_groups_one_way({"n1"}, {"n2"});
    EXPECT_TRUE(way("n1", "n2"));
    cluster.links().cut("n2", "n1");
    EXPECT_FALSE(way("n1", "n2") || way("n2", "n1"));
    cluster.links().mend("n1", "n2");
    EXPECT_TRUE(way("n1", "n2") && way("n2", "n1"));
}

// A pair without a link is not a failure: the others relay.
TEST(Cuts, BetweenOnePairAreBridgedByRelays) {
    SimCluster cluster{{.nodes = 5, .seed = 9}};
    cluster.start_joined();
    cluster.links().cut("n1", "n2");
    cluster.run_for(2min);
    EXPECT_TRUE(cluster.nobody_saw(State::dead)) << cluster.story();
}

TEST(FlappingLinks, AlternateUntilTheyAreMended) {
    SimCluster cluster{{.nodes = 3, .seed = 2}};
    cluster.start();
    const auto whole = [&] {
        return cluster.network().links().connected(cluster.node("n1").host(),
                                                   cluster.node("n2").host());
    };
    cluster.links().flap("n1", "n2", 2s, 3s);
    std::string seen;
    for (int second = 0; second < 10; ++second) {
        cluster.run_for(500ms);
        seen += whole() ? '+' : '-';
        cluster.run_for(500ms);
    }
    EXPECT_EQ(seen, "--+++--+++");
    cluster.links().mend("n2", "n1");
    cluster.run_for(1s);
    EXPECT_TRUE(whole());
    cluster.links().flap("n1", "n2", 2s, 3s);
    cluster.links().heal();
    cluster.run_for(1s);
    EXPECT_TRUE(whole());
}

TEST(Plans, RunAtTheirTimeAndMayScheduleMore) {
    SimCluster cluster{{.nodes = 2, .seed = 2}};
    cluster.start();
    std::vector<Duration> times;
    cluster.after(2s, [&] {
        times.push_back(cluster.elapsed());
        cluster.after(1s, [&] { times.push_back(cluster.elapsed()); });
    });
    cluster.run_for(10s);
    EXPECT_EQ(times, (std::vector<Duration>{2s, 3s}));
}

}  // namespace
}  // namespace rollcall::sim
