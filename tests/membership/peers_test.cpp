// SPDX-License-Identifier: Apache-2.0
//
// Random selection of members, the targets of gossip, and reaping. Rules G3, G4.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lone_node.h"
#include "membership/peer_choice.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

MemberTable table_of(std::size_t n) {
    MemberTable table{100};
    for (std::size_t i = 0; i < n; ++i) table.insert({.name = "m" + std::to_string(i)});
    return table;
}

// Every cluster size up to 8 and every number of peers: no member is missed, chosen twice or
// preferred, and the excluded one is never chosen.
TEST(RuleG3, InTinyClustersEveryCandidateIsEquallyLikely) {
    constexpr int kDraws = 6000;
    Rng rng{3};
    for (std::size_t n = 1; n <= 8; ++n) {
        MemberTable table = table_of(n);
        const MemberId self = table.ids()[0];
        for (std::size_t k = 1; k <= 4; ++k) {
            PeerChoice choice;
            std::map<std::uint32_t, int> times;
            const std::size_t expected = std::min(k, n - 1);
            for (int draw = 0; draw < kDraws; ++draw) {
                const auto& chosen = choice.choose(
                    table, rng, k, [&](MemberId id, const Member&) { return id != self; });
                ASSERT_EQ(chosen.size(), expected) << n << " members, " << k << " wanted";
                std::set<std::uint32_t> different;
                for (const MemberId id : chosen) {
                    ASSERT_NE(id, self);
                    different.insert(id.value());
                    ++times[id.value()];
                }
                ASSERT_EQ(different.size(), expected);
            }
            if (expected == 0) continue;
            const double mean = kDraws * static_cast<double>(expected) / static_cast<double>(n - 1);
            for (const auto& [id, count] : times) {
                EXPECT_NEAR(count, mean, mean * 0.12) << n << " members, " << k << " wanted";
            }
            EXPECT_EQ(times.size(), n - 1);
        }
    }
}

TEST(RuleG3, TheOnlyCandidateIsFound) {
    Rng rng{4};
    for (std::size_t n = 1; n <= 40; ++n) {
        MemberTable table = table_of(n);
        for (const MemberId only : table.ids()) {
            for (int draw = 0; draw < 50; ++draw) {
                PeerChoice choice;
                const auto& chosen = choice.choose(
                    table, rng, 3, [&](MemberId id, const Member&) { return id == only; });
                ASSERT_EQ(chosen.size(), 1u) << n;
            }
        }
    }
}

TEST(RuleG3, NoCandidateNoChoice) {
    Rng rng{5};
    MemberTable table = table_of(50);
    PeerChoice choice;
    EXPECT_TRUE(
        choice.choose(table, rng, 3, [](MemberId, const Member&) { return false; }).empty());
}

struct Gossiping : LoneNode {
    Gossiping()
        : LoneNode{[](Config& c) {
              c.gossip_interval = 200ms;
              c.gossip_nodes = 3;
          }} {}
    // The targets of gossip within `time`, with a new broadcast in every round.
    std::map<std::string, int> gossip_targets(Duration time) {
        std::map<std::string, int> reported;
        for (Time until = now() + time; now() < until;) {
            alive({.node = "news",
                   .incarnation = ++news_,
                   .address = WireAddress::v4(10, 0, 0, 200)});
            advance(200ms);
            for (const Sent& sent : take_sent()) ++reported[sent.to.address_to_string()];
        }
        return reported;
    }

private:
    std::uint32_t news_ = 0;
};

TEST(RuleG3, GossipGoesToLiveAndRecentlyDeadNotToLeft) {
    Gossiping lone;
    std::uint8_t last = 10;
    for (const char* name : {"ok", "suspect", "dead", "left"}) {
        lone.alive({.node = name, .address = WireAddress::v4(10, 0, 0, last++)});
    }
    lone.suspect("suspect", 1, "other");
    lone.dead("dead", 1, "other");
    lone.dead("left", 1, "left");
    (void)lone.take_sent();
    auto reported = lone.gossip_targets(10s);
    EXPECT_GT(reported["10.0.0.10"], 20);
    EXPECT_GT(reported["10.0.0.11"], 20);
    EXPECT_GT(reported["10.0.0.12"], 20) << "it would refute if it were not dead";
    EXPECT_EQ(reported["10.0.0.13"], 0);
    EXPECT_EQ(reported["10.0.0.1"], 0) << "ourselves";
    lone.advance(lone.config().gossip_to_the_dead - 10s);
    (void)lone.take_sent();
    reported = lone.gossip_targets(10s);
    EXPECT_GT(reported["10.0.0.10"], 20);
    EXPECT_EQ(reported["10.0.0.12"], 0) << "dead for too long";
}

