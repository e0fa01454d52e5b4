// SPDX-License-Identifier: Apache-2.0
//
// What a stranger, or our own settings, could make us hold for ever or say at any length. Rules S6,
// G2, L2.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lone_node.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

TEST(RuleS6, AnAccuserWithAnEndlessNameIsNotListenedTo) {
    LoneNode lone;
    lone.know(4);
    const std::string endless(60'000, 'x');
    lone.suspect("n2", 1, endless);
    EXPECT_EQ(lone.state("n2"), State::alive);
    lone.dead("n3", 1, endless);
    EXPECT_EQ(lone.state("n3"), State::alive);
    EXPECT_EQ(lone.node().stats().claims_invalid, 2u);
    EXPECT_EQ(lone.node().broadcasts_queued(), 0u);
    lone.suspect("me", 1, endless);
    EXPECT_TRUE(lone.take_events<Refuted>().empty());
}

// Peers accept metadata that no packet of ours could carry on: believed, but never queued.
TEST(RuleG2, WhatNoPacketCanCarryIsNotQueuedAndCounted) {
    LoneNode lone;
    lone.alive({.node = "x", .meta = std::string(1500, 'm')});
    EXPECT_EQ(lone.state("x"), State::alive);
    EXPECT_EQ(lone.node().broadcasts_queued(), 0u);
    EXPECT_EQ(lone.node().stats().broadcasts_dropped, 1u);
}

TEST(RuleG2, WhatIsQueuedDoesRide) {
    LoneNode lone{[](Config& c) { c.gossip_interval = 100ms; }};
    lone.know(3);
    lone.advance(10s);
    unsigned refused = 0, rode = 0;
    std::uint32_t incarnation = 1;
    for (std::size_t size = 1280; size < 1360; ++size) {
        lone.alive({.node = "n2", .incarnation = ++incarnation, .meta = std::string(size, 'm')});
        (lone.node().broadcasts_queued() > 0 ? rode : refused) += 1;
        lone.advance(10s);
        EXPECT_EQ(lone.node().broadcasts_queued(), 0u) << size;
    }
    EXPECT_GT(rode, 10u);
    EXPECT_GT(refused, 10u);
}

TEST(RuleL2, MetadataThatDoesNotFitOurPacketsIsRefusedAtOnce) {
    LoneNode lone{[](Config& c) { c.packet_size = 512; }};
    lone.know(2);
    const std::vector<std::byte> fits(300), too_long(512);
    const auto update = [&](Bytes meta) {
        return lone.call([&](Node& node, Time at, Outbox& out) {
            return node.update_meta(at, meta, 1s, out);
        });
    };
    const auto refused = update(too_long);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), CommandError::meta_too_large);
    ASSERT_TRUE(update(fits));
    EXPECT_EQ(of_type(lone.broadcasts(), wire::MessageType::alive).size(), 1u);
}

TEST(RuleG2, APacketTooSmallToSayWhoWeAreIsNoSetting) {
    Config config = Config::lan();
    config.name = std::string(255, 'n');
    config.address = WireAddress::v4(10, 0, 0, 1);
    config.meta.resize(wire::kMaxMeta);
    config.layers.label = std::string(255, 'l');
    EXPECT_FALSE(config.validate());
    config.packet_size = 512;
    const auto error = config.validate();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "packet_size");
    EXPECT_EQ(error->value, "512");
}

}  // namespace
}  // namespace rollcall::membership
