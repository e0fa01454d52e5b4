// SPDX-License-Identifier: Apache-2.0
//
// Streams through a driver: how they begin, how they end, and what a peer can make them cost.
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
using membership::StreamEnd;

Options with(StreamLimits limits, std::size_t max_accepted = 1024) {
    return {.bind = at("127.0.0.1:0"), .streams = {.stream = limits, .max_accepted = max_accepted}};
}

// Reads until the other side has ended.
std::function<bool()> read_to_the_end(RawSocket& socket) {
    return [&] {
        while (socket.read()) {
        }
        return socket.ended() || socket.was_reset();
    };
}

class StreamFamilies : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Loopback, StreamFamilies, testing::Values("127.0.0.1:0", "[::1]:0"));

TEST_P(StreamFamilies, AnExchangeGoesBothWaysAndEndsFinished) {
    TestLoop loop;
    TestNode dialer{loop, {.bind = at(GetParam())}};
    TestNode acceptor{loop, {.bind = at(GetParam())}};
    dialer.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind == CallKind::connected) out.write(call.id, as_bytes("question"));
        if (call.kind == CallKind::data) out.close(call.id);
    };
    acceptor.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind == CallKind::data) out.write(call.id, as_bytes("answer"));
    };
    const StreamId id = dialer.open(acceptor.endpoint);
    ASSERT_TRUE(loop.run_until(acceptor.called(CallKind::closed)));
    const Call& accepted = *acceptor.core.first(CallKind::accepted);
    EXPECT_TRUE(accepted.id.accepted());
    EXPECT_FALSE(id.accepted());
    EXPECT_EQ(accepted.peer.ip, dialer.endpoint.ip);
    EXPECT_EQ(acceptor.core.received(accepted.id), "question");
    EXPECT_EQ(dialer.core.received(id), "answer");
    EXPECT_EQ(acceptor.core.first(CallKind::closed)->end, StreamEnd::finished);
    EXPECT_EQ(dialer.core.count(CallKind::closed), 0u) << "not reported to the closing side";
    EXPECT_TRUE(loop.run_until([&] {
        return dialer.driver.stats().tcp.now_open == 0 && acceptor.driver.stats().tcp.now_open == 0;
    }));
}

TEST(Stream, RefusedConnectionIsReportedLater) {
    TestLoop loop;
    TestNode node{loop};
    Endpoint closed;
    {
        auto socket = RawSocket::listener(at("127.0.0.1:0"));
        closed = socket.local();
    }
    const StreamId id = node.open(closed);
    EXPECT_EQ(node.core.count(CallKind::closed), 0u);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::closed)));
    EXPECT_EQ(node.core.first(CallKind::closed)->end, StreamEnd::refused);
    EXPECT_EQ(node.core.first(CallKind::closed)->id, id);
    EXPECT_EQ(node.core.count(CallKind::connected), 0u);
}

TEST(Stream, LocalFailureEndsAsLocal) {
    TestLoop loop;
    TestNode node{loop};
    node.open(at("[ff02::1]:7"));  // a multicast group accepts no connections
    EXPECT_EQ(node.core.count(CallKind::closed), 0u);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::closed)));
    EXPECT_EQ(node.core.first(CallKind::closed)->end, StreamEnd::local);
}

TEST(Stream, GivesUpConnectingAtItsDeadline) {
    TestLoop loop;
    TestNode node{loop};
    // A full backlog leaves the next connection without an answer.
    auto listener = RawSocket::listener(at("127.0.0.1:0"), 0);
    auto first = RawSocket::connect(listener.local());
    auto second = RawSocket::connect(listener.local());
    const Time asked = clock_now();
    node.open(listener.local(), 50ms);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::closed)));
    EXPECT_EQ(node.core.first(CallKind::closed)->end, StreamEnd::timed_out);
    EXPECT_GE(node.core.first(CallKind::closed)->now, asked + 50ms);
    EXPECT_EQ(node.driver.stats().tcp.now_open, 0u);
}

