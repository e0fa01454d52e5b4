// SPDX-License-Identifier: Apache-2.0
//
// A node that looks at a silent member, on a network played by the test. Rules F1, F3, F5 to F7,
// V6; what one vigil decides is in vigil_test.cpp.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "lone_node.h"
#include "membership/gate.h"
#include "membership/ring_watch.h"
#include "membership/rtt_estimate.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

// n2, n3, ... answer at once, but those in `silent`; relays send their nacks.
struct Watcher : LoneNode {
    explicit Watcher(unsigned others, const Tweak& tweak = {})
        : LoneNode{[&](Config& c) {
              c = Config::fast();
              c.name = "me";
              c.address = WireAddress::v4(10, 0, 0, 1);
              c.gossip_interval = 100ms;
              c.push_pull_interval = Duration{};
              if (tweak) tweak(c);
          }} {
        know(others);
    }
    static std::string name_at(const Endpoint& endpoint) {
        return "n" + std::to_string(std::to_integer<int>(endpoint.ip[15]));
    }
    // Plays the network for that long.
    void run(Duration time) {
        const Time until = now() + time;
        while (now() < until) {
            advance(std::min<Duration>(10ms, until - now()));
            while (!nacks.empty() && nacks.front().due <= now()) {
                nack(nacks.front().sequence, nacks.front().from);
                nacks.pop_front();
            }
            for (const Sent& sent : take_sent()) deliver(sent);
            for (const SentStream& stream : take_streams()) {
                if (stream.action.verb == StreamVerb::open) opened(stream.action);
            }
        }
    }
    void deliver(const Sent& sent) {
        const bool reached = !silent.contains(name_at(sent.to)) && !deaf;
        for (const Message& m : sent.messages) {
            if (m.type == wire::MessageType::ping) {
                ++pings[name_at(sent.to)];
                if (reached) ack(m.ping().sequence, sent.to);
                if (refusing.contains(name_at(sent.to))) {
                    call([&](Node& n, Time at, Outbox& out) {
                        n.handle_send_error(at, sent.to, SendError::unreachable, out);
                    });
                }
            }
            if (m.type == wire::MessageType::indirect_ping && reached) {
                const std::string target{m.indirect_ping().node};
                if (silent.contains(target)) {
                    nacks.push_back({now() + nacks_take, m.indirect_ping().sequence, sent.to});
                } else {
                    ack(m.indirect_ping().sequence, sent.to);
                }
            }
        }
    }
    void opened(const StreamAction& action) {
        const std::string name = name_at(action.to);
        if (stopped.contains(name)) {
            call([&](Node& n, Time at, Outbox& out) {
                n.handle_stream_connected(at, action.id, out);
            });
        }
        if (refusing.contains(name)) {
            call([&](Node& n, Time at, Outbox& out) {
                n.handle_stream_closed(at, action.id, StreamEnd::refused, out);
            });
        }
    }
    // A process that is gone on a living host; one that does not run; a host that is gone.
    void kill(const std::string& name) { silent.insert(name), refusing.insert(name); }
    void stop(const std::string& name) { silent.insert(name), stopped.insert(name); }
    void cut(const std::string& name) { silent.insert(name); }

    std::set<std::string> silent, stopped, refusing;
    bool deaf = false;  // nothing arrives anywhere
    std::map<std::string, unsigned> pings;
    Duration nacks_take{};  // of the relays
    struct Nack {
        Time due{};
        SequenceNumber sequence;
        Endpoint from;
    };
    std::deque<Nack> nacks{};
};

TEST(RuleF1, TimeoutIsThreeRoundTripsWithinItsBounds) {
    RttEstimate rtt;
    const MemberId near{1}, far{2}, unknown{3};
    EXPECT_EQ(rtt.timeout(near, 500ms), 500ms) << "nothing is known";
    for (unsigned i = 0; i < RttEstimate::kFew; ++i) rtt.sample(near, 300us);
    EXPECT_EQ(rtt.timeout(near, 500ms), 100ms);
    rtt.sample(far, 60ms);
    EXPECT_EQ(rtt.timeout(far, 500ms), 190ms);
    EXPECT_EQ(rtt.timeout(unknown, 500ms), 190ms) << "as the slowest of the last";
    rtt.sample(far, 1s);
    EXPECT_EQ(rtt.timeout(far, 500ms), 500ms);
}

