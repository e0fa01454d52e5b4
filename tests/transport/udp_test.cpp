// SPDX-License-Identifier: Apache-2.0
//
// Datagrams through a driver on real loopback sockets, and what the kernel says about those that
// did not arrive.
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>

#include "raw_socket.h"
#include "recording_core.h"
#include "support/test_loop.h"

namespace rollcall::transport {
namespace {

using tests::TestLoop;
using namespace std::chrono_literals;
using membership::Outbox;
using membership::SendError;

constexpr std::size_t kLargestPayload = 65507;

// A port on which no process listens.
Endpoint closed_port(std::string_view address) {
    auto socket = RawSocket::udp(at(std::string{address} + ":0"));
    return socket.local();
}

// Finds the driver's own descriptor by its address and asks for its error, which clears it.
int take_pending_error(const Endpoint& bound) {
    for (int fd = 3; fd < 1024; ++fd) {
        sockaddr_storage name{};
        socklen_t size = sizeof name;
        int type = 0;
        socklen_t type_size = sizeof type;
        if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) continue;
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size);
        if (type != SOCK_DGRAM || to_endpoint(reinterpret_cast<const sockaddr&>(name)) != bound)
            continue;
        int error = 0;
        socklen_t error_size = sizeof error;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
        return error;
    }
    return -1;
}

class UdpFamilies : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Loopback, UdpFamilies, testing::Values("127.0.0.1", "[::1]"));

TEST_P(UdpFamilies, ADatagramArrivesWholeAndWithItsSender) {
    TestLoop loop;
    const Options options{.bind = at(std::string{GetParam()} + ":0")};
    TestNode a{loop, options};
    TestNode b{loop, options};
    for (const std::string& text :
         {std::string{"hello"}, std::string{}, std::string(kLargestPayload, 'x')}) {
        b.core.calls.clear();
        a.send_to(b.endpoint, text);
        ASSERT_TRUE(loop.run_until(b.called(CallKind::packet)));
        EXPECT_EQ(b.core.calls[0].text, text);
        EXPECT_EQ(b.core.calls[0].peer, a.endpoint);
    }
    EXPECT_EQ(a.driver.stats().udp.sent, 3u);
    EXPECT_EQ(b.driver.stats().udp.received, 3u);
    EXPECT_EQ(b.driver.stats().udp.received_bytes, kLargestPayload + 5);
}

TEST_P(UdpFamilies, PortUnreachableNamesThePeer) {
    TestLoop loop;
    TestNode node{loop, {.bind = at(std::string{GetParam()} + ":0")}};
    const Endpoint closed = closed_port(GetParam());
    node.send_to(closed, "ping");
    ASSERT_TRUE(loop.run_until(node.called(CallKind::send_error)));
    const Call& call = *node.core.first(CallKind::send_error);
    EXPECT_EQ(call.send_error, SendError::unreachable);
    EXPECT_EQ(call.peer, closed);
    EXPECT_EQ(node.driver.stats().udp.unreachable, 1u);
}

TEST(Udp, OnADualStackSocketAnIpv4PeerIsItselfAndItsErrorsToo) {
    TestLoop loop;
    TestNode node{loop, {.bind = at("[::]:0")}};
    auto peer = RawSocket::udp(at("127.0.0.1:0"));
    Endpoint reach_it = at("127.0.0.1:1");
    reach_it.port = node.endpoint.port;
    peer.send_to(reach_it, "four");
    ASSERT_TRUE(loop.run_until(node.called(CallKind::packet)));
    EXPECT_EQ(node.core.first(CallKind::packet)->peer, peer.local());
    EXPECT_TRUE(node.core.first(CallKind::packet)->peer.is_v4());

    node.send_to(peer.local(), "answer");
    ASSERT_TRUE(loop.run_until([&] { return peer.read(); }));
    EXPECT_EQ(peer.text(), "answer");

    const Endpoint closed = closed_port("127.0.0.1");
    node.send_to(closed, "ping");
    ASSERT_TRUE(loop.run_until(node.called(CallKind::send_error)));
    EXPECT_EQ(node.core.first(CallKind::send_error)->peer, closed);
    EXPECT_EQ(node.core.first(CallKind::send_error)->send_error, SendError::unreachable);
}

// Linux fails the next send to any peer with the answer about the last one.
TEST(Udp, ErrorOfOnePeerDoesNotAffectOthers) {
    TestLoop loop;
    TestNode node{loop};
    TestNode good{loop};
    const Endpoint closed = closed_port("127.0.0.1");
    node.driver.command([&](RecordingCore&, Time, Outbox& out) {
        for (int i = 0; i < 10; ++i) {
            send(out, closed, "lost");
            send(out, good.endpoint, "kept");
        }
    });
    ASSERT_TRUE(loop.run_until(good.called(CallKind::packet, 10)));
    ASSERT_TRUE(loop.run_until(node.called(CallKind::send_error, 10)));
    EXPECT_EQ(node.driver.stats().udp.send_failed, 0u);
    for (const Call& call : node.core.calls) {
        if (call.kind != CallKind::send_error) continue;
        EXPECT_EQ(call.peer, closed);
        EXPECT_EQ(call.send_error, SendError::unreachable);
    }
}

TEST(Udp, LoopSleepsAfterErrorsAreRead) {
    TestLoop loop;
    TestNode node{loop};
    for (int i = 0; i < 5; ++i) node.send_to(closed_port("127.0.0.1"), "ping");
    ASSERT_TRUE(loop.run_until(node.called(CallKind::send_error, 5)));
    EXPECT_TRUE(loop.stays_quiet(node.called(CallKind::send_error, 6), 100ms));
    EXPECT_LT(loop.rounds(), 200);  // the look-again timer alone makes up to 50
}

