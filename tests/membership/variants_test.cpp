// SPDX-License-Identifier: Apache-2.0
//
// Older protocols: each switch has its effect, and differs from the default. Rules
// V1 to V5.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "lone_node.h"
#include "membership/suspicion.h"
#include "membership/swim_scale.h"
#include "sim/cluster/cluster.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

// Knows `others`, with gossip off, and probes each second.
struct Variant : LoneNode {
    Variant(unsigned others, const Tweak& tweak)
        : LoneNode{[&](Config& c) {
              c.probe_interval = 1s;
              c.probe_timeout = 500ms;
              tweak(c);
          }} {
        know(others);
        drain();
    }
    // The target of the next probe, which is answered.
    Endpoint probed() {
        for (;;) {
            advance(*node().next_deadline() - now());
            for (const Sent& sent : take_sent()) {
                if (sent.messages.at(0).type != wire::MessageType::ping) continue;
                ack(sent.messages[0].ping().sequence, sent.to);
                return sent.to;
            }
        }
    }
    // Packets to the next probed member, unanswered until the probe ends.
    std::vector<Sent> unanswered_probe() {
        std::vector<Sent> all;
        while (take_events<ProbeEnded>().empty()) {
            advance(*node().next_deadline() - now());
            for (Sent& sent : take_sent()) all.push_back(std::move(sent));
        }
        return all;
    }
};

TEST(RuleV1, WithoutSuspicionUnansweredProbeIsDeath) {
    Variant lone{3, [](Config& c) { c.variant.suspicion = false; }};
    (void)lone.unanswered_probe();
    EXPECT_TRUE(lone.take_events<MemberSuspected>().empty());
    EXPECT_EQ(lone.take_events<MemberFailed>().size(), 1u);
    EXPECT_EQ(lone.node().alive_count(), 3u);

    lone.suspect("n4", 1, "n3");
    EXPECT_NE(lone.state("n4"), State::suspect) << "a claim of another is a verdict too";
}

TEST(RuleV1, FinalDeathsAreNeitherRefutedNorRevived) {
    Variant lone{3, [](Config& c) { c.variant.deaths_are_final = true; }};
    lone.dead("n2", 1, "n3");
    lone.alive({.node = "n2", .incarnation = 9});
    EXPECT_EQ(lone.state("n2"), State::dead);
    lone.dead("me", 1, "n3");
    EXPECT_TRUE(lone.take_events<Refuted>().empty());
    EXPECT_EQ(lone.incarnation("me"), 1u);
    lone.suspect("me", 1, "n3");
    EXPECT_EQ(lone.take_events<Refuted>().size(), 1u) << "a suspicion may still be refuted";

    Variant today{3, [](Config&) {}};
    today.dead("n2", 1, "n3");
    today.alive({.node = "n2", .incarnation = 9});
    EXPECT_EQ(today.state("n2"), State::alive);
    today.dead("me", 1, "n3");
    EXPECT_EQ(today.take_events<Refuted>().size(), 1u);
}

TEST(RuleV2, RandomTargetsRepeatAndReachAll) {
    Variant lone{8, [](Config& c) { c.variant.probe_ring = false; }};
    std::map<std::string, int> probed;
    bool again = false;
    Endpoint last;
    for (int i = 0; i < 800; ++i) {
        const Endpoint target = lone.probed();
        again = again || target == last;
        last = target;
        ++probed[target.to_string()];
    }
    EXPECT_TRUE(again) << "a ring never probes the same member twice running within a round";
    EXPECT_EQ(probed.size(), 8u);
    for (const auto& [who, times] : probed) {
        EXPECT_GT(times, 60) << who;  // 100 expected; 4 standard deviations are 37
        EXPECT_LT(times, 140) << who;
    }
}

TEST(RuleV2, OldDeadMembersAreReaped) {
    Variant lone{4, [](Config& c) {
                     c.variant.probe_ring = false;
                     c.gossip_to_the_dead = 3s;
                 }};
    lone.dead("n2", 1, "n3");
    for (int i = 0; i < 20; ++i) EXPECT_NE(lone.probed(), host(2));
    EXPECT_EQ(lone.state("n2"), std::nullopt);
}

TEST(RuleV3, WithoutBuddySystemSuspectGetsOrdinaryPing) {
    Variant lone{1, [](Config& c) { c.variant.buddy = false; }};
    lone.suspect("n2", 1, "n9");
    lone.drain();
    const auto sent = lone.unanswered_probe();
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent[0].messages.size(), 1u);
    EXPECT_TRUE(of_type(sent, wire::MessageType::suspect).empty());
}

