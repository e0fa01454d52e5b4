// SPDX-License-Identifier: Apache-2.0
//
// One probe, from the first ping to the verdict, and its effect on our health. Rules P1 to P5, P7.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lone_node.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

// LAN timings; only the test answers.
struct Prober : LoneNode {
    explicit Prober(unsigned others, const Tweak& tweak = {})
        : LoneNode{[&](Config& c) {
              c.probe_interval = 1s;
              if (tweak) tweak(c);
          }} {
        know(others);
    }
    // Runs to the next probe's first ping.
    Sent next_ping() {
        for (;;) {
            const auto deadline = node().next_deadline();
            advance(*deadline - now());
            for (Sent& sent : take_sent()) {
                if (sent.messages.at(0).type == wire::MessageType::ping) return sent;
            }
        }
    }
    ProbeEnded only_ending() {
        const auto endings = take_events<ProbeEnded>();
        EXPECT_EQ(endings.size(), 1u);
        return endings.empty() ? ProbeEnded{} : endings.back();
    }
    void bounced(const Endpoint& to, SendError error) {
        call([&](Node& n, Time at, Outbox& out) { n.handle_send_error(at, to, error, out); });
    }
};

std::string name_at(const Endpoint& endpoint) {
    return "n" + std::to_string(std::to_integer<int>(endpoint.ip[15]));
}

TEST(RuleP1, EachMemberIsProbedOncePerRoundInNewOrder) {
    Prober lone{8};
    std::vector<std::vector<std::string>> rounds;
    for (int round = 0; round < 6; ++round) {
        std::vector<std::string> order;
        for (int i = 0; i < 8; ++i) {
            const Sent ping = lone.next_ping();
            order.push_back(name_at(ping.to));
            lone.ack(ping.messages[0].ping().sequence, ping.to);
        }
        rounds.push_back(order);
    }
    // The ring may be entered anywhere in the first round; from the second on each is whole.
    bool any_differ = false;
    for (std::size_t i = 1; i < rounds.size(); ++i) {
        const std::set<std::string> all{rounds[i].begin(), rounds[i].end()};
        EXPECT_EQ(all.size(), 8u);
        EXPECT_FALSE(all.contains("n1"));
        any_differ = any_differ || rounds[i] != rounds[1];
    }
    EXPECT_TRUE(any_differ) << "shuffled between rounds";
}

TEST(RuleP1, DeadAndLeftMembersAreNotProbed) {
    Prober lone{4};
    lone.dead("n2", 1, "n3");
    lone.dead("n3", 1, "n3");
    lone.drain();
    std::set<std::string> probed;
    for (int i = 0; i < 8; ++i) {
        const Sent ping = lone.next_ping();
        probed.insert(name_at(ping.to));
        lone.ack(ping.messages[0].ping().sequence, ping.to);
    }
    EXPECT_EQ(probed, (std::set<std::string>{"n4", "n5"}));
}

TEST(RuleP1, SingleNodeProbesNothing) {
    Prober lone{0};
    lone.advance(10s);
    EXPECT_TRUE(lone.take_sent().empty());
    EXPECT_EQ(lone.node().stats().probes, 0u);
}

TEST(RuleP1, OnlyOneProbeRunsEvenWhenStretched) {
    Prober lone{5};
    unsigned running = 0;
    for (int step = 0; step < 200; ++step) {
        lone.advance(*lone.node().next_deadline() - lone.now());
        running -= static_cast<unsigned>(lone.take_events<ProbeEnded>().size());
        for (const Sent& sent : lone.take_sent()) {
            if (sent.messages.at(0).type == wire::MessageType::ping) ++running;
        }
        ASSERT_LE(running, 1u);
    }
    EXPECT_GT(lone.node().stats().probes_failed, 5u);
}