TEST(RuleF1, AGreatRoundTripIsForgottenSlowly) {
    RttEstimate rtt;
    const MemberId member{1};
    for (unsigned i = 0; i < 5; ++i) rtt.sample(member, 80ms);
    const Duration before = rtt.timeout(member, 500ms);
    rtt.sample(member, 1ms);
    EXPECT_GT(rtt.timeout(member, 500ms), before * 8 / 10);
    for (unsigned i = 0; i < 40; ++i) rtt.sample(member, 1ms);
    EXPECT_EQ(rtt.timeout(member, 500ms), 100ms);
}

TEST(RuleF1, ProbeOfASilentMemberEndsBeforeItsInterval) {
    Watcher me{8};
    me.run(8s);
    me.cut("n5");
    me.forget_events();
    me.run(6s);
    for (const ProbeEnded& end : me.take_events<ProbeEnded>()) {
        if (end.outcome == ProbeOutcome::failed) {
            EXPECT_LE(end.took, 410ms);
        }
    }
    EXPECT_GE(me.node().stats().probes_failed, 1u);
}

TEST(RuleF1, LateNacksDoNotCountAsMissing) {
    Watcher me{8};
    me.run(8s);
    me.nacks_take = 400ms;  // as Serf agents do with the profile lan
    me.cut("n5");
    while (me.node().stats().vigils == 0) me.run(10ms);
    EXPECT_EQ(me.node().health_score(), 0u);
    // Answered probes lower the score again, so it is looked at all the time.
    for (unsigned i = 0; i < 100; ++i) {
        me.run(10ms);
        EXPECT_EQ(me.node().health_score(), 0u);
    }
}

TEST(RuleF2, VigilEndsWithoutAWordWhenTheMemberAnswers) {
    Watcher me{8};
    me.run(8s);
    me.cut("n5");
    while (me.node().stats().vigils == 0) me.run(10ms);
    me.silent.clear();
    me.run(3s);
    EXPECT_EQ(me.state("n5"), State::alive);
    EXPECT_EQ(me.node().stats().suspicions, 0u);
}

TEST(RuleF3, AccusedMemberAnswersItsAccuserDirectly) {
    Watcher me{4};
    me.suspect("me", me.incarnation("me"), "n3");  // the packet comes from host 9
    bool answered = false;
    for (const Sent& sent : me.take_sent()) {
        const auto claims = of_type(sent.messages, wire::MessageType::alive);
        answered =
            answered || (sent.to == host(9) && !claims.empty() && claims[0].alive().node == "me" &&
                         claims[0].alive().incarnation.value() == me.incarnation("me"));
    }
    EXPECT_TRUE(answered);
}

TEST(RuleF3, OutdatedAccusationIsAnsweredWithWhatWeKnow) {
    Watcher me{4};
    me.alive({.node = "n2", .incarnation = 5, .address = WireAddress::v4(10, 0, 0, 2)});
    (void)me.take_sent();
    me.suspect("n2", 4, "n3");
    const auto claims = of_type(me.take_sent(), wire::MessageType::alive);
    ASSERT_EQ(claims.size(), 1u);
    EXPECT_EQ(claims[0].alive().incarnation, Incarnation{5});
    EXPECT_EQ(me.state("n2"), State::alive);
}

TEST(RuleF3, ASuspicionOfADeadMemberIsAnsweredWithItsDeath) {
    Watcher me{4};
    me.dead("n2", 5, "n3");
    (void)me.take_sent();
    me.suspect("n2", 5, "n4");
    const auto claims = of_type(me.take_sent(), wire::MessageType::dead);
    ASSERT_EQ(claims.size(), 1u);
    EXPECT_EQ(claims[0].accusation().incarnation, Incarnation{5});
}

// The suspicion says that the member has refuted the death, so it is no death of what came after.
TEST(RuleF3, ADeathIsNoAnswerToANewerSuspicion) {
    Watcher me{4};
    me.dead("n2", 5, "n3");
    (void)me.take_sent();
    me.suspect("n2", 6, "n4");
    me.suspect("n2", 6, "n3");
    EXPECT_TRUE(of_type(me.take_sent(), wire::MessageType::dead).empty());
    me.alive({.node = "n2", .incarnation = 6, .address = WireAddress::v4(10, 0, 0, 2)});
    EXPECT_EQ(me.state("n2"), State::alive);
}

TEST(RuleF3, AnswersToAccusersHaveALimitPerSecond) {
    Watcher me{4};
    me.alive({.node = "n2", .incarnation = 5, .address = WireAddress::v4(10, 0, 0, 2)});
    (void)me.take_sent();
    for (int i = 0; i < 1000; ++i) me.suspect("n2", 4, "n3");
    EXPECT_EQ(of_type(me.take_sent(), wire::MessageType::alive).size(), 64u);
    EXPECT_EQ(me.node().stats().answers_unsent, 936u);
}

