// SPDX-License-Identifier: Apache-2.0
//
// Opening and closing, commands and their Outboxes, and what comes first when a deadline and input
// are both waiting.
#include "transport/driver.h"

#include <gtest/gtest.h>

#include <chrono>

#include "raw_socket.h"
#include "recording_core.h"
#include "support/test_loop.h"

namespace rollcall::transport {
namespace {

using tests::TestLoop;
using namespace std::chrono_literals;
using membership::Outbox;

void set_deadline(TestNode& node, Duration from_now) {
    node.driver.command(
        [&](RecordingCore& core, Time now, Outbox&) { core.deadline = now + from_now; });
}

TEST(Driver, UdpAndTcpShareThePortItGivesBack) {
    TestLoop loop;
    TestNode node{loop};
    EXPECT_NE(node.endpoint.port, 0);
    EXPECT_EQ(node.core.calls.at(0).kind, CallKind::start);
    auto datagrams = RawSocket::udp(at("127.0.0.1:0"));
    datagrams.send_to(node.endpoint, "hello");
    auto stream = RawSocket::connect(node.endpoint);
    EXPECT_TRUE(loop.run_until(node.called(CallKind::packet)));
    EXPECT_TRUE(loop.run_until(node.called(CallKind::accepted)));
}

TEST(Driver, TakenPortIsReportedAndLeavesNoHandle) {
    TestLoop loop;
    RecordingCore core;
    Driver<RecordingCore> driver{loop, core};
    // An address of its own: of no other test is a port in use there.
    auto udp = RawSocket::udp(at("127.0.83.1:0"));
    const auto failed = driver.open({.bind = udp.local()});
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().find("cannot bind UDP " + udp.local().to_string()), std::string::npos)
        << failed.error();

    auto tcp = RawSocket::listener(at("127.0.83.1:0"));
    const auto refused = driver.open({.bind = tcp.local()});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find("TCP " + tcp.local().to_string()), std::string::npos)
        << refused.error();
    EXPECT_NE(refused.error().find("another agent"), std::string::npos) << refused.error();
    EXPECT_TRUE(core.calls.empty()) << "a core that was never opened is never started";
}

TEST(Driver, ForeignAddressIsReported) {
    TestLoop loop;
    RecordingCore core;
    Driver<RecordingCore> driver{loop, core};
    const auto failed = driver.open({.bind = at("192.0.2.1:0")});  // TEST-NET-1: unassigned
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().find("192.0.2.1"), std::string::npos) << failed.error();
    EXPECT_NE(failed.error().find("no interface"), std::string::npos) << failed.error();
}

// A core that announces its port must be built after the port is known.
TEST(Driver, SocketsBoundEarlyKeepWhatArrivesUntilTheCoreIsThere) {
    TestLoop loop;
    auto bound = Transport::bind(loop, {.bind = at("127.0.0.1:0")});
    ASSERT_TRUE(bound) << bound.error();
    const Endpoint where = (*bound)->local();
    auto early = RawSocket::udp(at("127.0.0.1:0"));
    early.send_to(where, "early");
    auto stream = RawSocket::connect(where);
    stream.send("early too");
    EXPECT_TRUE(loop.stays_quiet([&] { return stream.read() || stream.ended(); }, 20ms));

    RecordingCore core;
    Driver<RecordingCore> driver{loop, core};
    const auto opened = driver.open(std::move(*bound));
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, where);
    EXPECT_TRUE(loop.run_until([&] { return core.count(CallKind::packet) == 1; }));
    EXPECT_TRUE(loop.run_until([&] { return core.count(CallKind::data) == 1; }));
    EXPECT_EQ(core.first(CallKind::data)->text, "early too");
}

TEST(Driver, TwoOnOneLoopTalkToEachOther) {
    TestLoop loop;
    TestNode a{loop};
    TestNode b{loop};
    b.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind == CallKind::packet) send(out, call.peer, "pong to " + call.text);
    };
    a.send_to(b.endpoint, "ping");
    ASSERT_TRUE(loop.run_until(a.called(CallKind::packet)));
    EXPECT_EQ(a.core.first(CallKind::packet)->text, "pong to ping");
}

TEST(Driver, CommandReturnsResultAndEventsFollowEffects) {
    TestLoop loop;
    TestNode node{loop};
    std::uint64_t sent_when_told = 0;
    node.driver.on_outbox([&](const Outbox& out) {
        EXPECT_EQ(out.events().size(), 1u);
        sent_when_told = node.driver.stats().udp.sent;
    });
    const int result = node.driver.command([&](RecordingCore&, Time, Outbox& out) {
        send(out, node.endpoint, "to myself");
        out.notify(membership::MemberReaped{.name = "old"});
        return 42;
    });
    EXPECT_EQ(result, 42);
    EXPECT_EQ(sent_when_told, 1u);
    EXPECT_TRUE(loop.run_until([&] { return node.core.count(CallKind::packet) == 1; }));
}