TEST(RuleP2, PingNamesTargetAndSource) {
    Prober lone{3};
    lone.alive({.node = "n9", .address = WireAddress::v4(10, 0, 0, 9)});
    const Sent sent = lone.next_ping();
    const wire::Ping ping = sent.messages[0].ping();
    EXPECT_EQ(ping.node, name_at(sent.to));
    EXPECT_EQ(ping.source_node, "me");
    EXPECT_EQ(ping.source_address, WireAddress::v4(10, 0, 0, 1));
    EXPECT_EQ(ping.source_port, 7946);
    ASSERT_EQ(sent.messages.size(), 2u) << "the claim about n9 is piggybacked";
    EXPECT_EQ(sent.messages[1].alive().node, "n9");
    EXPECT_FALSE(sent.checksum);
}

TEST(RuleP2, SuspectGetsSuspicionWithPingAndNoGossip) {
    Prober lone{1};
    lone.suspect("n2", 1, "other");  // its broadcast waits
    const Sent sent = lone.next_ping();
    ASSERT_EQ(sent.messages.size(), 2u);
    EXPECT_EQ(sent.messages[0].ping().node, "n2");
    ASSERT_EQ(sent.messages[1].type, wire::MessageType::suspect);
    EXPECT_EQ(sent.messages[1].accusation().node, "n2");
    EXPECT_EQ(sent.messages[1].accusation().from, "me");
    EXPECT_EQ(sent.messages[1].accusation().incarnation, Incarnation{1});
    EXPECT_TRUE(sent.checksum);
    EXPECT_GT(lone.node().broadcasts_queued(), 0u);
}

TEST(RuleP3, RelaysAndStreamAreTriedAfterTimeout) {
    Prober lone{6};
    const Sent ping = lone.next_ping();
    lone.advance(499ms);
    EXPECT_TRUE(lone.take_sent().empty());
    EXPECT_TRUE(lone.take_streams().empty());
    lone.advance(1ms);
    const auto asked = lone.take_sent();
    ASSERT_EQ(asked.size(), 3u);
    std::set<std::string> relays;
    for (const Sent& sent : asked) {
        const wire::IndirectPing request = sent.messages.at(0).indirect_ping();
        EXPECT_EQ(request.sequence, ping.messages[0].ping().sequence);
        EXPECT_EQ(request.node, name_at(ping.to));
        EXPECT_EQ(*Endpoint::from_wire(request.target, request.port), ping.to);
        EXPECT_TRUE(request.nack);
        EXPECT_EQ(request.source_node, "me");
        EXPECT_NE(sent.to, ping.to);
        relays.insert(sent.to.to_string());
    }
    EXPECT_EQ(relays.size(), 3u);
    const auto streams = lone.take_streams();
    ASSERT_EQ(streams.size(), 1u);
    EXPECT_EQ(streams[0].action.verb, StreamVerb::open);
    EXPECT_EQ(streams[0].action.to, ping.to);
}

TEST(RuleP3, RelaysAreAliveAndOldOnesGetNoNackRequest) {
    Prober lone{1};
    lone.alive({.node = "old",
                .address = WireAddress::v4(10, 0, 0, 20),
                .versions = wire::Versions{1, 3, 2, 2, 5, 5}});
    lone.alive({.node = "sick", .address = WireAddress::v4(10, 0, 0, 21)});
    lone.suspect("sick", 1, "old");
    lone.drain();
    Sent ping = lone.next_ping();
    while (name_at(ping.to) != "n2") {
        lone.ack(ping.messages[0].ping().sequence);
        ping = lone.next_ping();
    }
    lone.advance(500ms);
    const auto asked = lone.take_sent();
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].to, host(20));
    EXPECT_FALSE(asked[0].messages[0].indirect_ping().nack);
}

TEST(RuleP3, NoStreamPingWhenDisabledOrUnsupported) {
    Prober off{2, [](Config& c) { c.tcp_pings = false; }};
    (void)off.next_ping();
    off.advance(600ms);
    EXPECT_TRUE(off.take_streams().empty());

    Prober old{0};
    old.alive({.node = "n2", .versions = wire::Versions{1, 2, 2, 2, 5, 5}});
    (void)old.next_ping();
    old.advance(600ms);
    EXPECT_TRUE(old.take_streams().empty());
}