// The kernel keeps the error twice: as a pending error, which a getsockopt call clears, and in the
// error queue, which keeps waking the loop until it is read.
TEST(Udp, ErrorQueueIsReadEvenIfErrorWasCleared) {
    TestLoop loop;
    TestNode node{loop};
    const Endpoint closed = closed_port("127.0.0.1");
    node.send_to(closed, "ping");
    EXPECT_EQ(take_pending_error(node.endpoint), ECONNREFUSED);
    ASSERT_TRUE(loop.run_until(node.called(CallKind::send_error)));
    EXPECT_EQ(node.core.first(CallKind::send_error)->peer, closed);
    EXPECT_TRUE(loop.stays_quiet(node.called(CallKind::send_error, 2), 100ms));
    EXPECT_LT(loop.rounds(), 200);
}

TEST(Udp, LocalRefusalIsReportedWithCause) {
    TestLoop loop;
    TestNode node{loop};
    TestNode peer{loop};
    node.send_to(peer.endpoint, std::string(kLargestPayload + 1, 'x'));
    node.send_to(at("[::1]:9"), "no such family on this socket");
    node.send_to(at("127.0.0.1:0"), "no such port");
    ASSERT_TRUE(loop.run_until(node.called(CallKind::send_error, 3)));
    std::vector<std::pair<Endpoint, SendError>> about;
    std::vector<int> numbers;
    for (const Call& call : node.core.calls) {
        if (call.kind != CallKind::send_error) continue;
        about.emplace_back(call.peer, call.send_error);
        numbers.push_back(call.send_error.number);
    }
    EXPECT_TRUE((about == std::vector<std::pair<Endpoint, SendError>>{
                              {peer.endpoint, SendError::local},
                              {at("[::1]:9"), SendError::no_route},
                              {at("127.0.0.1:0"), SendError::no_route}}));
    EXPECT_EQ(numbers, (std::vector{EMSGSIZE, EAFNOSUPPORT, EINVAL}));
    EXPECT_EQ(node.driver.stats().udp.send_failed, 1u);
    EXPECT_EQ(node.driver.stats().udp.send_no_route, 2u);
    EXPECT_EQ(node.driver.stats().udp.last_send_error, std::uint64_t{EINVAL});
}

// Linux's errors for each kind of missing route, and local errors (rule P3).
TEST(Udp, EveryErrorOfSendingHasAMeaning) {
    for (const int error : {UV_ENETUNREACH, UV_EHOSTUNREACH, UV_EACCES, UV_EINVAL, UV_ENETDOWN,
                            UV_EADDRNOTAVAIL, UV_EAFNOSUPPORT}) {
        EXPECT_EQ(send_error_of(error).kind, SendError::no_route) << uv_strerror(error);
        EXPECT_EQ(send_error_of(error).number, -error);
    }
    for (const int error : {UV_EAGAIN, UV_ENOBUFS, UV_EPERM, UV_EMSGSIZE, UV_ENOMEM}) {
        EXPECT_EQ(send_error_of(error).kind, SendError::local) << uv_strerror(error);
        EXPECT_EQ(send_error_of(error).number, -error);
    }
}

TEST(Udp, FailuresBeyondTheBoundAreCountedOnly) {
    TestLoop loop;
    TestNode node{loop};
    constexpr std::size_t kMany = UdpSocket::kMaxPendingErrors + 50;
    node.driver.command([&](RecordingCore&, Time, Outbox& out) {
        for (std::size_t i = 0; i < kMany; ++i) send(out, at("[::1]:9"), "x");
    });
    ASSERT_TRUE(loop.run_until(node.called(CallKind::send_error, UdpSocket::kMaxPendingErrors)));
    EXPECT_TRUE(
        loop.stays_quiet(node.called(CallKind::send_error, UdpSocket::kMaxPendingErrors + 1)));
    EXPECT_EQ(node.driver.stats().udp.errors_dropped, 50u);
    EXPECT_EQ(node.driver.stats().udp.send_no_route, kMany);
}

// A core that answers each failure with another send to the same place must not hold the loop.
TEST(Udp, RepeatedFailuresDoNotBlockLoop) {
    TestLoop loop;
    TestNode node{loop};
    TestNode other{loop};
    node.core.answer = [&](const Call& call, Outbox& out) {
        if (call.kind == CallKind::send_error) send(out, at("[::1]:9"), "again");
    };
    node.send_to(at("[::1]:9"), "first");
    ASSERT_TRUE(loop.run_until(node.called(CallKind::send_error, 3)));
    other.send_to(node.endpoint, "hello");
    EXPECT_TRUE(loop.run_until(node.called(CallKind::packet)));
}

TEST(Udp, TheSocketBufferIsAsLargeAsTheSystemAllows) {
    TestLoop loop;
    TestNode node{loop};
    EXPECT_GE(node.driver.stats().udp.receive_buffer, 64u * 1024);
}

TEST(Udp, ABatchIsReadInFewCalls) {
    TestLoop loop;
    TestNode node{loop};
    auto peer = RawSocket::udp(at("127.0.0.1:0"));
    for (int i = 0; i < 100; ++i) peer.send_to(node.endpoint, std::to_string(i));
    ASSERT_TRUE(loop.run_until(node.called(CallKind::packet, 100)));
    EXPECT_LE(node.driver.stats().udp.receive_calls, 10u);
    EXPECT_EQ(node.core.calls.back().text, "99");
}

}  // namespace
}  // namespace rollcall::transport