TEST(Driver, NestedCommandOutboxFollowsCurrentOne) {
    TestLoop loop;
    TestNode node{loop};
    std::vector<std::string> story;
    const auto announce = [&](const char* name) {
        node.driver.command([&](RecordingCore&, Time, Outbox& out) {
            out.notify(membership::MemberReaped{.name = name});
        });
    };
    node.driver.on_outbox([&](const Outbox& out) {
        const std::string name = std::get<membership::MemberReaped>(out.events()[0]).name;
        story.push_back("begin " + name);
        if (name == "first") announce("second");
        if (name == "second") announce("third");
        story.push_back("end " + name);
    });
    announce("first");
    EXPECT_EQ(story, (std::vector<std::string>{"begin first", "end first", "begin second",
                                               "end second", "begin third", "end third"}));
}

// --- closing -------------------------------------------------------------------------------------

TEST(Driver, CloseDuringActivityLeavesNoHandle) {
    TestLoop loop;
    bool closed = false;
    TestNode busy{loop};
    TestNode peer{loop};
    set_deadline(busy, 10ms);
    const StreamId stream = busy.open(peer.endpoint);
    ASSERT_TRUE(loop.run_until(peer.called(CallKind::accepted)));
    busy.write(stream, std::string(8 << 20, 'x'));  // far more than the sockets take
    busy.open(peer.endpoint);                       // still connecting
    busy.send_to(peer.endpoint, "x");
    for (int i = 0; i < 50; ++i) peer.send_to(busy.endpoint, "pending");
    busy.driver.close([&] { closed = true; });
    EXPECT_FALSE(closed) << "the loop has not let go yet";
    ASSERT_TRUE(loop.run_until([&] { return closed; }));
    EXPECT_EQ(busy.core.count(CallKind::packet), 0u);
    EXPECT_EQ(busy.driver.stats().tcp.now_open, 0u);
    ASSERT_TRUE(loop.run_until(peer.called(CallKind::closed)));
}

TEST(Driver, CommandsAfterCloseHaveNoEffects) {
    TestLoop loop;
    TestNode node{loop};
    TestNode peer{loop};
    node.driver.close();
    node.send_to(peer.endpoint, "too late");
    node.open(peer.endpoint);
    set_deadline(node, 1ms);
    int closed_again = 0;
    node.driver.close([&] { ++closed_again; });
    EXPECT_EQ(closed_again, 1);
    EXPECT_TRUE(loop.stays_quiet(
        [&] { return peer.core.calls.size() > 1 || node.core.count(CallKind::timeout) > 0; },
        30ms));
}

TEST(Driver, MayBeClosedInsideABatch) {
    TestLoop loop;
    bool closed = false;
    TestNode node{loop};
    auto peer = RawSocket::udp(at("127.0.0.1:0"));
    node.core.answer = [](const Call& call, Outbox& out) {
        if (call.text == "3") out.notify(membership::MemberReaped{.name = call.text});
    };
    node.driver.on_outbox([&](const Outbox&) { node.driver.close([&] { closed = true; }); });
    for (int i = 1; i <= 60; ++i) peer.send_to(node.endpoint, std::to_string(i));
    ASSERT_TRUE(loop.run_until([&] { return closed; }));
    EXPECT_EQ(node.core.count(CallKind::packet), 3u);
}

TEST(Driver, MayBeDestroyedWithoutClose) {
    TestLoop loop;
    TestNode peer{loop};
    {
        TestNode node{loop};
        set_deadline(node, 1ms);
        node.open(peer.endpoint);
        ASSERT_TRUE(loop.run_until(node.called(CallKind::connected)));
    }
    EXPECT_TRUE(loop.run_until(peer.called(CallKind::closed)));
}

// --- deadlines -----------------------------------------------------------------------------------

TEST(DriverDeadline, FiresNotBeforeAndSoonAfter) {
    TestLoop loop;
    TestNode node{loop};
    set_deadline(node, 20ms);
    const Time deadline = *node.core.deadline;
    ASSERT_TRUE(loop.run_until(node.called(CallKind::timeout)));
    EXPECT_GE(node.core.first(CallKind::timeout)->now, deadline);
    EXPECT_LT(node.core.first(CallKind::timeout)->now, deadline + 2s);
    EXPECT_TRUE(loop.stays_quiet(node.called(CallKind::timeout, 2)));
}

TEST(DriverDeadline, CanBeMovedEarlierOrRemoved) {
    TestLoop loop;
    TestNode node{loop};
    set_deadline(node, 1h);
    set_deadline(node, 5ms);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::timeout)));
    set_deadline(node, 10ms);
    set_deadline(node, 1h);
    EXPECT_TRUE(loop.stays_quiet(node.called(CallKind::timeout, 2)));
    set_deadline(node, 10ms);
    node.driver.command([](RecordingCore& core, Time, Outbox&) { core.deadline.reset(); });
    EXPECT_TRUE(loop.stays_quiet(node.called(CallKind::timeout, 2)));
}