TEST(RuleP3, BouncedPingAsksRelaysAtOnce) {
    Prober lone{4};
    const Sent ping = lone.next_ping();
    lone.advance(3ms);
    lone.bounced(ping.to, SendError::unreachable);
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::indirect_ping).size(), 3u);
    EXPECT_EQ(lone.take_streams().size(), 1u);
    EXPECT_TRUE(lone.take_events<ProbeEnded>().empty()) << "the verdict waits for its time";
}

TEST(RuleP4, AckEndsProbeAtAnyStage) {
    for (const Duration when : {1ms, 499ms, 501ms, 999ms}) {
        Prober lone{4};
        const Sent ping = lone.next_ping();
        lone.advance(when);
        lone.ack(ping.messages[0].ping().sequence, ping.to);
        const ProbeEnded ending = lone.only_ending();
        EXPECT_EQ(ending.outcome,
                  when < 500ms ? ProbeOutcome::acked : ProbeOutcome::acked_by_relay);
        EXPECT_EQ(ending.took, when);
        lone.advance(600ms);
        EXPECT_TRUE(lone.take_events<MemberSuspected>().empty());
    }
}

TEST(RuleP4, SilenceIsSuspicionAtEndOfProbe) {
    Prober lone{4};
    const Sent ping = lone.next_ping();
    const std::string target = name_at(ping.to);
    lone.advance(999ms);
    EXPECT_EQ(lone.state(target), State::alive);
    lone.advance(1ms);
    EXPECT_EQ(lone.state(target), State::suspect);
    const auto suspected = lone.take_events<MemberSuspected>();
    ASSERT_EQ(suspected.size(), 1u);
    EXPECT_EQ(suspected[0].from, "me");
    const ProbeEnded ending = lone.only_ending();
    EXPECT_EQ(ending.outcome, ProbeOutcome::failed);
    EXPECT_EQ(ending.relays_asked, 3u);
    EXPECT_EQ(ending.nacks_expected, 3u);
}

TEST(RuleP4, SuspicionHasProbedIncarnation) {
    Prober lone{3};
    const Sent ping = lone.next_ping();
    const std::string target = name_at(ping.to);
    lone.advance(700ms);
    lone.alive({.node = target, .incarnation = 2, .address = ping.to.to_wire()});
    lone.advance(301ms);
    EXPECT_EQ(lone.state(target), State::alive) << "its newer claim wins";
}

TEST(RuleP4, LateAckChangesNothing) {
    Prober lone{3};
    const Sent ping = lone.next_ping();
    lone.advance(1s);
    EXPECT_EQ(lone.state(name_at(ping.to)), State::suspect);
    (void)lone.only_ending();
    lone.ack(ping.messages[0].ping().sequence, ping.to);
    EXPECT_EQ(lone.state(name_at(ping.to)), State::suspect);
    EXPECT_TRUE(lone.take_events<ProbeEnded>().empty());
}

// A local failure of our pings does not stop the probe: the relays may reach the member, and
// missing evidence does not mean "alive".
TEST(RuleP3, NoRouteAsksRelaysAtOnce) {
    Prober lone{4};
    const Sent ping = lone.next_ping();
    lone.bounced(ping.to, {SendError::no_route, ENETUNREACH});
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::indirect_ping).size(), 3u);
    EXPECT_EQ(lone.take_streams().size(), 1u);
    EXPECT_TRUE(lone.take_events<ProbeEnded>().empty()) << "the verdict waits for its time";
}