TEST(RuleF4, SilentHostIsDeadWithinSeconds) {
    Watcher me{8};
    me.run(8s);
    me.cut("n5");
    me.run(5s);
    ASSERT_EQ(me.state("n5"), State::dead);
    const auto failed = me.take_events<MemberFailed>();
    ASSERT_EQ(failed.size(), 1u);
    ASSERT_TRUE(failed[0].vigil);
    EXPECT_EQ(failed[0].vigil->ground, VigilEvidence::Ground::unanswered);
    EXPECT_GE(failed[0].vigil->witnesses, 2u);
    EXPECT_EQ(failed[0].accusers.at(0), "me");
}

TEST(RuleF4, StoppedProcessIsLeftToItsSuspicion) {
    Watcher me{8};
    me.run(8s);
    me.stop("n5");
    me.run(8s);
    EXPECT_EQ(me.state("n5"), State::suspect);
    me.run(60s);
    EXPECT_EQ(me.state("n5"), State::dead) << "a hung process dies in the end";
    const auto failed = me.take_events<MemberFailed>();
    ASSERT_EQ(failed.size(), 1u);
    ASSERT_TRUE(failed[0].vigil);
    EXPECT_EQ(failed[0].vigil->ground, VigilEvidence::Ground::expired);
    EXPECT_TRUE(failed[0].vigil->stalled);
}

TEST(RuleF4, KilledProcessOnALivingHostIsRefused) {
    Watcher me{8, [](Config& c) {
                   c.fast_verdicts = c.ring_watch = false;
                   c.probe_interval = 1s;
                   c.probe_timeout = 500ms;
               }};
    me.run(16s);
    me.kill("n5");
    me.run(13s);
    ASSERT_EQ(me.state("n5"), State::dead);
    const auto failed = me.take_events<MemberFailed>();
    ASSERT_EQ(failed.size(), 1u);
    ASSERT_TRUE(failed[0].vigil);
    EXPECT_EQ(failed[0].vigil->ground, VigilEvidence::Ground::refused);
    EXPECT_GE(failed[0].vigil->took, 3s);
}

// The world that needs the controls: our own link dies while we look.
TEST(RuleF4, WhenOurOwnLinkDiesNobodyIsDeclaredDead) {
    Watcher me{8};
    me.run(8s);
    me.cut("n5");
    while (me.node().stats().vigils == 0) me.run(10ms);
    me.deaf = true;
    me.run(4s);
    EXPECT_EQ(me.node().stats().failures, 0u);
    me.deaf = false;
    me.silent.clear();
    me.run(10s);
    EXPECT_EQ(me.node().stats().failures, 0u);
}

TEST(RuleF5, SuspectIsAskedBeforeItsTimeIsOverAndAnAnswerExtendsIt) {
    Watcher me{8, [](Config& c) { c.fast_verdicts = false; }};
    me.run(8s);
    me.suspect("n5", 1, "n6");
    me.pings["n5"] = 0;
    me.run(3600ms);  // of at least 24 s with one accuser
    EXPECT_EQ(me.state("n5"), State::suspect);
    me.run(70s);
    EXPECT_EQ(me.state("n5"), State::suspect) << "it answers, and never refutes";
    EXPECT_GE(me.node().stats().last_words_answered, 1u);
    EXPECT_EQ(me.node().stats().failures, 0u);
}

TEST(RuleF5, SilentSuspectDiesWhenItsTimeIsOverNotLater) {
    Watcher me{8, [](Config& c) { c.fast_verdicts = false, c.suspicion_max_timeout_mult = 1; }};
    me.run(8s);
    me.stop("n5");
    me.suspect("n5", 1, "n6");
    const Time accused = me.now();
    while (me.state("n5") == State::suspect) me.run(10ms);
    EXPECT_NEAR(static_cast<double>((me.now() - accused) / 1ms), 2000.0, 30.0);
    EXPECT_GE(me.node().stats().last_words, 1u);
}

TEST(RuleF6, GateIsClosedWhileTooFewAreHeard) {
    Gate gate;
    const Time t{1h};
    EXPECT_EQ(gate.closed(t, 4s, 5), Gate::Closed::isolated);
    gate.received(t, host(2));
    gate.received(t, host(3));
    gate.received(t, host(3));
    EXPECT_EQ(gate.closed(t, 4s, 5), Gate::Closed::isolated);
    EXPECT_EQ(gate.closed(t, 4s, 2), Gate::Closed::no) << "there are no more";
    gate.received(t + 1s, host(4));
    EXPECT_EQ(gate.closed(t + 1s, 4s, 5), Gate::Closed::no);
    EXPECT_EQ(gate.closed(t + 6s, 4s, 5), Gate::Closed::isolated);
}