TEST(Stream, ConnectionsThatComeAtOnceAreAcceptedInPieces) {
    TestLoop loop;
    TestNode node{loop};
    std::vector<RawSocket> clients;
    for (int i = 0; i < 100; ++i) clients.push_back(RawSocket::connect(node.endpoint));
    const auto accepted = [&] { return node.driver.stats().tcp.accepted; };
    uv_run(&static_cast<uv_loop_t&>(loop), UV_RUN_NOWAIT);
    uv_run(&static_cast<uv_loop_t&>(loop), UV_RUN_NOWAIT);
    EXPECT_LE(accepted(), 2 * TcpStreams::kAcceptedInARow) << "the others wait in the backlog";
    EXPECT_TRUE(loop.run_until([&] { return accepted() == 100; }));
}

TEST(Stream, ClosedWhileConnectingIsNotReported) {
    TestLoop loop;
    TestNode node{loop};
    TestNode peer{loop};
    const StreamId id = node.open(peer.endpoint);
    node.close(id);
    EXPECT_TRUE(loop.stays_quiet([&] { return node.core.calls.size() > 1; }, 30ms));
    EXPECT_EQ(node.driver.stats().tcp.now_open, 0u);
}

TEST(Stream, ResetByPeerIsReportedAsReset) {
    TestLoop loop;
    TestNode node{loop};
    auto peer = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::accepted)));
    peer.reset();
    ASSERT_TRUE(loop.run_until(node.called(CallKind::closed)));
    EXPECT_EQ(node.core.first(CallKind::closed)->end, StreamEnd::reset);
}

// Some clients close their sending side after the request and still wait for the answer.
TEST(Stream, APeerThatHalfClosedGetsItsAnswer) {
    TestLoop loop;
    TestNode node{loop};
    const std::string answer(300'000, 'a');
    node.core.answer = [&](const Call& call, Outbox& out) {
        if (call.kind == CallKind::closed) out.write(call.id, as_bytes(answer));
    };
    auto peer = RawSocket::connect(node.endpoint);
    peer.send("question");
    peer.shutdown_write();
    ASSERT_TRUE(loop.run_until(read_to_the_end(peer)));
    EXPECT_EQ(peer.text(), answer);
    EXPECT_FALSE(peer.was_reset());
    EXPECT_EQ(node.core.first(CallKind::closed)->end, StreamEnd::finished);
    EXPECT_TRUE(loop.run_until([&] { return node.driver.stats().tcp.now_open == 0; }));
}

TEST(Stream, LargeWriteBeforeCloseArrives) {
    TestLoop loop;
    TestNode node{loop};
    std::string state(8 << 20, '.');
    for (std::size_t i = 0; i < state.size(); ++i) state[i] = static_cast<char>('a' + i % 23);
    node.core.answer = [&](const Call& call, Outbox& out) {
        if (call.kind != CallKind::accepted) return;
        for (std::size_t i = 0; i < state.size(); i += 1'000'000) {
            out.write(call.id, as_bytes(std::string_view{state}.substr(i, 1'000'000)));
        }
        out.close(call.id);
    };
    auto peer = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until(read_to_the_end(peer)));
    EXPECT_TRUE(peer.text() == state);
    EXPECT_EQ(node.driver.stats().tcp.sent_bytes, state.size());
    peer.close();
    EXPECT_TRUE(loop.run_until([&] { return node.driver.stats().tcp.now_open == 0; }));
    EXPECT_EQ(node.core.count(CallKind::closed), 0u);
}

// Many streams may send the same state: it is in memory once.
TEST(Stream, SharedBytesAreSentWithoutACopyAndFreed) {
    TestLoop loop;
    TestNode node{loop};
    auto state = std::make_shared<const std::vector<std::byte>>(16u << 20, std::byte{'s'});
    node.core.answer = [&](const Call& call, Outbox& out) {
        if (call.kind != CallKind::accepted) return;
        out.write(call.id, SharedBytes{state});
        out.close(call.id);
    };
    auto first = RawSocket::connect(node.endpoint), second = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until([&] { return node.core.count(CallKind::accepted) == 2; }));
    EXPECT_EQ(state.use_count(), 3) << "each stream holds it until it is sent";
    ASSERT_TRUE(loop.run_until(read_to_the_end(first)));
    ASSERT_TRUE(loop.run_until(read_to_the_end(second)));
    EXPECT_EQ(first.text().size(), state->size());
    EXPECT_EQ(second.text(), first.text());
    first.close();
    second.close();
    ASSERT_TRUE(loop.run_until([&] { return node.driver.stats().tcp.now_open == 0; }));
    EXPECT_EQ(state.use_count(), 1);
}