TEST(RuleG3, RoundSelectsPerTargetAndEndsWithoutBroadcasts) {
    Gossiping lone;
    lone.know(6);
    lone.advance(1s);
    EXPECT_TRUE(lone.take_sent().empty()) << "no broadcasts, nothing sent";
    lone.alive({.node = "n2", .incarnation = 2});
    lone.advance(200ms);
    std::vector<std::string> targets;
    for (const Sent& sent : lone.take_sent()) targets.push_back(sent.to.to_string());
    EXPECT_EQ(targets.size(), 3u);
    EXPECT_EQ((std::set<std::string>{targets.begin(), targets.end()}).size(), 3u);
    lone.advance(10s);
    for (const Sent& sent : lone.take_sent()) targets.push_back(sent.to.to_string());
    // Four transmissions; one to the member it is about, or to the same one again, is not one.
    EXPECT_LE(targets.size(), 13u);
    std::set<std::string> news_to{targets.begin(), targets.end()};
    news_to.erase(host(2).to_string());
    EXPECT_EQ(news_to.size(), 4u);
    lone.advance(10s);
    EXPECT_TRUE(lone.take_sent().empty());
    EXPECT_EQ(lone.node().broadcasts_queued(), 0u);
}

TEST(RuleG3, PacketsToKnownMembersCarryAChecksumIfTheyUnderstandIt) {
    Gossiping lone;
    lone.alive({.node = "new", .address = WireAddress::v4(10, 0, 0, 10)});
    lone.alive({.node = "old",
                .address = WireAddress::v4(10, 0, 0, 11),
                .versions = wire::Versions{1, 4, 2, 2, 5, 5}});
    lone.advance(200ms);
    const auto sent = lone.take_sent();
    ASSERT_EQ(sent.size(), 2u);
    for (const Sent& s : sent) EXPECT_EQ(s.checksum, s.to == host(10)) << s.to.to_string();
}

struct Probing : LoneNode {
    explicit Probing(Duration to_the_dead)
        : LoneNode{[=](Config& c) {
              c.probe_interval = 1s;
              c.gossip_to_the_dead = to_the_dead;
          }} {
        know(3);
        answer_pings();
    }
};

TEST(RuleG4, DeadAndLeftAreReapedAfterTimeout) {
    for (const bool left : {false, true}) {
        Probing lone{30s};
        lone.alive({.node = "x", .address = WireAddress::v4(10, 0, 0, 99)});
        lone.dead("x", 1, left ? "x" : "n2");
        lone.drain();
        lone.forget_events();
        lone.advance(30s);
        EXPECT_NE(lone.member("x"), nullptr) << "not before its time";
        EXPECT_EQ(lone.node().members().size(), 5u);
        // At the end of a round of the ring: three to probe, so at most four intervals later.
        lone.advance(5s);
        EXPECT_EQ(lone.member("x"), nullptr);
        EXPECT_EQ(lone.node().members().size(), 4u);
        EXPECT_EQ(lone.take_events<MemberReaped>().size(), 1u);
        EXPECT_EQ(lone.take_events<MemberFailed>().size(), 0u);
        EXPECT_EQ(lone.take_events<MemberLeft>().size(), 0u);
        EXPECT_EQ(lone.node().stats().reaped, 1u);
        EXPECT_TRUE(lone.broadcasts().empty());
    }
}

TEST(RuleG4, LiveMembersAreNotReaped) {
    Probing lone{1s};
    lone.advance(60s);
    EXPECT_EQ(lone.node().members().size(), 4u);
    EXPECT_EQ(lone.node().stats().reaped, 0u);
}

TEST(RuleG4, ReapedNameIsANewMember) {
    Probing lone{1s};
    lone.alive({.node = "x", .incarnation = 9, .address = WireAddress::v4(10, 0, 0, 99)});
    lone.dead("x", 9, "n2");
    lone.advance(8s);
    ASSERT_EQ(lone.member("x"), nullptr);
    lone.forget_events();
    lone.alive({.node = "x", .incarnation = 1, .address = WireAddress::v4(10, 0, 0, 98)});
    EXPECT_EQ(lone.state("x"), State::alive);
    EXPECT_EQ(lone.take_events<MemberJoined>().size(), 1u);
}

TEST(RuleG4, WeAreNeverReaped) {
    Probing lone{1s};
    lone.call([](Node& n, Time at, Outbox& out) { n.leave(at, 1s, out); });
    lone.advance(60s);
    EXPECT_EQ(lone.state("me"), State::left);
}

}  // namespace
}  // namespace rollcall::membership