TEST(DriverDeadline, ExpiredDeadlinesDoNotBlockInput) {
    TestLoop loop;
    TestNode node{loop};
    node.core.answer = [&](const Call& call, Outbox&) { node.core.deadline = call.now - 1s; };
    set_deadline(node, -1s);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::timeout, 10)));
    auto peer = RawSocket::udp(at("127.0.0.1:0"));
    peer.send_to(node.endpoint, "hello");
    EXPECT_TRUE(loop.run_until(node.called(CallKind::packet)));
}

TEST(DriverDeadline, LatenessIsCounted) {
    TestLoop loop;
    TestNode node{loop};
    set_deadline(node, 1ms);
    TestLoop::block_until(*node.core.deadline + 21ms);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::timeout)));
    const LoopStats& stats = node.driver.stats().loop;
    for (std::size_t i = 0; kLateBounds[i] <= 20ms; ++i) EXPECT_EQ(stats.late[i], 1u) << i;
}

// The process was paused past its deadline. Input that arrived meanwhile may refute the verdict of
// the deadline, even when it is more than one read round takes.
TEST(DriverDeadline, DatagramsThatWaitedAreHandledBeforeTheDeadlineThatPassed) {
    constexpr std::size_t kWaiting = 500;
    TestLoop loop;
    TestNode node{loop};
    auto peer = RawSocket::udp(at("127.0.0.1:0"));
    set_deadline(node, 20ms);
    const Time deadline = *node.core.deadline;
    ASSERT_TRUE(
        loop.stays_quiet(node.called(CallKind::timeout), 1ms));  // the timer is armed and waits

    for (std::size_t i = 0; i < kWaiting; ++i) peer.send_to(node.endpoint, std::to_string(i));
    TestLoop::block_until(deadline + 30ms);

    ASSERT_TRUE(loop.run_until(node.called(CallKind::timeout)));
    const auto& calls = node.core.calls;
    ASSERT_EQ(calls.size(), 1 + kWaiting + 1) << "all of them before the deadline was reported";
    for (std::size_t i = 0; i < kWaiting; ++i) {
        ASSERT_EQ(calls[1 + i].kind, CallKind::packet);
        ASSERT_EQ(calls[1 + i].text, std::to_string(i));
        ASSERT_GT(calls[1 + i].now, deadline);
    }
    EXPECT_EQ(calls.back().kind, CallKind::timeout);
    EXPECT_EQ(node.driver.stats().loop.deadlines_deferred, 1u);
    EXPECT_EQ(node.driver.stats().loop.drains_cut, 0u);
}

TEST(DriverDeadline, AStreamThatWaitedIsAcceptedAndReadBeforeTheDeadlineThatPassed) {
    TestLoop loop;
    TestNode node{loop};
    set_deadline(node, 20ms);
    const Time deadline = *node.core.deadline;
    ASSERT_TRUE(loop.stays_quiet(node.called(CallKind::timeout), 1ms));
    auto peer = RawSocket::connect(node.endpoint);
    peer.send("state");
    TestLoop::block_until(deadline + 10ms);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::timeout)));
    ASSERT_EQ(node.core.calls.size(), 4u);
    EXPECT_EQ(node.core.calls[1].kind, CallKind::accepted);
    EXPECT_EQ(node.core.calls[2].kind, CallKind::data);
    EXPECT_EQ(node.core.calls[3].kind, CallKind::timeout);
}

// Each datagram that is read puts two into the socket: the input never ends.
TEST(DriverDeadline, FloodDelaysItWithinBound) {
    TestLoop loop;
    TestNode node{loop};
    node.core.answer = [&](const Call& call, Outbox& out) {
        if (call.kind != CallKind::packet) return;
        send(out, node.endpoint, "more");
        send(out, node.endpoint, "and more");
    };
    for (int i = 0; i < 64; ++i) node.send_to(node.endpoint, "first");
    set_deadline(node, 1ms);
    const Time deadline = *node.core.deadline;
    ASSERT_TRUE(loop.run_until(node.called(CallKind::timeout), 60s));
    EXPECT_EQ(node.driver.stats().loop.drains_cut, 1u);
    std::size_t after_the_deadline = 0;
    for (const Call& call : node.core.calls) {
        after_the_deadline += call.kind == CallKind::packet && call.now > deadline ? 1u : 0u;
    }
    // The bound is looked at between polls, and libuv reads up to 32 batches of 20 in one.
    constexpr std::uint64_t kOnePoll = 32 * 20;
    EXPECT_LE(after_the_deadline, Transport::kDrainPackets + 2 * kOnePoll);
    node.driver.close();
}

}  // namespace
}  // namespace rollcall::transport
