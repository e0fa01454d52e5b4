// SPDX-License-Identifier: Apache-2.0
//
// Coordinates in the protocol: in acks, per member and for how long, and how well a cluster in
// virtual time estimates its distances. Figures are printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "serf/coordinate.h"
#include "serf/lone.h"
#include "serf/vivaldi.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using Cluster = sim::SimCluster<Serf>;

Coordinate placed_at(double x) {
    Coordinate c;
    c.vec[0] = x;
    return c;
}

Buffer ack_payload_of(const Coordinate& coordinate) {
    Buffer room(200);
    room.resize(encode_payload(coordinate, room));
    return room;
}

class RuleN2OnASerf : public SerfAmongPuppets {
protected:
    [[nodiscard]] std::uint64_t refused(CoordinateRefusal cause) const {
        return a.serf.stats().coordinates_refused[static_cast<std::size_t>(cause)];
    }
};

TEST_F(RuleN2OnASerf, AckCarriesCoordinate) {
    a.add_member("b", 8001);
    a.set_ack_payload("b", ack_payload_of(placed_at(0.02)));
    EXPECT_FALSE(a.serf.coordinate_of("b"));
    a.advance(3s);
    EXPECT_EQ(a.serf.coordinate_of("b"), placed_at(0.02));
    EXPECT_GE(a.serf.stats().coordinates_learned, 2u);
    EXPECT_NE(a.serf.coordinate(), Coordinate{});  // and ours moved
    EXPECT_EQ(a.serf.coordinate_of("a"), a.serf.coordinate());
    EXPECT_FALSE(a.serf.coordinate_of("unknown"));
}

TEST_F(RuleN2OnASerf, AckWithoutPayloadIsNotRefused) {
    a.add_member("b", 8001);
    a.advance(3s);
    EXPECT_FALSE(a.serf.coordinate_of("b"));
    EXPECT_EQ(a.serf.coordinate(), Coordinate{});
    EXPECT_THAT(a.serf.stats().coordinates_refused, testing::Each(0u));
}

TEST_F(RuleN2OnASerf, HostilePayloadsAreCountedByCause) {
    a.add_member("b", 8001);
    const auto ack_with = [&](Buffer payload) {
        a.set_ack_payload("b", std::move(payload));
        a.advance(2s);
        EXPECT_FALSE(a.serf.coordinate_of("b"));
        EXPECT_EQ(a.serf.coordinate(), Coordinate{});
        EXPECT_EQ(a.status("b"), Status::alive);  // it answered all the same
    };
    using enum CoordinateRefusal;
    ack_with({std::byte{2}, std::byte{0x80}});
    EXPECT_GE(refused(unknown_version), 1u);
    ack_with(Buffer(300, std::byte{1}));
    EXPECT_GE(refused(undecodable), 1u);
    ack_with({std::byte{1}, std::byte{0x80}});
    EXPECT_GE(refused(dimensions), 1u);
    ack_with(ack_payload_of(placed_at(std::numeric_limits<double>::quiet_NaN())));
    EXPECT_GE(refused(not_finite), 1u);
    ack_with(ack_payload_of(placed_at(-std::numeric_limits<double>::infinity())));
    EXPECT_GE(refused(not_finite), 2u);
    ack_with(ack_payload_of(placed_at(1e12)));
    EXPECT_GE(refused(implausible), 1u);
    EXPECT_EQ(a.serf.stats().coordinates_learned, 0u);
}

TEST_F(RuleN2OnASerf, CoordinateIsErasedWithItsMember) {
    a.add_member("b", 8001);
    a.set_ack_payload("b", ack_payload_of(placed_at(0.02)));
    a.advance(3s);
    a.silence("b");
    a.declare_dead("b");
    ASSERT_EQ(a.status("b"), Status::failed);
    EXPECT_TRUE(a.serf.coordinate_of("b"));
    a.command([](Serf& serf, Time now, Serf::Outbox& out) {
        return *serf.force_leave(now, "b", true, out);
    });
    ASSERT_EQ(a.status("b"), Status::none);
    EXPECT_FALSE(a.serf.coordinate_of("b"));
}

TEST(RuleN2OnASerfWithout, NoCoordinateIsSentLearnedOrKept) {
    Lone a{[](Config& c) { c.disable_coordinates = true; }};
    a.add_member("b", 8001);
    a.set_ack_payload("b", ack_payload_of(placed_at(0.02)));
    a.advance(3s);
    EXPECT_FALSE(a.serf.coordinate());
    EXPECT_FALSE(a.serf.coordinate_of("a"));
    EXPECT_FALSE(a.serf.coordinate_of("b"));
    EXPECT_EQ(a.serf.stats().coordinates_learned, 0u);
}

// One member without coordinates among two with: they know each other's, and none knows its.
TEST(Coordinates, MemberWithoutCoordinatesDoesNotAffectOthers) {
    Cluster cluster{{.nodes = 3, .seed = 4, .tweak = [](Config& c, unsigned number) {
                         c.disable_coordinates = number == 3;
                     }}};
    cluster.start_joined();
    cluster.run_for(20s);
    EXPECT_TRUE(cluster.node("n1").core().coordinate_of("n2"));
    EXPECT_TRUE(cluster.node("n2").core().coordinate_of("n1"));
    EXPECT_FALSE(cluster.node("n1").core().coordinate_of("n3"));
    EXPECT_FALSE(cluster.node("n3").core().coordinate_of("n1"));
}