TEST(RuleV3, WithoutNacksAFailureCostsOnePointHoweverManyRelaysWereSilent) {
    Variant lone{5, [](Config& c) { c.variant.nacks = false; }};
    const auto requests = of_type(lone.unanswered_probe(), wire::MessageType::indirect_ping);
    ASSERT_EQ(requests.size(), 3u);
    for (const Message& request : requests) EXPECT_FALSE(request.indirect_ping().nack);
    EXPECT_EQ(lone.node().health_score(), 1u);

    Variant today{5, [](Config&) {}};
    (void)today.unanswered_probe();
    EXPECT_EQ(today.node().health_score(), 3u);
}

TEST(RuleV3, ConfirmationsAreFreeOfTheMultiplier) {
    Config config;
    config.suspicion_mult = 5;
    config.suspicion_max_timeout_mult = 6;
    EXPECT_EQ(suspicion_bounds(config, 128).expected, 3u);
    config.variant.confirmations = 2;
    EXPECT_EQ(suspicion_bounds(config, 128).expected, 2u);
    EXPECT_EQ(suspicion_bounds(config, 3).expected, 0u) << "too few to ask";
    config.variant.confirmations = 0;
    EXPECT_EQ(suspicion_bounds(config, 128).expected, 0u);
}

TEST(RuleV3, MemberlistCountingCountsEverySend) {
    // One message, sent repeatedly to the member that it is about.
    const auto sends = [](bool sparing) {
        Variant lone{6, [&](Config& c) {
                         c.variant.sparing_counts = sparing;
                         c.variant.buddy = false;
                     }};
        lone.suspect("n2", 1, "n3");
        unsigned count = 0;
        while (lone.node().broadcasts_queued() > 0 && count < 100) {
            lone.encoded(
                [&](ByteWriter& w) {
                    wire::encode(wire::Ping{.sequence = SequenceNumber{count + 1},
                                            .node = "me",
                                            .source_node = "n2"},
                                 w);
                },
                host(2));
            ++count;
        }
        return count;
    };
    EXPECT_EQ(sends(false), 4u) << "retransmit_mult x one digit";
    EXPECT_GT(sends(true), 4u);
}

TEST(RuleV4, SwimsScaleIsTheNaturalLogarithmRoundedUp) {
    struct Row {
        std::size_t living;
        unsigned scale;
    };
    for (const Row& row : {Row{1, 1}, Row{2, 2}, Row{6, 2}, Row{7, 3}, Row{19, 3}, Row{20, 4},
                           Row{53, 4}, Row{54, 5}}) {
        EXPECT_EQ(swim_scale(row.living), row.scale) << row.living;
    }
    Config config;
    config.probe_interval = 2s;
    config.suspicion_mult = 3;
    config.suspicion_max_timeout_mult = 1;
    config.variant.natural_logarithms = true;
    EXPECT_EQ(suspicion_bounds(config, 18).min, 18s) << "9 periods of 2 s";
    EXPECT_EQ(suspicion_bounds(config, 18).max, 18s);
}

TEST(RuleV4, NoMoreUpdatesInAPacketThanAllowed) {
    Variant lone{0, [](Config& c) {
                     c.variant.max_updates = 6;
                     c.variant.natural_logarithms = true;
                     c.retransmit_mult = 1;
                 }};
    std::array<std::string, 22> names;
    for (std::uint8_t i = 2; i < 22; ++i) {  // twenty updates
        names[i] = "n" + std::to_string(i);
        lone.alive({.node = names[i], .address = WireAddress::v4(10, 0, 0, i)});
    }
    unsigned reported = 0;
    for (int i = 0; i < 3; ++i) {
        const auto riding = of_type(lone.broadcasts(), wire::MessageType::alive);
        EXPECT_LE(riding.size(), 6u);
        reported += static_cast<unsigned>(riding.size());
    }
    EXPECT_EQ(reported, 18u);
}