TEST(RuleP3, LocalSendErrorCountsAsLostPing) {
    Prober lone{4};
    const Sent ping = lone.next_ping();
    lone.bounced(ping.to, {SendError::local, ENOBUFS});
    lone.advance(499ms);
    EXPECT_TRUE(lone.take_sent().empty());
    lone.advance(1ms);
    EXPECT_EQ(of_type(lone.take_sent(), wire::MessageType::indirect_ping).size(), 3u);
    EXPECT_EQ(lone.take_streams().size(), 1u);
    lone.ack(ping.messages[0].ping().sequence, host(9));
    EXPECT_EQ(lone.only_ending().outcome, ProbeOutcome::acked_by_relay);
}

TEST(RuleP4, UnreachableMemberIsSuspectedLikeSilentOne) {
    for (const SendError error :
         {SendError{SendError::no_route, ENETUNREACH}, SendError{SendError::local, EPERM}}) {
        Prober lone{3};
        const Sent ping = lone.next_ping();
        lone.bounced(ping.to, error);
        lone.advance(999ms);
        EXPECT_EQ(lone.state(name_at(ping.to)), State::alive);
        lone.advance(1ms);
        EXPECT_EQ(lone.state(name_at(ping.to)), State::suspect);
        EXPECT_EQ(lone.only_ending().outcome, ProbeOutcome::failed);
    }
}

TEST(RuleP4, LocalStreamFailureIsNoAnswer) {
    Prober lone{1};
    const Sent ping = lone.next_ping();
    lone.bounced(ping.to, {SendError::no_route, ENETUNREACH});
    const auto streams = lone.take_streams();
    ASSERT_EQ(streams.size(), 1u);
    lone.call([&](Node& n, Time at, Outbox& out) {
        n.handle_stream_closed(at, streams[0].action.id, {StreamEnd::local, ENETUNREACH}, out);
    });
    lone.advance(1s);
    EXPECT_EQ(lone.state("n2"), State::suspect);
}

// Without any route every member is suspected in turn and then declared dead, as on a network that
// loses everything, and our health score shows a possible local cause.
TEST(RuleP4, WithoutAnyRouteAllMembersFail) {
    for (const SendError::Kind kind : {SendError::no_route, SendError::local}) {
        Prober lone{3};
        std::set<std::string> failed;
        for (int step = 0; step < 2000 && failed.size() < 3; ++step) {
            const auto deadline = lone.node().next_deadline();
            ASSERT_TRUE(deadline);
            lone.advance(*deadline - lone.now());
            for (const Sent& sent : lone.take_sent()) lone.bounced(sent.to, kind);
            for (const auto& e : lone.take_events<MemberFailed>()) failed.insert(e.about.name);
        }
        EXPECT_EQ(failed.size(), 3u);
        EXPECT_EQ(lone.node().health_score(), 7u);
    }
}

TEST(RuleP4, SuspicionCarriesProbeEvidence) {
    Prober lone{4};
    const Sent ping = lone.next_ping();
    lone.bounced(ping.to, {SendError::no_route, EHOSTUNREACH});
    const auto asked = lone.take_sent();
    ASSERT_EQ(asked.size(), 3u);
    lone.bounced(asked[0].to, {SendError::no_route, ENETUNREACH});
    lone.nack(ping.messages[0].ping().sequence, asked[1].to);
    lone.call([&, id = lone.take_streams().at(0).action.id](Node& n, Time at, Outbox& out) {
        n.handle_stream_closed(at, id, {StreamEnd::refused, ECONNREFUSED}, out);
    });
    lone.advance(1s);
    const auto suspected = lone.take_events<MemberSuspected>();
    ASSERT_EQ(suspected.size(), 1u);
    ASSERT_TRUE(suspected[0].evidence);
    const ProbeEvidence& evidence = *suspected[0].evidence;
    EXPECT_EQ(evidence.ping, DirectPing::no_route);
    EXPECT_EQ(evidence.ping_error, EHOSTUNREACH);
    EXPECT_EQ(evidence.relays_asked, 3u);
    EXPECT_EQ(evidence.relays_unasked, 1u);
    EXPECT_EQ(evidence.nacks_received, 1u);
    EXPECT_EQ(evidence.stream, StreamPing::refused);
    EXPECT_EQ(evidence.stream_error, ECONNREFUSED);

    Prober reported{4};
    reported.suspect("n2", 1, "n3");
    const auto by_another = reported.take_events<MemberSuspected>();
    ASSERT_EQ(by_another.size(), 1u);
    EXPECT_FALSE(by_another[0].evidence) << "n3 knows why, and the wire does not carry it";
}