// "Your request is too large", sent while the request still arrives. Closing at once would reset
// the connection, and the reset would drop the answer.
TEST(Stream, AnAnswerGivenBeforeTheWholeQuestionIsNotLostToAReset) {
    TestLoop loop;
    TestNode node{loop};
    node.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind != CallKind::data) return;
        out.write(call.id, as_bytes("too large"));
        out.close(call.id);
    };
    auto peer = RawSocket::connect(node.endpoint);
    const std::string question(600'000, 'q');
    std::size_t sent = 0;
    ASSERT_TRUE(loop.run_until([&] {
        sent += peer.send(std::string_view{question}.substr(sent));
        return sent == question.size();
    }));
    ASSERT_TRUE(loop.run_until(read_to_the_end(peer)));
    EXPECT_EQ(peer.text(), "too large");
    EXPECT_FALSE(peer.was_reset());
    EXPECT_EQ(node.core.count(CallKind::data), 1u) << "nothing is reported after close";
}

TEST(Stream, PeerThatSendsAfterCloseIsCut) {
    TestLoop loop;
    TestNode node{loop, with({.max_linger_bytes = 100'000})};
    node.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind == CallKind::accepted) out.close(call.id);
    };
    auto peer = RawSocket::connect(node.endpoint);
    const std::string more(50'000, 'm');
    ASSERT_TRUE(loop.run_until([&] {
        peer.send(more);
        return node.driver.stats().tcp.cut == 1;
    }));
    EXPECT_EQ(node.driver.stats().tcp.now_open, 0u);
}

// The peer refuses and closes while we are still writing: its answer matters more than our error.
TEST(Stream, LastBytesOfPeerAreReadWhenWritingFails) {
    TestLoop loop;
    TestNode node{loop};
    auto listener = RawSocket::listener(at("127.0.0.1:0"));
    const StreamId id = node.open(listener.local());
    ASSERT_TRUE(loop.run_until(node.called(CallKind::connected)));
    auto peer = listener.accept();
    node.write(id, "an unread question");
    peer.send("no");
    peer.close();  // with unread bytes: a reset follows the "no"
    node.write(id, std::string(100'000, 'x'));
    node.write(id, std::string(100'000, 'y'));
    ASSERT_TRUE(loop.run_until(node.called(CallKind::closed)));
    EXPECT_EQ(node.core.received(id), "no");
    EXPECT_EQ(node.core.first(CallKind::closed)->end, StreamEnd::reset);
}

TEST(Stream, APeerThatDoesNotReadIsCutAtTheBoundOfTheQueue) {
    TestLoop loop;
    TestNode node{loop, with({.max_write_queue = 1 << 20})};
    auto peer = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::accepted)));
    const StreamId id = node.core.first(CallKind::accepted)->id;
    const std::string chunk(500'000, 'x');
    for (int i = 0; i < 40; ++i) node.write(id, chunk);
    EXPECT_EQ(node.core.count(CallKind::closed), 0u)
        << "reported from the loop, not from inside a command";
    ASSERT_TRUE(loop.run_until(node.called(CallKind::closed)));
    EXPECT_EQ(node.core.first(CallKind::closed)->end, StreamEnd::timed_out);
    EXPECT_EQ(node.driver.stats().tcp.write_overflows, 1u);
    EXPECT_EQ(node.driver.stats().tcp.now_open, 0u);
}

TEST(Stream, APeerThatDoesNotReadCannotHoldAClosedStream) {
    TestLoop loop;
    TestNode node{loop, with({.flush_timeout = 50ms})};
    node.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind != CallKind::accepted) return;
        out.write(call.id, as_bytes(std::string(16 << 20, 'x')));
        out.close(call.id);
    };
    auto peer = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until([&] { return node.driver.stats().tcp.cut == 1; }));
    EXPECT_EQ(node.driver.stats().tcp.now_open, 0u);
    EXPECT_EQ(node.core.count(CallKind::closed), 0u);
}

TEST(Stream, APeerThatNeverClosesCannotHoldAClosedStream) {
    TestLoop loop;
    TestNode node{loop, with({.linger_timeout = 30ms})};
    node.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind == CallKind::accepted) out.close(call.id);
    };
    auto peer = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::accepted)));
    EXPECT_EQ(node.driver.stats().tcp.now_open, 1u);
    ASSERT_TRUE(loop.run_until([&] { return node.driver.stats().tcp.now_open == 0; }));
}