TEST(RuleV4, MulticastSendsOnceAndIsNotGossiped) {
    sim::SimCluster cluster{{.nodes = 8, .seed = 7, .tweak = [](Config& c, unsigned) {
                                 c.probe_interval = 2s;
                                 c.gossip_interval = {};
                                 c.push_pull_interval = {};
                                 c.variant.multicast = true;
                                 c.variant.suspicion = false;
                             }}};
    cluster.start_joined();
    std::map<std::string, unsigned> alone;  // packets that hold nothing but one accusation
    cluster.network().set_tap([&](Time, const Endpoint& from, const Endpoint&, Bytes bytes) {
        struct OnlyDead final : wire::PacketVisitor {
            unsigned dead = 0, other = 0;
            void message(wire::MessageType type, Bytes) override {
                ++(type == wire::MessageType::dead ? dead : other);
            }
            void rejected(wire::DecodeError) override { ++other; }
        } seen;
        sim::SeededEntropy entropy{1};
        wire::PacketCodec codec{{}, entropy};
        codec.open(bytes, seen);
        if (seen.dead > 0) {
            EXPECT_EQ(seen.dead, 1u);
            EXPECT_EQ(seen.other, 0u);
            ++alone[from.to_string()];
        }
    });
    cluster.node("n5").crash();
    EXPECT_TRUE(cluster.all_others_see("n5", State::dead, 60s)) << cluster.story();
    cluster.run_for(10s);
    ASSERT_EQ(alone.size(), 1u) << "one source";
    EXPECT_EQ(alone.begin()->second, 6u) << "seven are left, one of them sends to the others";
}

// One member cannot send for 8 s. How many others it then accuses depends on what its loops did.
std::size_t accused_by_the_blocked(sim::Blocking::Sends sends) {
    sim::SimCluster cluster{{.nodes = 16, .seed = 5, .tweak = [](Config& c, unsigned) {
                                 c.pause_threshold = 1h;
                                 c.awareness_max_multiplier = 1;
                                 c.variant.buddy = false;
                                 c.variant.looking = false;
                             }}};
    cluster.start_joined();
    cluster.run_for(10s);
    std::set<std::string> accused;
    cluster.node("n3").set_listener([&](const auto&, const Event& event) {
        const auto* suspected = std::get_if<MemberSuspected>(&event);
        if (suspected != nullptr) accused.emplace(suspected->about.name);
    });
    cluster.node("n3").block({.sends = sends});
    cluster.run_for(8s);
    const std::size_t meanwhile = accused.size();
    cluster.node("n3").unblock();
    cluster.run_for(100ms);
    if (sends == sim::Blocking::Sends::loops) {
        EXPECT_EQ(meanwhile, 0u) << cluster.story();
    }
    return accused.size();
}

TEST(RuleV5, BlockedProbeFailsWhenUnblocked) {
    EXPECT_EQ(accused_by_the_blocked(sim::Blocking::Sends::loops), 1u);
    EXPECT_GE(accused_by_the_blocked(sim::Blocking::Sends::each), 5u)
        << "where nothing stops, every second another one";
}

TEST(RuleV5, SuspicionsExpireWhileSendsAreBlocked) {
    Variant lone{3, [](Config&) {}};
    lone.suspect("n2", 1, "n3");
    lone.call([](Node& n, Time at, Outbox& out) { n.handle_sends_blocked(at, true, out); });
    lone.advance(30s);
    EXPECT_EQ(lone.state("n2"), State::dead);
    EXPECT_EQ(lone.node().stats().probes, 1u);
    EXPECT_EQ(lone.node().stats().probes_failed, 0u);
    lone.call([](Node& n, Time at, Outbox& out) { n.handle_sends_blocked(at, false, out); });
    lone.advance(10ms);
    EXPECT_EQ(lone.node().stats().probes_failed, 1u);
}

// A timer of one place: thirty ticks passed, one of them waits.
TEST(RuleV5, UnblockedLoopRunsOneTick) {
    Variant lone{5, [](Config&) {}};
    lone.call([](Node& n, Time at, Outbox& out) { n.handle_sends_blocked(at, true, out); });
    lone.advance(30s);
    EXPECT_EQ(lone.node().stats().probes, 1u) << "this one is stuck";
    lone.call([](Node& n, Time at, Outbox& out) { n.handle_sends_blocked(at, false, out); });
    lone.call([](Node& n, Time at, Outbox& out) { n.handle_timeout(at, out); });
    EXPECT_EQ(lone.node().stats().probes, 2u) << "at once, wherever in its interval that is";
    lone.advance(10ms);
    EXPECT_EQ(lone.node().stats().probes, 2u);
}

}  // namespace
}  // namespace rollcall::membership
