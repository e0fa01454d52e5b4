// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of coordinates: Serf's recorded runs to the last bit, hostile numbers without
// effect, and the ack's payload.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "serf/coordinate.h"
#include "serf/vivaldi.h"
#include "support/vectors.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

Coordinate coordinate_of(const json& value) {
    return {.vec = value["Vec"].get<std::array<double, kDimensions>>(),
            .error = value["Error"],
            .adjustment = value["Adjustment"],
            .height = value["Height"]};
}

// As a peer would send it, of any number of dimensions.
std::vector<std::byte> payload_of(const json& value) {
    std::vector<std::byte> room(65536);
    ByteWriter out{room};
    wire::MsgpackWriter writer{out};
    out.u8(1);
    writer.map(4);
    writer.text("Adjustment");
    writer.real(value["Adjustment"]);
    writer.text("Error");
    writer.real(value["Error"]);
    writer.text("Height");
    writer.real(value["Height"]);
    writer.text("Vec");
    writer.array(static_cast<std::uint32_t>(value["Vec"].size()));
    for (const double component : value["Vec"]) writer.real(component);
    room.resize(out.size());
    return room;
}

bool is_refused(const json& step) {
    return step.contains("Err") && step["Err"].is_string() &&
           !step["Err"].get<std::string>().empty();
}

Coordinate at_x(double x) {
    Coordinate c;
    c.vec[0] = x;
    return c;
}

// How many steps it had.
int repeat(const json& run) {
    int steps = 0;
    if (run["start"]["Vec"].size() != kDimensions) {  // we have eight: such a start is never ours
        EXPECT_EQ(decode_payload(payload_of(run["start"])).error(), CoordinateRefusal::dimensions);
        return 1;
    }
    Vivaldi ours{1, coordinate_of(run["start"])};
    std::map<std::string, LatencyFilter> filters;
    for (const json& step : run["steps"]) {
        if (step["Other"]["Vec"].size() != kDimensions) {  // refused where the ack is decoded
            EXPECT_TRUE(is_refused(step));
            EXPECT_EQ(decode_payload(payload_of(step["Other"])).error(),
                      CoordinateRefusal::dimensions);
            EXPECT_EQ(ours.coordinate(), coordinate_of(step["After"]));
            ++steps;
            continue;
        }
        const Coordinate other = coordinate_of(step["Other"]);
        const auto refusal = ours.update(other, Duration{step["RttNs"].get<std::int64_t>()},
                                         filters[step.value("Node", "")]);
        EXPECT_EQ(refusal.has_value(), is_refused(step)) << step;
        EXPECT_EQ(ours.coordinate(), coordinate_of(step["After"]));
        if (step.contains("DistanceToOtherNs")) {
            EXPECT_EQ(distance(ours.coordinate(), other).count(), step["DistanceToOtherNs"]);
        }
        ++steps;
    }
    if (run.contains("resets")) {
        EXPECT_EQ(ours.resets(), run["resets"]);
    }
    return steps;
}

TEST(RuleN1, EveryRunOfSerfsOwnCodeIsRepeatedToTheLastBit) {
    const auto files = rollcall::tests::vector_files(rollcall::tests::VectorKind::vivaldi);
    ASSERT_FALSE(files.empty());
    for (const auto& file : files) {
        int steps = 0;
        for (const json& run : file.entries) {
            SCOPED_TRACE(run.value("name", ""));
            steps += repeat(run);
        }
        EXPECT_GT(steps, 0) << file.name;
        std::cout << file.name << ": " << file.entries.size() << " runs, " << steps
                  << " steps equal to the last bit\n";
    }
}

TEST(RuleN1, TheFilterAnswersTheMedianOfThree) {
    LatencyFilter filter;
    EXPECT_EQ(filter.add(5), 5);
    EXPECT_EQ(filter.add(3), 5);  // of two the larger
    EXPECT_EQ(filter.add(4), 4);
    EXPECT_EQ(filter.add(900), 4);  // 3 4 900: one slow packet is no distance
    EXPECT_EQ(filter.add(1), 4);    // 4 900 1
    EXPECT_EQ(filter.add(2), 2);    // 900 1 2
}

TEST(RuleN1, EqualCoordinatesSeparateBySeed) {
    const auto away = [](std::uint64_t seed) {
        Vivaldi one{seed};
        LatencyFilter filter;
        EXPECT_FALSE(one.update({}, 10ms, filter));
        return one.coordinate();
    };
    EXPECT_EQ(away(7), away(7));
    EXPECT_NE(away(7).vec, away(8).vec);
    EXPECT_GT(distance(away(7), {}), 1ms);
    EXPECT_EQ(away(7).height, kLeastHeight);  // no direction, no lift
}

TEST(RuleN1, TwoMembersConvergeToTheirDistance) {
    Vivaldi a{1}, b{2};
    LatencyFilter of_a, of_b;
    for (int i = 0; i < 60; ++i) {
        EXPECT_FALSE(a.update(b.coordinate(), 30ms, of_b));
        EXPECT_FALSE(b.update(a.coordinate(), 30ms, of_a));
    }
    EXPECT_LT(std::chrono::abs(distance(a.coordinate(), b.coordinate()) - 30ms), 300us);
    EXPECT_LT(a.coordinate().error, 0.1);
}