TEST(RuleT3, FailureNamesConfirmingMembers) {
    Prober lone{5};
    lone.suspect("n2", 1, "n3");
    lone.suspect("n2", 1, "n4");
    lone.suspect("n2", 1, "n4");
    std::vector<MemberFailed> failed;
    while (failed.empty()) {
        const Sent ping = lone.next_ping();
        lone.ack(ping.messages[0].ping().sequence, ping.to);
        failed = lone.take_events<MemberFailed>();
    }
    EXPECT_EQ(failed[0].about.name, "n2");
    EXPECT_EQ(failed[0].from, "me");
    EXPECT_EQ(failed[0].accusers, (std::vector<std::string>{"n3", "n4"}));
}

// Runs for `time` and lets every datagram fail, or none.
void run(Prober& lone, Duration time, bool fails) {
    for (const Time until = lone.now() + time; lone.now() < until;) {
        const auto deadline = lone.node().next_deadline();
        lone.advance(std::min(until, deadline.value_or(until)) - lone.now());
        for (const Sent& sent : lone.take_sent()) {
            if (fails) {
                lone.bounced(sent.to, {SendError::no_route, ENETDOWN});
            } else if (sent.messages[0].type == wire::MessageType::ping) {
                lone.ack(sent.messages[0].ping().sequence, sent.to);
            }
        }
    }
}

TEST(RuleP7, SendOutageIsReportedWithCauseAndEnd) {
    Prober lone{2};
    run(lone, 5s, false);
    EXPECT_FALSE(lone.node().sends_failing());
    run(lone, 5s, true);
    const auto failing = lone.take_events<SendsFailing>();
    ASSERT_EQ(failing.size(), 1u) << "once, and not for every datagram";
    EXPECT_EQ(failing[0].error, ENETDOWN);
    ASSERT_TRUE(lone.node().sends_failing());
    EXPECT_EQ(lone.node().sends_failing()->error, ENETDOWN);
    EXPECT_TRUE(lone.take_events<SendsRecovered>().empty());
    lone.alive({.node = "n9", .address = WireAddress::v4(10, 0, 0, 9)});
    run(lone, 10s, false);
    EXPECT_EQ(lone.take_events<SendsRecovered>().size(), 1u);
    EXPECT_FALSE(lone.node().sends_failing());
}

TEST(RuleP7, OneUnreachableMemberIsNoOutage) {
    Prober lone{3};
    for (int step = 0; step < 400; ++step) {
        lone.advance(*lone.node().next_deadline() - lone.now());
        for (const Sent& sent : lone.take_sent()) {
            if (sent.to == host(2)) {
                lone.bounced(sent.to, {SendError::no_route, ENETUNREACH});
            } else if (sent.messages[0].type == wire::MessageType::ping) {
                lone.ack(sent.messages[0].ping().sequence, sent.to);
            }
        }
        ASSERT_FALSE(lone.node().sends_failing());
    }
    EXPECT_TRUE(lone.take_events<SendsFailing>().empty());
}

