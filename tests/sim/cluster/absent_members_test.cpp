// SPDX-License-Identifier: Apache-2.0
//
// What others see of a member that does not answer: its process is stopped or killed, or its whole
// host stands still or is gone. Whoever looks for it tells these apart by its host's kernel.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"

namespace rollcall::sim {
namespace {

using namespace std::chrono_literals;
using membership::State;

// Another process of the network that writes down what its sockets report.
struct Caller final : Port {
    std::vector<std::string> seen;

    void datagram(Endpoint, Bytes) override { seen.emplace_back("datagram"); }
    void send_error(Endpoint, membership::SendError error) override {
        seen.emplace_back(error == membership::SendError::unreachable ? "unreachable" : "error");
    }
    bool stream_accepted(StreamId, Endpoint) override { return true; }
    void stream_connected(StreamId) override { seen.emplace_back("connected"); }
    void stream_data(StreamId, Bytes) override { seen.emplace_back("data"); }
    void stream_closed(StreamId, membership::StreamEnd end) override {
        const char* const words[]{"finished", "reset", "refused", "timed out", "local"};
        seen.emplace_back(words[end.kind]);
    }
};

class AbsentMembers : public ::testing::Test {
protected:
    using Seen = std::vector<std::string>;

    AbsentMembers() : cluster{{.nodes = 4, .seed = 9}} {
        cluster.start_joined();
        cluster.add_stranger(here);
        cluster.network().bind(here, caller);
    }
    [[nodiscard]] Process<membership::Node>& n2() { return cluster.node("n2"); }
    // What a stream and a datagram to n2 bring about within 3 s.
    Seen call() {
        caller.seen.clear();
        cluster.streams().open(caller, here, StreamId{++calls}, n2().endpoint(),
                               cluster.now() + 2s);
        cluster.run_for(3s);
        return caller.seen;
    }
    Seen send() {
        caller.seen.clear();
        cluster.network().send(here, n2().endpoint(), as_bytes("?"));
        cluster.run_for(1s);
        return caller.seen;
    }

    SimCluster<> cluster;
    Caller caller;
    Endpoint here = *Endpoint::parse("10.9.9.9:7946");
    std::uint64_t calls = 0;
};

TEST_F(AbsentMembers, AStoppedProcessIsConnectedToAndSilent) {
    n2().pause();
    EXPECT_EQ(call(), Seen{"connected"});
    EXPECT_EQ(send(), Seen{});
}

TEST_F(AbsentMembers, AFrozenHostIsSilent) {
    n2().freeze();
    EXPECT_TRUE(n2().frozen() && n2().paused() && n2().running());
    EXPECT_EQ(call(), Seen{"timed out"});
    EXPECT_EQ(send(), Seen{});
}

TEST_F(AbsentMembers, ACrashedHostIsSilent) {
    n2().crash();
    EXPECT_EQ(call(), Seen{"timed out"});
    EXPECT_EQ(send(), Seen{});
}

TEST_F(AbsentMembers, AKilledProcessIsRefused) {
    n2().kill();
    EXPECT_EQ(call(), Seen{"refused"});
    EXPECT_EQ(send(), Seen{"unreachable"});
}

TEST_F(AbsentMembers, AFullQueueOfConnectionsIsSilent) {
    n2().pause();
    for (std::size_t i = 0; i < SocketBuffer::kBacklog; ++i) {
        cluster.streams().open(caller, here, StreamId{++calls}, n2().endpoint(),
                               cluster.now() + 2s);
    }
    cluster.run_for(1s);
    EXPECT_EQ(call(), Seen{"timed out"});
}

TEST_F(AbsentMembers, AFrozenHostLosesWhatWasSentToIt) {
    const std::uint64_t before = cluster.network().traffic_of(n2().host()).datagrams_received;
    n2().freeze();
    cluster.run_for(5s);
    EXPECT_EQ(cluster.network().traffic_of(n2().host()).datagrams_received, before);
    n2().thaw();
    EXPECT_FALSE(n2().frozen() || n2().paused());
    EXPECT_EQ(cluster.events<membership::PauseDetected>("n2").size(), 1u) << cluster.story();
    EXPECT_TRUE(cluster.converges(60s)) << cluster.story();
    cluster.run_for(5s);
    EXPECT_GT(cluster.network().traffic_of(n2().host()).datagrams_received, before);
}

TEST_F(AbsentMembers, AFrozenHostThatCrashesStartsAfresh) {
    n2().freeze();
    n2().crash();
    EXPECT_FALSE(n2().frozen() || n2().running());
    n2().start();
    n2().join(cluster.node("n1").endpoint());
    EXPECT_TRUE(cluster.converges(60s)) << cluster.story();
}

}  // namespace
}  // namespace rollcall::sim