TEST(RuleN1, RoundTripsBeyondTheCapAndNegativeOnesChangeNothing) {
    Vivaldi me{3};
    LatencyFilter filter;
    ASSERT_FALSE(me.update(at_x(0.1), 20ms, filter));
    const Coordinate before = me.coordinate();
    for (const Duration rtt :
         {Duration{-1}, kLongestRoundTrip + Duration{1}, Duration::min(), Duration::max()}) {
        EXPECT_EQ(me.update(at_x(0.1), rtt, filter), CoordinateRefusal::round_trip);
    }
    EXPECT_EQ(me.coordinate(), before);
    EXPECT_EQ(filter.add(0.020), 0.020);  // nor did the filter take any of them
    EXPECT_FALSE(me.update(at_x(0.1), kLongestRoundTrip, filter));
    EXPECT_FALSE(me.update(at_x(0.1), 0ms, filter));
}

TEST(RuleN1, HostileNumbersAreRefusedByCause) {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    Vivaldi me{3};
    LatencyFilter filter;
    const auto refused = [&](auto&& spoil) {
        Coordinate other = at_x(0.1);
        spoil(other);
        const auto refusal = me.update(other, 20ms, filter);
        EXPECT_EQ(me.coordinate(), Coordinate{});
        return refusal;
    };
    using enum CoordinateRefusal;
    for (const double bad : {kInf, -kInf, kNan}) {
        EXPECT_EQ(refused([&](Coordinate& c) { c.vec[7] = bad; }), not_finite);
        EXPECT_EQ(refused([&](Coordinate& c) { c.error = bad; }), not_finite);
        EXPECT_EQ(refused([&](Coordinate& c) { c.height = bad; }), not_finite);
        EXPECT_EQ(refused([&](Coordinate& c) { c.adjustment = bad; }), not_finite);
    }
    for (const double bad : {1e300, -1e300, 100.1, -100.1}) {
        EXPECT_EQ(refused([&](Coordinate& c) { c.vec[3] = bad; }), implausible);
        EXPECT_EQ(refused([&](Coordinate& c) { c.error = bad; }), implausible);
        EXPECT_EQ(refused([&](Coordinate& c) { c.height = bad; }), implausible);
        EXPECT_EQ(refused([&](Coordinate& c) { c.adjustment = bad; }), implausible);
    }
    EXPECT_EQ(refused([](Coordinate& c) { c.error = -1e-9; }), implausible);
    EXPECT_EQ(refused([](Coordinate& c) { c.height = -1e-9; }), implausible);
}

// With any plausible input our coordinate stays plausible, or is reset.
TEST(RuleN1, PlausiblePeersCanOnlyCauseAReset) {
    Vivaldi me{5};
    Rng dice{6};
    std::map<int, LatencyFilter> filters;
    for (int i = 0; i < 20000; ++i) {
        Coordinate other;
        for (double& component : other.vec) {
            component = dice.one_in(3) ? me.coordinate().vec[0] : (dice.unit() - 0.5) * 200;
        }
        if (dice.one_in(4)) {  // hardly beside us: the lift of a spring that short is enormous
            other.vec = me.coordinate().vec;
            other.vec[0] = std::min(other.vec[0] + 1.1e-6, kFarthest);
        }
        other.error = dice.one_in(2) ? 0 : dice.unit() * kFarthest;
        other.height = dice.unit() * kFarthest;
        other.adjustment = (dice.unit() - 0.5) * 200;
        const Duration rtt{static_cast<std::int64_t>(dice.below(10'000'000'001))};
        ASSERT_FALSE(me.update(other, rtt, filters[i % 7]));
        ASSERT_FALSE(refusal_of(me.coordinate()));
        ASSERT_GE(distance(me.coordinate(), other), 0ns);
    }
    EXPECT_GT(me.resets(), 0u);
    // Honest peers bring it back.
    LatencyFilter honest;
    for (int i = 0; i < 200; ++i) ASSERT_FALSE(me.update(at_x(0.01), 10ms, honest));
    EXPECT_LT(std::chrono::abs(distance(me.coordinate(), at_x(0.01)) - 10ms), 1ms);
}

// --- the payload of acks ---------------------------------------------------------------------

std::vector<std::byte> payload_of(const Coordinate& coordinate) {
    std::vector<std::byte> room(130);
    room.resize(encode_payload(coordinate, room));
    return room;
}

TEST(RuleN2, EveryBrokenPayloadIsRefusedByCause) {
    const auto good = payload_of(at_x(0.1));
    ASSERT_EQ(good.size(), 130u);
    using enum CoordinateRefusal;
    auto other_version = good;
    other_version[0] = std::byte{2};
    EXPECT_EQ(decode_payload(other_version).error(), unknown_version);
    for (std::size_t cut = 1; cut < good.size(); ++cut) {
        EXPECT_EQ(decode_payload(Bytes{good}.first(cut)).error(), undecodable) << cut;
    }
    const auto written = [](std::uint32_t dimensions, double component) {
        std::vector<std::byte> room(4000);
        ByteWriter out{room};
        wire::MsgpackWriter writer{out};
        out.u8(1);
        writer.map(1);
        writer.text("Vec");
        writer.array(dimensions);
        for (std::uint32_t i = 0; i < dimensions; ++i) writer.real(component);
        room.resize(out.size());
        return room;
    };
    EXPECT_EQ(decode_payload(written(7, 0.1)).error(), dimensions);
    EXPECT_EQ(decode_payload(written(9, 0.1)).error(), dimensions);
    EXPECT_EQ(decode_payload(written(0, 0.1)).error(), dimensions);
    EXPECT_EQ(decode_payload(written(400, 0.1)).error(), dimensions);
    EXPECT_EQ(decode_payload(written(8, NAN)).error(), not_finite);
    EXPECT_EQ(decode_payload(written(8, 1e9)).error(), implausible);
    EXPECT_TRUE(decode_payload(written(8, 0.1)));  // what is missing is zero
    std::vector<std::byte> too_small(129);
    EXPECT_EQ(encode_payload(at_x(0.1), too_small), 0u);
}

}  // namespace
}  // namespace rollcall::serf