// The whole table of the effects of a probe's end on our health. The score starts at 2.
TEST(RuleP5, ProbeResultChangesHealthScore) {
    struct Row {
        const char* what;
        unsigned others;
        bool old_relays;
        bool bounced;
        int nacks;       // that arrive
        Duration acked;  // 0: never
        unsigned score;  // afterwards
    };
    const Row rows[]{
        {"acked directly", 4, false, false, 0, 10ms, 1},
        {"acked by a relay", 4, false, false, 0, 700ms, 1},
        {"bounced, then acked by a relay", 4, false, true, 0, 700ms, 2},
        {"failed, no nack of three", 4, false, false, 0, 0ms, 5},
        {"failed, one nack of three", 4, false, false, 1, 0ms, 4},
        {"failed, all three nacks", 4, false, false, 3, 0ms, 2},
        {"failed, more nacks than asked for", 4, false, false, 9, 0ms, 2},
        {"failed, one relay, no nack", 2, false, false, 0, 0ms, 3},
        {"failed, no relays", 1, false, false, 0, 0ms, 3},
        {"failed, relays too old for nacks", 4, true, false, 0, 0ms, 3},
    };
    for (const Row& row : rows) {
        Prober lone{0};
        for (unsigned i = 2; i < row.others + 2; ++i) {
            lone.alive({.node = "n" + std::to_string(i),
                        .address = WireAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i)),
                        .versions = row.old_relays ? wire::Versions{1, 3, 2, 2, 5, 5}
                                                   : wire::kSerfVersions});
        }
        lone.suspect("me", 1, "n2");
        lone.suspect("me", 2, "n2");
        lone.drain();
        ASSERT_EQ(lone.node().health_score(), 2u);
        const Sent ping = lone.next_ping();
        const SequenceNumber sequence = ping.messages[0].ping().sequence;
        if (row.bounced) lone.bounced(ping.to, SendError::unreachable);
        lone.advance(600ms);
        for (int i = 0; i < row.nacks; ++i) lone.nack(sequence, host(3));
        if (row.acked > 600ms) lone.advance(row.acked - 600ms);
        if (row.acked == 10ms) {
            // A direct ack belongs before the timeout: a probe of its own.
            lone.advance(5s);
            Prober fresh{4};
            fresh.suspect("me", 1, "n2");
            fresh.suspect("me", 2, "n2");
            const Sent again = fresh.next_ping();
            fresh.advance(row.acked);
            fresh.ack(again.messages[0].ping().sequence);
            EXPECT_EQ(fresh.node().health_score(), row.score) << row.what;
            continue;
        }
        if (row.acked > 0ms) lone.ack(sequence);
        while (lone.take_events<ProbeEnded>().empty()) lone.advance(10ms);
        EXPECT_EQ(lone.node().health_score(), row.score) << row.what;
    }
}

TEST(RuleP5, ScoreStretchesOnlyTheProbe) {
    for (unsigned score = 0; score < 8; ++score) {
        Prober lone{4};
        for (unsigned i = 1; i <= score; ++i) lone.suspect("me", i, "n2");
        ASSERT_EQ(lone.node().health_score(), score);
        const Sent ping = lone.next_ping();
        const Time start = lone.now();
        lone.advance(499ms);
        EXPECT_TRUE(of_type(lone.take_sent(), wire::MessageType::indirect_ping).empty());
        lone.advance(1ms);
        EXPECT_FALSE(of_type(lone.take_sent(), wire::MessageType::indirect_ping).empty());
        lone.advance(1s * (score + 1) - 501ms);
        EXPECT_EQ(lone.state(name_at(ping.to)), State::alive) << score;
        lone.advance(1ms);
        EXPECT_EQ(lone.state(name_at(ping.to)), State::suspect) << score;
        EXPECT_EQ(lone.now() - start, 1s * (score + 1));
    }
}

TEST(RuleP5, TheScoreStaysWithinItsBounds) {
    Prober lone{3};
    for (unsigned i = 1; i <= 20; ++i) lone.suspect("me", i, "n2");
    EXPECT_EQ(lone.node().health_score(), 7u);
    for (int i = 0; i < 12; ++i) {
        const Sent ping = lone.next_ping();
        lone.ack(ping.messages[0].ping().sequence);
    }
    EXPECT_EQ(lone.node().health_score(), 0u);
}

}  // namespace
}  // namespace rollcall::membership
