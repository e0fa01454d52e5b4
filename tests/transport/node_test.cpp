// SPDX-License-Identifier: Apache-2.0
//
// The real membership core on real sockets: what the simulator shows in virtual time must hold on
// libuv too.
#include "membership/node.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "membership/application.h"
#include "recording_core.h"
#include "sim/world/entropy.h"
#include "support/test_loop.h"

namespace rollcall::transport {
namespace {

using tests::TestLoop;
using namespace std::chrono_literals;
using membership::Node;

// A member as an agent builds it: bound first, so that the core can announce its port.
struct Member {
    Member(uv_loop_t& loop, const std::string& name, std::string_view bind_to, std::uint64_t seed) {
        auto bound = Transport::bind(loop, {.bind = at(bind_to)});
        EXPECT_TRUE(bound);
        endpoint = (*bound)->local();
        membership::Config config = membership::Config::local();
        config.name = name;
        config.address = endpoint.to_wire();
        config.port = config.bind_port = endpoint.port;
        config.probe_interval = 100ms;
        config.probe_timeout = 50ms;
        config.gossip_interval = 20ms;
        node = std::make_unique<Node>(config, app, entropy, seed);
        driver = std::make_unique<Driver<Node>>(loop, *node);
        driver->on_outbox([this](const Node::Outbox& out) {
            for (const membership::Event& event : out.events()) {
                if (const auto* failed = std::get_if<membership::MemberFailed>(&event)) {
                    failures.push_back(failed->about.name);
                }
            }
        });
        EXPECT_TRUE(driver->open(std::move(*bound)));
    }
    void join(const Member& seed) {
        const membership::JoinPeer peer{.endpoint = seed.endpoint, .name = ""};
        driver->command([&](Node& core, Time now, Node::Outbox& out) {
            return core.join(now, std::span{&peer, 1}, out);
        });
    }

    membership::Application app;
    sim::SeededEntropy entropy{1};
    Endpoint endpoint;
    std::unique_ptr<Node> node;
    std::unique_ptr<Driver<Node>> driver;
    std::vector<std::string> failures;
};

class NodeOnSockets : public testing::TestWithParam<const char*> {
protected:
    bool meet() {
        b.join(a);
        c.join(a);
        return loop.run_until([&] {
            return a.node->alive_count() == 3 && b.node->alive_count() == 3 &&
                   c.node->alive_count() == 3;
        });
    }
    TestLoop loop;
    Member a{loop, "a", GetParam(), 1};
    Member b{loop, "b", GetParam(), 2};
    Member c{loop, "c", GetParam(), 3};
};
INSTANTIATE_TEST_SUITE_P(Loopback, NodeOnSockets, testing::Values("127.0.0.1:0", "[::1]:0"));

TEST_P(NodeOnSockets, ThreeNodesDetectACrash) {
    ASSERT_TRUE(meet());
    EXPECT_TRUE(a.failures.empty() && b.failures.empty() && c.failures.empty());

    c.driver->close();  // its port is closed now: the kernel answers "port unreachable"
    ASSERT_TRUE(loop.run_until([&] { return !a.failures.empty() && !b.failures.empty(); }, 30s));
    EXPECT_EQ(a.failures, std::vector<std::string>{"c"});
    EXPECT_EQ(b.failures, std::vector<std::string>{"c"});
    EXPECT_GT(a.driver->stats().udp.unreachable + b.driver->stats().udp.unreachable, 0u);
}

// Paused for longer than a suspicion lasts; the missed refutations are in the socket.
TEST_P(NodeOnSockets, NoAccusationsAfterProcessPause) {
    ASSERT_TRUE(meet());
    TestLoop::block_until(clock_now() + 2500ms);  // all three stand still: they share this thread
    EXPECT_TRUE(loop.stays_quiet(
        [&] { return !(a.failures.empty() && b.failures.empty() && c.failures.empty()); }, 2s));
    EXPECT_EQ(a.node->alive_count(), 3u);
}

}  // namespace
}  // namespace rollcall::transport
