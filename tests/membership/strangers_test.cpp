// SPDX-License-Identifier: Apache-2.0
//
// Members that we know from others only, and names that were invented. Rule S9.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "attacker.h"
#include "lone_node.h"
#include "membership/hearsay.h"
#include "membership/strangers.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

// A state with invented names, each at an address of its own.
struct Invented {
    explicit Invented(unsigned count, const std::string& prefix = "ghost",
                      std::uint8_t network = 77) {
        names.reserve(count);
        for (unsigned i = 0; i < count; ++i) {
            names.push_back(prefix + std::to_string(i));
            state.nodes.push_back(
                {.name = names.back(),
                 .address = WireAddress::v4(10, static_cast<std::uint8_t>(network + (i >> 16)),
                                            static_cast<std::uint8_t>(i >> 8),
                                            static_cast<std::uint8_t>(i)),
                 .port = 7946,
                 .incarnation = Incarnation{1},
                 .versions = wire::kSerfVersions});
        }
    }
    std::vector<std::string> names;
    wire::PushPull state;
};

bool is_invented(std::string_view name) {
    return name.starts_with("ghost");
}

// Knows n2 to n4, which answer pings; invented names do not.
struct KnowsThree : LoneNode {
    explicit KnowsThree(const Tweak& tweak = {})
        : LoneNode{[&](Config& c) {
              c.probe_interval = 1s;
              if (tweak) tweak(c);
          }} {
        know(3);
        live(10s);
        forget_events();
    }
    // What is sent meanwhile is kept in `sent`.
    void live(Duration time) {
        sent.clear();
        for (; time > Duration{}; time -= 50ms) {
            nack(SequenceNumber{1}, host(2));  // others send to us all the time
            advance(std::min<Duration>(time, 50ms));
            std::vector<Sent> now_sent = take_sent();
            for (const Sent& s : now_sent) {
                for (const Message& m : of_type(s.messages, wire::MessageType::ping)) {
                    if (!is_invented(m.ping().node)) ack(m.ping().sequence, s.to);
                }
            }
            for (Sent& s : now_sent) sent.push_back(std::move(s));
        }
    }
    [[nodiscard]] std::size_t members() { return node().members().size(); }
    [[nodiscard]] std::size_t ghosts() {
        std::size_t count = 0;
        for (const MemberId id : node().members().ids()) {
            count += is_invented(node().members().find(id)->name()) ? 1u : 0u;
        }
        return count;
    }
    [[nodiscard]] std::size_t ghosts_alive() {
        std::size_t count = 0;
        for (const MemberId id : node().members().ids()) {
            const Member member = *node().members().find(id);
            count += is_invented(member.name()) && member.is_live() ? 1u : 0u;
        }
        return count;
    }
    std::vector<Sent> sent;
};

// --- quotas
// ---------------------------------------------------------------------------------------

