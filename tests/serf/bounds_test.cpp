// SPDX-License-Identifier: Apache-2.0
//
// Bounds of the Serf layer against network input and our own settings. Rules I3, I6, I7,
// M1.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "lone.h"
#include "serf/queues.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;

TEST(RuleI3OnHostileStates, TooLongNameIsSkippedAlone) {
    Lone a;
    a.add_member("b", 8001);
    a.add_member("c", 8002);
    const std::string endless(600, 'x');
    a.exchange({.time = lt(20),
                .status_times = {{endless, lt(5)}, {"", lt(5)}, {"b", lt(7)}, {"c", lt(9)}},
                .left = {endless, "", "c"}});
    EXPECT_TRUE(a.events_of<MessageRejected>().empty());
    EXPECT_EQ(a.status("b"), Status::alive);
    EXPECT_EQ(a.status("c"), Status::leaving);
    EXPECT_EQ(a.serf.stats().member_time, lt(20));
    EXPECT_EQ(a.serf.stats().recent_intents, 0u);
}

// What membership takes for invented is forgotten here too: no reconnects, no name in our states.
TEST(StrangersOnASerf, AreForgottenWithMembership) {
    Lone a;
    a.add_member("b", 8001);
    a.advance(5s);
    for (unsigned i = 0; i < 300; ++i) {
        const std::string name = "ghost" + std::to_string(i);
        a.add_member(name, static_cast<std::uint16_t>(9000 + i));
        a.silence(name);
    }
    EXPECT_EQ(a.serf.stats().members, 302u);
    a.advance(30s);
    EXPECT_EQ(a.serf.stats().members, 2u);
    EXPECT_EQ(a.status("ghost7"), Status::none);
    EXPECT_EQ(a.status("b"), Status::alive);
    EXPECT_EQ(a.serf.stats().reaped, 300u);
}

TEST(RuleI6, InventedNamesAreBounded) {
    Lone a{[](Config& c) { c.membership.max_members = 8; }};
    a.add_member("b", 8001);
    for (unsigned i = 0; i < 100; ++i) {
        const std::string name = "ghost" + std::to_string(i);
        a.add_member(name, static_cast<std::uint16_t>(9000 + i));
        a.declare_dead(name);
        a.advance(40s);  // membership forgets it
    }
    EXPECT_EQ(a.serf.stats().members, 8u);
    EXPECT_EQ(a.status("a"), Status::alive);
    EXPECT_EQ(a.status("b"), Status::alive);
    EXPECT_GT(a.serf.stats().reaped, 90u);
}

TEST(RuleI7, UnsentMessageIsNotCounted) {
    struct Small final : membership::BroadcastSink {
        std::size_t added = 0;
        void add(Bytes) override { ++added; }
        [[nodiscard]] std::size_t messages_left() const override { return 3 - added; }
    } packet;
    Queues queues{Config{}};
    const Buffer message(10);
    for (int i = 0; i < 5; ++i) queues.event(message, {.members = 1});
    queues.take(3, 1000, 1, {}, packet);
    EXPECT_EQ(packet.added, 3u);
    EXPECT_EQ(queues.events(), 2u);
}

TEST(RuleM1, TagsTooLongForPacketAreRefused) {
    Config config;
    config.membership.name = "a";
    config.membership.address = WireAddress::v4(127, 0, 0, 1);
    config.tags = {{"k", std::string(400, 'v')}};
    EXPECT_FALSE(config.validate());
    config.membership.packet_size = 512;
    const auto error = config.validate();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "packet_size");
}

}  // namespace
}  // namespace rollcall::serf