// Three sites on a map; latencies are log-normal, one packet in a thousand takes four times as long
// as the usual one.
class CoordinatesOfThreeSites : public testing::TestWithParam<std::uint64_t> {
protected:
    static constexpr unsigned kNodes = 18;

    static sim::Latency one_way(unsigned i, unsigned j) {
        struct Site {
            double x, y;  // ms of a one-way trip
        };
        constexpr std::array<Site, 3> sites{Site{0, 0}, Site{12, 0}, Site{5, 20}};
        const Site& from = sites[i % 3];
        const Site& to = sites[j % 3];
        const double ms = 0.5 + std::hypot(from.x - to.x, from.y - to.y);
        const Duration median{std::llround(ms * 1e6)};
        return sim::Latency::log_normal(median, 4 * median).value();
    }
    // Of both ways together, by drawing them.
    static Duration true_median(unsigned i, unsigned j) {
        Rng dice{i * 100 + j};
        std::vector<Duration> sums(4001);
        const auto there = one_way(i, j), back = one_way(j, i);
        for (Duration& sum : sums) sum = there.draw(dice) + back.draw(dice);
        std::ranges::nth_element(sums, sums.begin() + 2000);
        return sums[2000];
    }
    static std::string name_of(unsigned i) { return "n" + std::to_string(i + 1); }

    static void lay_links(Cluster& cluster) {
        for (unsigned i = 0; i < kNodes; ++i) {
            for (unsigned j = 0; j < kNodes; ++j) {
                if (i == j) continue;
                cluster.links().set_link(name_of(i), name_of(j), {.latency = one_way(i, j)});
            }
        }
    }
    struct Estimate {
        Duration truth, error;
        [[nodiscard]] double relative() const {
            return static_cast<double>(error.count()) / static_cast<double>(truth.count());
        }
    };
    // Every pair's, as its first member makes it, between sites or within one.
    static std::vector<Estimate> estimates(Cluster& cluster, bool between) {
        std::vector<Estimate> found;
        for (unsigned i = 0; i < kNodes; ++i) {
            const Serf& asked = cluster.node(name_of(i)).core();
            for (unsigned j = 0; j < kNodes; ++j) {
                if (i == j || (i % 3 != j % 3) != between) continue;
                const auto other = asked.coordinate_of(name_of(j));
                EXPECT_TRUE(other);
                if (!other) continue;
                const Duration truth = true_median(i, j);
                const Duration estimate = distance(*asked.coordinate(), *other);
                found.push_back({.truth = truth, .error = std::chrono::abs(estimate - truth)});
            }
        }
        return found;
    }
    template <class Value>
    static Value nine_of_ten(std::vector<Value> values) {
        std::ranges::sort(values);
        return values[values.size() * 9 / 10];
    }
};

// The noise of the far links reaches into the near ones: what is close is known to be close, and
// not how close.
TEST_P(CoordinatesOfThreeSites, EstimatesComeNearTheTrueMedian) {
    Cluster cluster{{.nodes = kNodes, .seed = GetParam(), .keep_story = false}};
    cluster.start_joined();
    lay_links(cluster);
    cluster.run_for(10min);
    std::vector<double> far;
    for (const Estimate& e : estimates(cluster, true)) far.push_back(e.relative());
    std::vector<Duration> near;
    for (const Estimate& e : estimates(cluster, false)) near.push_back(e.error);
    ASSERT_EQ(far.size() + near.size(), kNodes * (kNodes - 1));
    std::cout << std::fixed << std::setprecision(1) << "9 of 10 estimates are off by at most "
              << 100 * nine_of_ten(far) << " % between sites (worst " << 100 * std::ranges::max(far)
              << " %), and by "
              << std::chrono::duration<double, std::milli>(nine_of_ten(near)).count()
              << " ms within one (worst "
              << std::chrono::duration<double, std::milli>(std::ranges::max(near)).count()
              << " ms)\n";
    EXPECT_LT(nine_of_ten(far), 0.20);
    EXPECT_LT(nine_of_ten(near), 5ms);
    for (const auto& node : cluster.nodes()) {
        EXPECT_EQ(node->core().stats().coordinate_resets, 0u);
        EXPECT_THAT(node->core().stats().coordinates_refused, testing::Each(0u));
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CoordinatesOfThreeSites, testing::Range<std::uint64_t>(1, 5));

TEST(Coordinates, SameSeedSameCoordinates) {
    const auto map_of = [](std::uint64_t seed) {
        Cluster cluster{{.nodes = 6, .seed = seed, .keep_story = false}};
        cluster.start_joined();
        cluster.run_for(60s);
        std::vector<Coordinate> places;
        for (const auto& node : cluster.nodes()) places.push_back(*node->core().coordinate());
        return places;
    };
    EXPECT_EQ(map_of(9), map_of(9));
    EXPECT_NE(map_of(9), map_of(10));
}

}  // namespace
}  // namespace rollcall::serf