TEST(RuleS9, OneSourceTellsOfAnEighthOfTheTable) {
    LoneNode lone;
    lone.peer_state(Invented{20'000}.state, host(9, 40000));
    EXPECT_EQ(lone.node().members().size(), 1u + 131072 / 8);
    EXPECT_EQ(lone.node().stats().strangers_refused, 20'000u - 131072 / 8);
    lone.peer_state(Invented{100, "ghost-b", 99}.state, host(9, 40001));
    EXPECT_EQ(lone.node().members().size(), 1u + 131072 / 8);
    lone.peer_state(Invented{100, "ghost-c", 99}.state, host(10, 40001));
    EXPECT_EQ(lone.node().members().size(), 1u + 131072 / 8 + 100);
    // The same for datagrams, and for one that announces itself.
    lone.alive({.node = "x", .address = WireAddress::v4(10, 0, 9, 9)}, host(9));
    EXPECT_EQ(lone.state("x"), std::nullopt);
    lone.alive({.node = "x", .address = WireAddress::v4(10, 0, 0, 9)}, host(9));
    EXPECT_EQ(lone.state("x"), std::nullopt);
}

TEST(RuleS9, NewcomerBelievesThePeerThatItAskedInFull) {
    const auto join = [](LoneNode& lone, const wire::PushPull& answer) {
        const JoinPeer there{.endpoint = host(50), .name = ""};
        lone.call([&](Node& n, Time at, Outbox& out) { n.join(at, {&there, 1}, out); });
        const StreamId id = lone.take_streams().at(0).action.id;
        lone.call([&](Node& n, Time at, Outbox& out) { n.handle_stream_connected(at, id, out); });
        const auto bytes = stream_bytes(answer);
        lone.call([&](Node& n, Time at, Outbox& out) { n.handle_stream_data(at, id, bytes, out); });
    };
    const Invented cluster{20'000, "n-"};
    LoneNode newcomer;
    join(newcomer, cluster.state);
    EXPECT_EQ(newcomer.node().members().size(), 20'001u);
    EXPECT_EQ(newcomer.node().stats().strangers_refused, 0u);
    // One that knows others already believes an eighth.
    KnowsThree member;
    join(member, cluster.state);
    EXPECT_EQ(member.members(), 4u + 131072 / 8);
}

// --- a full table
// ---------------------------------------------------------------------------------

struct Full : LoneNode {
    Full() : LoneNode{[](Config& c) { c.max_members = 1500; }} {
        peer_state(Invented{1000}.state, host(9, 40000));
        peer_state(Invented{600, "ghost-b", 99}.state, host(10, 40000));
        EXPECT_EQ(node().members().size(), 1500u);
        forget_events();
    }
    void announces_itself(std::uint8_t last) {
        alive({.node = "n" + std::to_string(last), .address = WireAddress::v4(10, 0, 0, last)},
              host(last));
    }
};

TEST(RuleS9, FullTableMakesRoomForAMemberThatAnnouncesItself) {
    Full lone;
    const AliveClaim claim{.node = "honest", .address = WireAddress::v4(10, 0, 0, 33)};
    const std::uint64_t refused = lone.node().stats().members_refused;
    lone.alive(claim, host(9));
    EXPECT_EQ(lone.state("honest"), std::nullopt);
    EXPECT_EQ(lone.node().stats().members_refused, refused + 1);
    lone.alive(claim, host(33));
    EXPECT_EQ(lone.state("honest"), State::alive);
    EXPECT_EQ(lone.node().members().size(), 1500u);
    EXPECT_EQ(lone.node().stats().strangers_displaced, 1u);
    const auto reaped = lone.take_events<MemberReaped>();
    ASSERT_EQ(reaped.size(), 1u);
    EXPECT_TRUE(reaped[0].stranger);
    EXPECT_TRUE(reaped[0].name.starts_with("ghost") && !reaped[0].name.starts_with("ghost-b"))
        << "of the source that told of the most: " << reaped[0].name;
}

TEST(RuleS9, OwnStreamMakesRoomInAFullTable) {
    Full lone;
    lone.peer_state({.nodes = {{.name = "honest",
                                .address = WireAddress::v4(10, 0, 0, 33),
                                .port = 7946,
                                .incarnation = Incarnation{1},
                                .versions = wire::kSerfVersions}}},
                    host(33, 40000));
    EXPECT_EQ(lone.state("honest"), State::alive);
}

// Invented names that others report do not take the places of those that are forgotten.
TEST(RuleS9, ReportedMemberTakesAPlaceInAFullTableOnceItAnswers) {
    LoneNode lone{[](Config& c) { c.max_members = 8; }};
    lone.peer_state(Invented{7}.state, host(9, 40000));
    lone.dead("ghost3", 1, "n2");
    lone.alive({.node = "honest", .address = WireAddress::v4(10, 0, 0, 33), .meta = "tags"},
               host(9));
    EXPECT_EQ(lone.state("honest"), std::nullopt);
    (void)lone.take_sent();
    lone.alive({.node = "n4", .address = WireAddress::v4(10, 0, 0, 4)}, host(4));  // it receives
    lone.advance(Strangers::kTick);
    std::optional<SequenceNumber> ping;
    for (const Sent& sent : lone.take_sent()) {
        for (const Message& m : of_type(sent.messages, wire::MessageType::ping)) {
            if (m.ping().node == "honest") ping = m.ping().sequence;
        }
    }
    ASSERT_TRUE(ping);
    EXPECT_EQ(lone.state("honest"), std::nullopt);
    lone.ack(*ping, host(33));
    EXPECT_EQ(lone.state("honest"), State::alive);
    EXPECT_EQ(lone.member("honest")->meta(), "tags");
    EXPECT_EQ(lone.node().members().size(), 8u);
}

TEST(RuleS9, ReportsForAFullTableAreBoundedAndAskedSlowly) {
    Full lone;
    Invented more{5000, "late"};
    lone.peer_state(more.state, host(11, 40000));
    (void)lone.take_sent();
    lone.alive({.node = "n4", .address = WireAddress::v4(10, 0, 0, 4)}, host(4));
    lone.advance(Strangers::kTick);
    unsigned asked = 0;
    for (const Sent& sent : lone.take_sent()) {
        for (const Message& m : of_type(sent.messages, wire::MessageType::ping)) {
            asked += m.ping().node.starts_with("late") ? 1 : 0;
        }
    }
    EXPECT_GT(asked, 0u);
    EXPECT_LE(asked, 2 * Strangers::kReported);  // now, and a tick later
}

TEST(RuleS9, DeadMemberThatAnsweredOnceDoesNotGiveWay) {
    LoneNode lone{[](Config& c) {
        c.max_members = 3;
        c.probe_interval = 1s;
    }};
    lone.know(2);
    lone.answer_pings();
    lone.advance(10s);
    lone.dead("n2", 1, "n3");
    lone.alive({.node = "honest", .address = WireAddress::v4(10, 0, 0, 33)}, host(9));
    EXPECT_EQ(lone.state("n2"), State::dead);
    EXPECT_EQ(lone.state("honest"), std::nullopt);
}

TEST(RuleS9, StrangersGiveWaySlowly) {
    Full lone;
    for (std::uint16_t port = 1; port <= 20; ++port) {
        lone.alive({.node = "h" + std::to_string(port),
                    .address = WireAddress::v4(10, 0, 0, 33),
                    .port = port},
                   host(33, port));
    }
    EXPECT_EQ(lone.node().stats().strangers_displaced, 8u);
    for (std::uint8_t last = 100; last < 200; ++last) lone.announces_itself(last);
    EXPECT_EQ(lone.node().stats().strangers_displaced, 64u);
    lone.advance(1s);
    lone.announces_itself(201);
    EXPECT_EQ(lone.state("n201"), State::alive);
}

TEST(RuleS9, MemberThatAnsweredDoesNotGiveWay) {
    LoneNode lone{[](Config& c) {
        c.max_members = 3;
        c.probe_interval = 1s;
    }};
    lone.know(2);
    lone.answer_pings();
    lone.advance(10s);  // both answer
    lone.alive({.node = "honest", .address = WireAddress::v4(10, 0, 0, 33)}, host(33));
    EXPECT_EQ(lone.state("honest"), std::nullopt);
}

// --- who is pinged
// --------------------------------------------------------------------------------

TEST(RuleS9, FewStrangersAreLeftToOrdinaryProbes) {
    KnowsThree lone;
    lone.peer_state(Invented{Hearsay::kSome}.state);
    lone.live(2s);
    EXPECT_EQ(lone.node().stats().strangers_asked, 0u);
    EXPECT_EQ(lone.ghosts(), Hearsay::kSome);
}

// Probed one a second they stay for minutes, and would take most of the gossip for as long.
TEST(RuleS9, SomeStrangersThatAreSilentGetNoGossipAndAreNoPartners) {
    for (const std::size_t ghosts : {Hearsay::kSome + 1, Hearsay::kMany}) {
        KnowsThree lone{[](Config& c) {
            c.gossip_interval = 200ms;
            c.push_pull_interval = 1s;
            c.tcp_pings = false;
        }};
        lone.peer_state(Invented{static_cast<unsigned>(ghosts)}.state);
        lone.live(500ms);
        EXPECT_EQ(lone.node().stats().strangers_asked, 0u);
        lone.live(10s);  // a probe of one fails, and a sample is found silent
        EXPECT_GE(lone.node().stats().strangers_asked, Hearsay::kOutcomes);
        (void)lone.take_streams();
        lone.alive({.node = "n2", .incarnation = 2, .address = WireAddress::v4(10, 0, 0, 2)});
        lone.live(10s);
        for (const Sent& s : lone.sent) {
            const bool to_member = s.to == host(2) || s.to == host(3) || s.to == host(4);
            const bool gossip = of_type(s.messages, wire::MessageType::ping).empty();
            EXPECT_TRUE(to_member || !gossip) << s.to.to_string();
        }
        for (const SentStream& stream : lone.take_streams()) {
            EXPECT_TRUE(stream.action.verb != StreamVerb::open || stream.action.to == host(2) ||
                        stream.action.to == host(3) || stream.action.to == host(4));
        }
        EXPECT_EQ(lone.node().stats().strangers_silent, 0u) << "they fail in the usual way";
        lone.live(2min);
        EXPECT_LT(lone.ghosts_alive(), ghosts);
    }
}

// Of a large cluster: its push/pulls are rare (rule Y1).
TEST(RuleS9, ThePushPullThatWasSetForInventedMembersComesEarlier) {
    KnowsThree lone{[](Config& c) { c.push_pull_interval = 30s; }};
    lone.peer_state(Invented{3000}.state);
    lone.live(31s);  // the next one is set for 3004 members: after four minutes
    (void)lone.take_streams();
    lone.live(61s);
    EXPECT_EQ(lone.members(), 4u);
    std::size_t opened = 0;
    for (const SentStream& stream : lone.take_streams()) {
        opened += stream.action.verb == StreamVerb::open ? 1u : 0u;
    }
    EXPECT_GE(opened, 1u);
}

// The members that answered before are as silent.
TEST(RuleS9, SilenceOfTheNetworkIsNoEvidence) {
    for (const unsigned strangers : {100u, 400u}) {
        KnowsThree lone;
        lone.answer_pings(false);
        lone.peer_state(Invented{strangers, "n-"}.state);
        for (int i = 0; i < 80; ++i) {
            lone.nack(SequenceNumber{1}, host(2));  // one packet in many arrives
            lone.advance(100ms);
        }
        EXPECT_GT(lone.node().stats().strangers_asked, 0u);
        EXPECT_EQ(lone.node().stats().strangers_silent, 0u);
        EXPECT_EQ(lone.members(), 4 + strangers);
    }
}

TEST(RuleS9, SomeStrangersThatAnswerAreNotAsked) {
    KnowsThree lone;
    lone.peer_state(Invented{100, "n-"}.state);
    lone.live(1min);
    EXPECT_EQ(lone.node().stats().strangers_asked, 0u);
    EXPECT_EQ(lone.members(), 104u);
}

TEST(RuleS9, ManyStrangersAreSampledAndLeftAloneWhenTheyAnswer) {
    KnowsThree lone;
    lone.peer_state(Invented{400, "n-"}.state);
    lone.live(50ms);
    EXPECT_LE(lone.node().stats().strangers_asked, Strangers::kSampled);
    lone.live(2s);
    EXPECT_EQ(lone.node().stats().strangers_asked, Hearsay::kOutcomes);
    EXPECT_EQ(lone.node().stats().strangers_answered, Hearsay::kOutcomes);
    lone.live(7s);
    EXPECT_EQ(lone.node().stats().strangers_asked, Hearsay::kOutcomes);
    EXPECT_EQ(lone.members(), 404u);
    // Once half of them answered, there are few.
    lone.live(10min);
    EXPECT_LE(lone.node().stats().strangers_asked, 8 * Hearsay::kOutcomes);
    EXPECT_EQ(lone.members(), 404u);
}

TEST(RuleS9, InventedNamesAreForgottenWithinSeconds) {
    KnowsThree lone;
    lone.peer_state(Invented{3000}.state);
    lone.forget_events();
    EXPECT_EQ(lone.ghosts(), 3000u);
    lone.live(12s);
    EXPECT_EQ(lone.ghosts(), 0u);
    for (const char* name : {"n2", "n3", "n4"}) EXPECT_EQ(lone.state(name), State::alive);
    EXPECT_EQ(lone.take_events<MemberReaped>().size(), 3000u);
    for (const Message& m : lone.broadcasts()) EXPECT_NE(m.type, wire::MessageType::dead);
}

TEST(RuleS9, FullTableOfInventedNamesIsClearedWithinAMinute) {
    KnowsThree lone;
    // An eighth each; some share a bucket.
    for (std::uint8_t i = 0; i < 20 && lone.members() < 131072; ++i) {
        const auto network = static_cast<std::uint8_t>(100 + i);
        const Invented ghosts{16384, "ghost-" + std::to_string(i) + "-", network};
        lone.peer_state(ghosts.state, host(network, 40000));
    }
    lone.forget_events();
    ASSERT_EQ(lone.ghosts(), 131072u - 4);
    lone.live(40s);
    EXPECT_GT(lone.ghosts(), 0u);  // and not faster than its pings allow
    lone.live(15s);
    EXPECT_EQ(lone.ghosts(), 0u);
    for (const char* name : {"n2", "n3", "n4"}) EXPECT_EQ(lone.state(name), State::alive);
}

// Peers that were flooded too tell us of a few names that we have not found silent yet.
TEST(RuleS9, AfterAFloodFewStrangersAreLookedAtToo) {
    KnowsThree lone;
    lone.peer_state(Invented{1000}.state);
    lone.live(12s);
    ASSERT_EQ(lone.ghosts(), 0u);
    lone.peer_state(Invented{40, "ghost-late", 99}.state, host(11, 40000));
    EXPECT_EQ(lone.ghosts(), 40u);
    lone.live(6s);
    EXPECT_EQ(lone.ghosts(), 0u);
}

TEST(RuleS9, EachStrangerIsPingedThreeTimesAndHostsAreSpared) {
    KnowsThree lone;
    wire::PushPull one_host;
    std::vector<std::string> names;
    names.reserve(2000);
    for (std::uint16_t i = 0; i < 2000; ++i) {
        names.push_back("ghost" + std::to_string(i));
        one_host.nodes.push_back({.name = names.back(),
                                  .address = WireAddress::v4(10, 99, 0, 1),
                                  .port = static_cast<std::uint16_t>(1000 + i),
                                  .incarnation = Incarnation{1},
                                  .versions = wire::kSerfVersions});
    }
    lone.peer_state(one_host);
    lone.live(4s);
    const auto before = lone.node().stats().strangers_asked;
    lone.live(1s);
    EXPECT_LE(lone.node().stats().strangers_asked - before, 11 * Strangers::kPerHost);
    std::map<std::string, unsigned> pinged;
    lone.live(15s);
    EXPECT_EQ(lone.ghosts(), 0u);
    for (const Sent& s : lone.sent) {
        for (const Message& m : of_type(s.messages, wire::MessageType::ping)) {
            if (is_invented(m.ping().node)) ++pinged[std::string{m.ping().node}];
        }
    }
    EXPECT_GT(pinged.size(), 500u);
    for (const auto& [name, times] : pinged) EXPECT_LE(times, Strangers::kPings) << name;
}

TEST(RuleS9, WhileNobodySendsSilenceSaysNothing) {
    LoneNode lone{[](Config& c) { c.probe_interval = 1s; }};
    lone.advance(10s);
    lone.peer_state(Invented{3000}.state);
    lone.advance(20s);
    EXPECT_EQ(lone.node().stats().strangers_silent, 0u);
    EXPECT_LE(lone.node().stats().strangers_asked, 200u);  // and nobody is pinged in vain
}

TEST(RuleS9, ForgottenNamesAreBelievedAgainOnlyWhenTheyAnswer) {
    KnowsThree lone;
    const Invented ghosts{1000};
    lone.peer_state(ghosts.state);
    lone.live(12s);
    ASSERT_EQ(lone.ghosts(), 0u);
    lone.forget_events();
    lone.peer_state(ghosts.state);
    EXPECT_EQ(lone.ghosts(), 0u);
    EXPECT_EQ(lone.node().stats().strangers_repeated, 1000u);
    EXPECT_TRUE(lone.take_events<MemberJoined>().empty());
    // They are asked again; one answers now, and is believed.
    lone.live(200ms);
    std::string answering;
    for (const Sent& sent : lone.sent) {
        const auto pings = of_type(sent.messages, wire::MessageType::ping);
        if (pings.empty() || !is_invented(pings[0].ping().node)) continue;
        answering = std::string{pings[0].ping().node};
        lone.ack(pings[0].ping().sequence, sent.to);
        break;
    }
    ASSERT_FALSE(answering.empty());
    EXPECT_EQ(lone.ghosts(), 1u);
    EXPECT_EQ(lone.state(answering), State::alive);
    // And one that announces itself is believed at once.
    const std::string other = answering == "ghost7" ? "ghost8" : "ghost7";
    const std::uint8_t last = answering == "ghost7" ? 8 : 7;
    lone.alive({.node = other, .address = WireAddress::v4(10, 77, 0, last)},
               *Endpoint::from_wire(WireAddress::v4(10, 77, 0, last), 7946));
    EXPECT_EQ(lone.state(other), State::alive);
}

TEST(RuleS9, NamesThatDidNotAnswerAreForgottenAfterAWhile) {
    KnowsThree lone;
    const Invented ghosts{600};
    lone.peer_state(ghosts.state);
    lone.live(12s);
    ASSERT_EQ(lone.ghosts(), 0u);
    lone.advance(2 * Hearsay::kRefutedFor);
    lone.peer_state(ghosts.state);
    EXPECT_EQ(lone.ghosts(), 600u);
}

// --- what is said about them
// ----------------------------------------------------------------------

TEST(RuleS9, HearsayTakesAQuarterOfTheQueue) {
    LoneNode lone{[](Config& c) { c.max_broadcasts = 400; }};
    lone.know(3);
    lone.peer_state(Invented{1000}.state);
    EXPECT_EQ(lone.node().broadcasts_queued(), 100u);
    EXPECT_EQ(lone.node().stats().strangers_ungossiped, 900u);
    lone.alive({.node = "honest", .address = WireAddress::v4(10, 0, 0, 33)}, host(33));
    EXPECT_EQ(lone.node().broadcasts_queued(), 101u);
    EXPECT_EQ(lone.node().stats().broadcasts_dropped, 0u);
}

TEST(RuleS9, FloodedNodeDealsWithMembersThatAnswered) {
    KnowsThree lone{[](Config& c) {
        c.gossip_interval = 200ms;
        c.push_pull_interval = 1s;
        c.layers.compress = false;
    }};
    for (unsigned i = 0; i < 20; ++i) {  // more than can be swept in the time of this test
        lone.peer_state(
            Invented{3000, "ghost-" + std::to_string(i) + "-", static_cast<std::uint8_t>(100 + i)}
                .state,
            host(static_cast<std::uint8_t>(100 + i), 40000));
    }
    lone.live(5s);  // the sample is silent
    (void)lone.take_streams();
    lone.suspect("n2", 1, "n3");
    std::set<std::string> gossiped;
    std::size_t probes = 0;
    lone.live(5s);
    for (const Sent& s : lone.sent) {
        const bool to_member = s.to == host(2) || s.to == host(3) || s.to == host(4);
        const auto pings = of_type(s.messages, wire::MessageType::ping);
        if (pings.empty()) {
            EXPECT_TRUE(to_member) << s.to.to_string();
        } else if (to_member) {
            ++probes;
        }
        for (const Message& m : of_type(s.messages, wire::MessageType::suspect)) {
            gossiped.insert(std::string{m.accusation().node});
        }
    }
    EXPECT_GT(lone.ghosts(), 10'000u);
    EXPECT_GE(probes, 4u);  // as in a cluster without ghosts
    EXPECT_EQ(gossiped, std::set<std::string>{"n2"});
    for (const SentStream& stream : lone.take_streams()) {
        if (stream.action.verb != StreamVerb::open) continue;
        EXPECT_TRUE(stream.action.to == host(2) || stream.action.to == host(3) ||
                    stream.action.to == host(4));
    }
    // Nor does its state tell others of them, but of one that announces itself.
    lone.alive({.node = "honest", .address = WireAddress::v4(10, 0, 0, 33)}, host(33));
    lone.peer_state({}, host(3, 40000));
    std::string state;
    for (const SentStream& stream : lone.take_streams()) state += as_text(stream.bytes);
    EXPECT_LT(state.size(), 1000u);
    EXPECT_NE(state.find("honest"), std::string::npos);
}

// --- clusters
// -------------------------------------------------------------------------------------

std::size_t wrong_entries(SimCluster<>& cluster) {
    std::size_t wrong = 0;
    for (const auto& node : cluster.nodes()) {
        if (!node->running()) continue;
        const MemberTable& table = node->core().members();
        for (const MemberId id : table.ids()) {
            const Member member = *table.find(id);
            const bool real = !is_invented(member.name());
            if (real != member.is_live()) ++wrong;
        }
        for (const auto& other : cluster.nodes()) {
            if (other->running() && !table.find(other->name())) ++wrong;
        }
    }
    return wrong;
}

// Looks once a second: the tables are large.
bool is_right_within(SimCluster<>& cluster, Duration limit) {
    for (; limit > Duration{}; limit -= 1s) {
        if (wrong_entries(cluster) == 0) return true;
        cluster.run_for(1s);
    }
    return wrong_entries(cluster) == 0;
}

TEST(StrangerStories, FloodOfInventedNamesIsOverWithinAMinute) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        SimCluster cluster{Options{.nodes = 5, .seed = seed, .keep_story = false}};
        cluster.start_joined();
        cluster.run_for(20s);
        Attacker attacker{cluster};
        const Invented ghosts{131'072};
        attacker.push("n1", ghosts.state);
        cluster.run_for(1s);
        auto& joiner = cluster.add_node("n6");
        joiner.start();
        joiner.join(cluster.node("n2").endpoint());
        EXPECT_TRUE(cluster.all_others_see("n6", State::alive, 10s)) << seed;
        EXPECT_TRUE(is_right_within(cluster, 60s))
            << seed << ": " << wrong_entries(cluster) << " wrong entries";
        for (const char* name : {"n1", "n2", "n3", "n4", "n5", "n6"}) {
            EXPECT_TRUE(cluster.never_saw(name, State::dead)) << seed << ' ' << name;
        }
    }
}

TEST(StrangerStories, JoinerIsKnownWithinSecondsThoughTablesAreFull) {
    Config small = Config::lan();
    small.max_members = 3000;
    SimCluster cluster{Options{.nodes = 5, .seed = 3, .profile = small, .keep_story = false}};
    cluster.start_joined();
    cluster.run_for(20s);
    std::vector<std::unique_ptr<Attacker>> attackers;
    for (unsigned i = 1; i <= 4; ++i) {
        attackers.push_back(
            std::make_unique<Attacker>(cluster, "10.66.0." + std::to_string(i) + ":7946"));
    }
    std::vector<Invented> floods;
    for (unsigned i = 0; i < 4; ++i) {
        floods.emplace_back(1000, "ghost-" + std::to_string(i) + "-",
                            static_cast<std::uint8_t>(80 + i));
    }
    for (const char* to : {"n1", "n2", "n3", "n4", "n5"}) {
        for (unsigned i = 0; i < 4; ++i) attackers[i]->push(to, floods[i].state);
    }
    cluster.run_for(300ms);
    EXPECT_EQ(cluster.node("n1").core().members().size(), 3000u);
    auto& joiner = cluster.add_node("n6");
    joiner.start();
    joiner.join(cluster.node("n2").endpoint());
    EXPECT_TRUE(cluster.all_others_see("n6", State::alive, 15s));
    EXPECT_TRUE(is_right_within(cluster, 60s));
    for (const char* name : {"n1", "n2", "n3", "n4", "n5", "n6"}) {
        EXPECT_TRUE(cluster.never_saw(name, State::dead)) << name;
    }
}

// Many honest members at once are no flood: none is lost, and they are hardly pinged for it.
TEST(StrangerStories, ClusterOfManyMembersStartsAsEver) {
    SimCluster cluster{Options{.nodes = 400, .seed = 5, .keep_story = false}};
    cluster.start_joined();
    cluster.run_for(60s);
    EXPECT_TRUE(cluster.converged());
    EXPECT_TRUE(cluster.nobody_saw(State::dead));
    for (const auto& node : cluster.nodes()) {
        EXPECT_EQ(node->core().stats().strangers_silent, 0u);
        EXPECT_LE(node->core().stats().strangers_asked, 300u);
    }
}

}  // namespace
}  // namespace rollcall::membership