TEST(Stream, SilenceEndsStreamAndAnyByteKeepsIt) {
    TestLoop loop;
    TestNode node{loop, with({.idle_timeout = 200ms})};
    auto silent = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::accepted)));
    auto busy = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::accepted, 2)));
    const StreamId silent_id = node.core.first(CallKind::accepted)->id;
    ASSERT_TRUE(loop.run_until([&] {
        busy.send(".");
        return node.core.count(CallKind::closed) > 0;
    }));
    EXPECT_EQ(node.core.count(CallKind::closed), 1u);
    EXPECT_EQ(node.core.first(CallKind::closed)->id, silent_id);
    EXPECT_EQ(node.core.first(CallKind::closed)->end, StreamEnd::timed_out);
}

TEST(Stream, ConnectionsOverCapAreRefused) {
    TestLoop loop;
    TestNode node{loop, with({}, 2)};
    auto one = RawSocket::connect(node.endpoint);
    auto two = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::accepted, 2)));
    auto three = RawSocket::connect(node.endpoint);
    ASSERT_TRUE(loop.run_until(read_to_the_end(three)));
    EXPECT_EQ(node.core.count(CallKind::accepted), 2u);
    EXPECT_EQ(node.driver.stats().tcp.accept_refused, 1u);

    one.close();
    ASSERT_TRUE(loop.run_until(node.called(CallKind::closed)));
    ASSERT_TRUE(loop.run_until([&] { return node.driver.stats().tcp.now_open == 1; }));
    auto four = RawSocket::connect(node.endpoint);
    EXPECT_TRUE(loop.run_until(node.called(CallKind::accepted, 3)));
}

TEST(Stream, ManyAtOnceKeepTheirBytesApart) {
    TestLoop loop;
    TestNode dialer{loop};
    TestNode acceptor{loop};
    acceptor.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind == CallKind::data) out.write(call.id, as_bytes(call.text));
    };
    dialer.core.answer = [](const Call& call, Outbox& out) {
        if (call.kind == CallKind::connected) {
            out.write(call.id, as_bytes("i am " + std::to_string(call.id.value())));
        }
    };
    std::vector<StreamId> ids;
    for (int i = 0; i < 100; ++i) ids.push_back(dialer.open(acceptor.endpoint));
    ASSERT_TRUE(loop.run_until(dialer.called(CallKind::data, 100)));
    for (const StreamId id : ids) {
        EXPECT_EQ(dialer.core.received(id), "i am " + std::to_string(id.value()));
    }
}

TEST(Stream, VerbsForAnUnknownStreamDoNothing) {
    TestLoop loop;
    TestNode node{loop};
    node.write(StreamId{99}, "unknown");
    node.close(StreamId{99});
    EXPECT_TRUE(loop.stays_quiet([&] { return node.core.calls.size() > 1; }, 20ms));
}

TEST(Stream, EveryErrorHasAMeaning) {
    EXPECT_EQ(end_of_error(UV_EOF), StreamEnd::finished);
    EXPECT_EQ(end_of_error(UV_ECONNREFUSED), StreamEnd::refused);
    EXPECT_EQ(end_of_error(UV_ECONNRESET), StreamEnd::reset);
    EXPECT_EQ(end_of_error(UV_EPIPE), StreamEnd::reset);
    EXPECT_EQ(end_of_error(UV_ETIMEDOUT), StreamEnd::timed_out);
    EXPECT_EQ(end_of_error(UV_EHOSTUNREACH), StreamEnd::timed_out);
    EXPECT_EQ(end_of_error(UV_EMFILE), StreamEnd::local);
    EXPECT_EQ(end_of_error(UV_ENETUNREACH), StreamEnd::local);
}

}  // namespace
}  // namespace rollcall::transport