TEST(RuleF6, GateIsClosedAfterALateLoopAndWhileProbesFail) {
    Gate gate;
    const Time t{1h};
    for (std::uint8_t i = 2; i < 6; ++i) gate.received(t, host(i));
    gate.ran_late(t, 249ms);
    EXPECT_EQ(gate.closed(t, 4s, 5), Gate::Closed::no);
    gate.ran_late(t, 250ms);
    EXPECT_EQ(gate.closed(t + 4s, 4s, 5), Gate::Closed::late_loop);
    for (std::uint8_t i = 2; i < 6; ++i) gate.received(t + 5s, host(i));
    EXPECT_EQ(gate.closed(t + 5s, 4s, 5), Gate::Closed::no);
    for (int i = 0; i < 9; ++i) gate.probe_ended(true);
    for (int i = 0; i < 3; ++i) gate.probe_ended(false);
    EXPECT_EQ(gate.closed(t + 5s, 4s, 5), Gate::Closed::unanswered) << "nine of twelve";
    for (int i = 0; i < 2; ++i) gate.probe_ended(false);
    EXPECT_EQ(gate.closed(t + 5s, 4s, 5), Gate::Closed::no) << "seven of twelve";
}

TEST(RuleF6, VigilDecidesNothingWhileTheGateIsClosed) {
    Watcher me{8};
    me.run(8s);
    me.cut("n5");
    while (me.node().stats().vigils == 0) me.run(10ms);
    me.run(500ms);
    me.sleep_through(300ms);  // our own loop stood still
    me.run(1900ms);
    EXPECT_EQ(me.node().stats().failures, 0u) << "within four intervals after it";
    me.run(4s);
    EXPECT_EQ(me.state("n5"), State::dead);
}

TEST(RuleF2, PingsThatOurStoppedLoopCouldNotSeeAnsweredDoNotCount) {
    Watcher me{8, [](Config& c) { c.detection_span = 4s; }};
    me.run(8s);
    me.cut("n5");
    while (me.node().stats().vigils == 0) me.run(10ms);
    me.run(100ms);
    me.sleep_through(1s);
    const Time woke = me.now();
    while (me.state("n5") != State::dead) me.run(10ms);
    EXPECT_GE(me.now() - woke, me.config().detection_span);
}

TEST(RuleF6, AnIsolatedNodeDeclaresNobodyForTenIntervalsAndThenAll) {
    Watcher me{3, [](Config& c) { c.fast_verdicts = false, c.suspicion_max_timeout_mult = 1; }};
    me.run(8s);
    me.deaf = true;
    me.run(6s);
    EXPECT_EQ(me.node().stats().failures, 0u);
    EXPECT_GE(me.node().stats().verdicts_held, 1u);
    me.run(40s);
    EXPECT_EQ(me.node().alive_count(), 1u) << "perhaps we are the last one";
}

TEST(RuleF7, EverySecondProbeGoesToTheSuccessor) {
    Watcher me{20};
    me.run(1s);
    me.pings.clear();
    me.run(20s);
    unsigned most = 0;
    for (const auto& [name, count] : me.pings) most = std::max(most, count);
    EXPECT_NEAR(most, 21.0, 2.0) << "of forty probes";
    EXPECT_GE(me.pings.size(), 18u) << "and the others in turn";
}

TEST(RuleF7, EachMemberHasExactlyOneThatWatchesIt) {
    std::vector<std::string> names;
    for (int i = 0; i < 200; ++i) names.push_back("node-" + std::to_string(i));
    std::set<std::uint64_t> places;
    for (const std::string& name : names) places.insert(RingWatch::place(name));
    EXPECT_EQ(places.size(), names.size());
    EXPECT_NE(RingWatch::place("n1") >> 56u, RingWatch::place("n2") >> 56u) << "far apart";
}

TEST(RuleV6, WithoutLookingAFailedProbeIsASuspicionAtOnce) {
    Watcher me{8, [](Config& c) { c.variant.looking = false, c.fast_verdicts = false; }};
    me.run(8s);
    me.cut("n5");
    me.run(6s);
    EXPECT_EQ(me.state("n5"), State::suspect);
    EXPECT_EQ(me.node().stats().vigils, 0u);
    EXPECT_EQ(me.node().stats().last_words, 0u);
}

}  // namespace
}  // namespace rollcall::membership
