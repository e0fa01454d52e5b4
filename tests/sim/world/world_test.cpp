// SPDX-License-Identifier: Apache-2.0
//
// The world: order of events, effects of links on datagrams, every end of a stream, what a paused
// process keeps.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::SendError;
using membership::StreamEnd;

Endpoint host_at(std::uint8_t last, std::uint16_t port = 7946) {
    return *Endpoint::from_wire(WireAddress::v4(10, 0, 0, last), port);
}

struct Recorder final : Actor {
    std::vector<std::uint64_t> order;
    void act(std::uint64_t what) override { order.push_back(what); }
};

TEST(World, EventsRunByTimeThenInsertionDeadlinesLast) {
    World world{1};
    Recorder recorder;
    world.at(Time{20ms}, recorder, 4);
    world.at_last(Time{10ms}, recorder, 3);
    world.at(Time{10ms}, recorder, 1);
    world.at(Time{10ms}, recorder, 2);
    while (world.step(Time{15ms})) {
    }
    EXPECT_EQ(recorder.order, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(world.now(), Time{15ms});
    EXPECT_EQ(world.events_pending(), 1u);
    EXPECT_TRUE(world.step(Time{1s}));
    EXPECT_EQ(world.now(), Time{20ms});
}

TEST(World, TheSameSeedDrawsTheSame) {
    World a{7};
    World b{7};
    World c{8};
    const auto first = a.rng().next();
    EXPECT_EQ(first, b.rng().next());
    EXPECT_NE(first, c.rng().next());
}

// A process that logs the calls of its sockets.
struct Scribe final : Port {
    std::vector<std::string> log;
    std::vector<StreamId> accepted;
    std::string received;
    bool accepts = true;

    void datagram(Endpoint from, Bytes bytes) override {
        log.push_back("datagram " + std::string{as_text(bytes)} + " from " + from.to_string());
    }
    void send_error(Endpoint to, SendError) override {
        log.push_back("unreachable " + to.to_string());
    }
    bool stream_accepted(StreamId id, Endpoint) override {
        if (!accepts) return false;
        accepted.push_back(id);
        log.push_back("accepted");
        return true;
    }
    void stream_connected(StreamId) override { log.push_back("connected"); }
    void stream_data(StreamId, Bytes bytes) override { received += as_text(bytes); }
    void stream_closed(StreamId, StreamEnd end) override {
        const char* const words[]{"finished", "reset", "refused", "timed out", "local"};
        log.push_back(words[end.kind]);
    }
};

using Log = std::vector<std::string>;

struct TwoHosts {
    explicit TwoHosts(LinkQuality links = {}, std::uint64_t seed = 1)
        : world{seed}, network{world, links} {
        a_host = network.add_host(host_at(1));
        b_host = network.add_host(host_at(2));
        network.bind(host_at(1), a);
        network.bind(host_at(2), b);
    }
    void run(Duration time) {
        const Time until = world.now() + time;
        while (world.step(until)) {
        }
    }
    void open(Duration deadline = 10s) {
        streams.open(a, host_at(1), StreamId{1}, host_at(2), world.now() + deadline);
    }
    World world;
    Network network;
    StreamNetwork streams{network};
    Scribe a, b;
    HostId a_host = 0, b_host = 0;
};

TEST(Datagrams, ArriveAfterTheLatencyOfTheLink) {
    TwoHosts world{{.latency_min = 5ms, .latency_max = 5ms}};
    world.network.send(host_at(1), host_at(2), as_bytes("hi"));
    world.run(4999us);
    EXPECT_TRUE(world.b.log.empty());
    world.run(1us);
    EXPECT_EQ(world.b.log, Log{"datagram hi from 10.0.0.1:7946"});
}

TEST(Datagrams, AreLostDuplicatedAndReorderedAtTheLinksRates) {
    TwoHosts world{{.loss = 0.2, .duplication = 0.1, .reordering = 0.2}};
    for (int i = 0; i < 5000; ++i) {
        world.network.send(host_at(1), host_at(2), as_bytes(std::to_string(10000 + i)));
        world.run(1ms);
    }
    world.run(1s);
    const Traffic& traffic = world.network.traffic();
    EXPECT_NEAR(static_cast<double>(traffic.lost), 1000, 120);
    EXPECT_NEAR(static_cast<double>(traffic.duplicated), 400, 80);
    EXPECT_EQ(world.b.log.size(), 5000 - traffic.lost + traffic.duplicated);
    EXPECT_FALSE(std::is_sorted(world.b.log.begin(), world.b.log.end()));
}

TEST(Datagrams, ToALiveHostWithoutAProcessReturnUnreachable) {
    TwoHosts world;
    world.network.unbind(host_at(2));
    world.network.send(host_at(1), host_at(2), as_bytes("hi"));
    world.run(100ms);
    EXPECT_EQ(world.a.log, Log{"unreachable 10.0.0.2:7946"});
    world.network.set_power(world.b_host, false);
    world.network.send(host_at(1), host_at(2), as_bytes("hi"));
    world.network.send(host_at(1), host_at(77), as_bytes("hi"));
    world.run(100ms);
    EXPECT_EQ(world.a.log.size(), 1u) << "no power, or no host: no answer";
}

TEST(Datagrams, DoNotCrossAPartitionOrACutUntilItHeals) {
    TwoHosts world;
    world.network.links().partition({{world.a_host}});
    world.network.send(host_at(1), host_at(2), as_bytes("1"));
    world.run(1s);
    EXPECT_TRUE(world.b.log.empty());
    world.network.links().heal();
    world.network.links().cut_one_way(world.a_host, world.b_host);
    world.network.send(host_at(1), host_at(2), as_bytes("2"));
    world.network.send(host_at(2), host_at(1), as_bytes("3"));
    world.run(1s);
    EXPECT_TRUE(world.b.log.empty());
    EXPECT_EQ(world.a.log.size(), 1u);
    world.network.links().heal();
    world.network.send(host_at(1), host_at(2), as_bytes("4"));
    world.run(1s);
    EXPECT_EQ(world.b.log, Log{"datagram 4 from 10.0.0.1:7946"});
}

TEST(Datagrams, LargerThanTheMtuAreLost) {
    TwoHosts world{{.mtu = 100}};
    world.network.send(host_at(1), host_at(2), std::vector<std::byte>(101));
    world.run(1s);
    EXPECT_TRUE(world.b.log.empty());
}

TEST(StreamsBetweenHosts, CarryBytesInOrderAndFinish) {
    for (const double loss : {0.0, 0.2}) {
        TwoHosts world{{.loss = loss, .reordering = 0.5}, 3};
        world.open();
        world.run(5s);
        ASSERT_EQ(world.a.log, Log{"connected"});
        std::string text;
        for (int i = 0; i < 5000; ++i) text += std::to_string(i) + ' ';
        world.streams.write(world.a, StreamId{1}, as_bytes(text));
        world.streams.close(world.a, StreamId{1});
        world.run(10min);
        EXPECT_EQ(world.b.received, text);
        EXPECT_EQ(world.b.log, (Log{"accepted", "finished"}));
        EXPECT_EQ(world.a.log, Log{"connected"}) << "the end that closed gets nothing more";
        EXPECT_EQ(world.streams.held_count(), 0u);
    }
}

TEST(StreamsBetweenHosts, AreRefusedByALiveHostAndTimeOutAtASilentOne) {
    TwoHosts refused;
    refused.network.unbind(host_at(2));
    refused.open();
    refused.run(1s);
    EXPECT_EQ(refused.a.log, Log{"refused"});

    TwoHosts silent;
    silent.network.set_power(silent.b_host, false);
    silent.open(10s);
    silent.run(9999ms);
    EXPECT_TRUE(silent.a.log.empty());
    silent.run(1ms);
    EXPECT_EQ(silent.a.log, Log{"timed out"});
    EXPECT_EQ(silent.streams.held_count(), 0u);
}

TEST(StreamsBetweenHosts, AFullBacklogIsRetried) {
    TwoHosts world;
    world.b.accepts = false;
    world.open();
    world.run(2s);
    EXPECT_TRUE(world.a.log.empty());
    world.b.accepts = true;
    world.run(4s);
    EXPECT_EQ(world.a.log, Log{"connected"});
}

TEST(StreamsBetweenHosts, EndWithAResetIfTheProcessDiesAndSilentlyWithItsHost) {
    TwoHosts killed;
    killed.open();
    killed.run(1s);
    killed.network.unbind(host_at(2));
    killed.streams.abort_all(killed.b);
    killed.run(1s);
    EXPECT_EQ(killed.a.log, (Log{"connected", "reset"}));

    TwoHosts crashed;
    crashed.open();
    crashed.run(1s);
    crashed.network.set_power(crashed.b_host, false);
    crashed.network.unbind(host_at(2));
    crashed.streams.abort_all(crashed.b);
    crashed.run(1min);
    EXPECT_EQ(crashed.a.log, Log{"connected"}) << "no message was sent";
    crashed.streams.write(crashed.a, StreamId{1}, as_bytes("hello?"));
    crashed.run(2min);
    EXPECT_EQ(crashed.a.log, (Log{"connected", "timed out"}));
}

TEST(StreamsBetweenHosts, DataForAClosedSocketCausesAReset) {
    TwoHosts world;
    world.open();
    world.run(1s);
    world.streams.close(world.a, StreamId{1});
    world.streams.write(world.b, world.b.accepted.at(0), as_bytes("late"));
    world.run(1s);
    EXPECT_TRUE(world.b.log.back() == "reset" || world.b.log.back() == "finished");
    EXPECT_EQ(world.streams.held_count(), 0u);
}

TEST(StreamsBetweenHosts, CanBeResetDuringATransfer) {
    TwoHosts world;
    world.open();
    world.run(1s);
    world.streams.write(world.a, StreamId{1}, std::vector<std::byte>(100'000));
    world.streams.break_between(world.a_host, world.b_host);
    world.run(1s);
    EXPECT_EQ(world.a.log, (Log{"connected", "reset"}));
    EXPECT_EQ(world.b.log, (Log{"accepted", "reset"}));
    EXPECT_LT(world.b.received.size(), 100'000u);
}

TEST(Buffers, KeepTheOldestDatagramsOfAPausedProcess) {
    SocketBuffer buffer;
    for (int i = 0; i < 1000; ++i) {
        buffer.push({.kind = SocketBuffer::Input::Kind::datagram,
                     .bytes = std::vector<std::byte>(1000, static_cast<std::byte>(i))});
    }
    EXPECT_GT(buffer.dropped(), 800u);
    const auto kept = buffer.take();
    EXPECT_EQ(kept.size() + buffer.dropped(), 1000u);
    EXPECT_EQ(kept.front().input().bytes[0], std::byte{0});
    EXPECT_TRUE(buffer.take().empty());
}

}  // namespace
}  // namespace rollcall::sim
