// SPDX-License-Identifier: Apache-2.0
//
// Rule C1 in whole agents: forged Lamport times, and what honest members do afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "serf/lamport_clock.h"
#include "serf/lone.h"
#include "serf/messages.h"
#include "serf/serf.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using ForgedCluster = sim::SimCluster<Serf>;
constexpr LamportLimits kLimits;

class RuleC1Stories : public testing::Test {
protected:
    RuleC1Stories() {
        cluster.start_joined();
        for (const auto& node : cluster.nodes()) listen(*node);
    }
    void listen(ForgedCluster::Node& node) {
        node.driver().set_outbox_listener([this, &node](const Serf::Outbox& out) {
            for (const Event& event : out.serf_events()) {
                const auto* received = std::get_if<UserEventReceived>(&event);
                if (received != nullptr) received_[node.name()].insert(received->name);
            }
        });
    }
    // Messages of each kind with this time, as if datagrams had brought them.
    void forge(std::string_view who, std::uint64_t time) {
        deliver(who, encoded(UserEvent{.time = lt(time), .name = "forged"}));
        deliver(who, encoded(JoinIntent{.time = lt(time), .node = "n2"}));
        Query query{.time = lt(time), .id = 7, .source_node = "n2", .name = "forged"};
        query.address = WireAddress::v4(127, 0, 0, 1);
        deliver(who, encoded(query));
    }
    void deliver(std::string_view who, const Buffer& message) {
        Buffer packet{static_cast<std::byte>(wire::MessageType::user)};
        packet.insert(packet.end(), message.begin(), message.end());
        cluster.node(who).command([&](Serf& serf, Time now, Serf::Outbox& out) {
            serf.handle_packet(now, *Endpoint::parse("127.9.9.9:9"), packet, out);
        });
    }
    // A push/pull whose sender claims these clocks. The answer goes nowhere.
    void forge_state(std::string_view who, std::uint64_t next) {
        Buffer state, plain, framed;
        encode_push_pull_state({.time = lt(next), .event_time = lt(next), .query_time = lt(next)},
                               state);
        wire::encode_push_pull({.join = false, .nodes = {}, .user_state = state}, plain);
        sim::SeededEntropy entropy{1};
        wire::PacketCodec codec{{.compress = false}, entropy};
        codec.seal_stream(plain, wire::PacketCodec::StreamSide::dialer, framed);
        auto& node = cluster.node(who);
        const StreamId id{StreamId::kAcceptedBit | (std::uint64_t{1} << 40) | ++streams_};
        const Time now = node.clock().now();
        Serf::Outbox out;
        node.core().handle_stream_accepted(now, id, *Endpoint::parse("127.9.9.9:9"), out);
        node.core().handle_stream_data(now, id, framed, out);
        node.core().handle_stream_closed(now, id, membership::StreamEnd::finished, out);
        node.driver().set_alarm();
    }
    void restart(const std::string& name, std::string_view seed) {
        cluster.node(name).restart();
        listen(cluster.node(name));
        cluster.node(name).join(cluster.node(seed).endpoint());
    }
    // Every member's event reaches every other one, and a leave is seen as one.
    void expect_understanding() {
        ++round_;
        for (const auto& node : cluster.nodes()) {
            EXPECT_TRUE(cluster.others_see(node->name(), Status::alive)) << node->name();
            node->command([&](Serf& serf, Time now, Serf::Outbox& out) {
                EXPECT_FALSE(serf.user_event(now, event_of(*node), {}, false, out));
            });
        }
        cluster.run_for(5s);
        for (const auto& to : cluster.nodes()) {
            for (const auto& from : cluster.nodes()) {
                EXPECT_TRUE(received_[to->name()].contains(event_of(*from)))
                    << to->name() << " from " << from->name();
            }
        }
        cluster.node("n3").leave();
        cluster.run_for(10s);
        EXPECT_TRUE(cluster.others_see("n3", Status::left));
        restart("n3", "n1");
        cluster.run_for(10s);
        EXPECT_TRUE(cluster.others_see("n3", Status::alive));
    }

    ForgedCluster cluster{{.nodes = 4, .seed = 3}};

private:
    [[nodiscard]] std::string event_of(const ForgedCluster::Node& node) const {
        return node.name() + "-" + std::to_string(round_);
    }
    std::map<std::string, std::set<std::string>> received_;
    std::uint64_t streams_ = 0;
    int round_ = 0;
};

TEST_F(RuleC1Stories, ANewcomerComesInAfterForgedJumps) {
    forge("n1", std::uint64_t{1} << 40);
    forge("n2", (std::uint64_t{1} << 41) - 8);
    cluster.run_for(5s);
    restart("n4", "n2");  // its clocks begin at 1
    cluster.run_for(10s);
    EXPECT_GT(cluster.node("n4").core().stats().event_time.value(), std::uint64_t{1} << 40);
    expect_understanding();
}

TEST_F(RuleC1Stories, ANewcomerComesInAboveTheLimit) {
    forge("n1", kLimits.free - 1);
    cluster.run_for(5s);
    forge("n2", kLimits.free + kLimits.burst - 10);
    for (int i = 0; i < 20; ++i) {
        cluster.run_for(10s);
        const auto here = cluster.node("n1").core().stats().event_time.value();
        forge("n1", here + kLimits.burst / 10);
    }
    cluster.run_for(5s);
    EXPECT_GT(cluster.node("n3").core().stats().query_time.value(), kLimits.free);
    restart("n4", "n1");
    cluster.run_for(65s);
    expect_understanding();
}

TEST_F(RuleC1Stories, AMemberThatWasLedFarAheadComesBack) {
    for (int i = 0; i < 20; ++i) forge_state("n2", kLimits.free + 1000 * kLimits.burst);
    EXPECT_EQ(cluster.node("n2").core().stats().clocks_corrected, 3u);
    cluster.run_for(60s);
    for (const auto& node : cluster.nodes()) {
        EXPECT_LE(node->core().stats().event_time.value(), kLimits.free + 10 * kLimits.burst)
            << node->name();
    }
    expect_understanding();
}

// Each of them sees others ahead and behind: the outer ones move first.
TEST_F(RuleC1Stories, MembersThatWereLedApartMeetWithinAMinute) {
    for (int i = 0; i < 8; ++i) {
        for (std::uint64_t n = 1; n <= 3; ++n) {
            forge_state("n" + std::to_string(n), kLimits.free + n * 1000 * kLimits.burst);
        }
    }
    const auto apart = [&] {
        std::uint64_t lowest = kLimits.end, highest = 0;
        for (const auto& node : cluster.nodes()) {
            const std::uint64_t time = node->core().stats().event_time.value();
            lowest = std::min(lowest, time), highest = std::max(highest, time);
        }
        return highest - lowest;
    };
    EXPECT_GT(apart(), 2000 * kLimits.burst);
    cluster.run_for(60s);
    EXPECT_LT(apart(), LamportClock::kNear);
    expect_understanding();
}

// What is sent with the times of before is too old, as for Serf; what is sent next is not.
TEST(RuleC1OnASerf, EventsOfOlderTimesAreTooOldUntilTheirSenderKnows) {
    Lone a;
    a.deliver(UserEvent{.time = lt(std::uint64_t{1} << 40), .name = "forged"});
    a.deliver(UserEvent{.time = lt(7), .name = "before"});
    EXPECT_EQ(a.serf.stats().events_too_old, 1u);
    a.deliver(UserEvent{.time = lt((std::uint64_t{1} << 40) + 1), .name = "after"});
    EXPECT_EQ(a.events_of<UserEventReceived>().size(), 2u);
    EXPECT_EQ(a.events_of<UserEventReceived>()[1].name, "after");
}

TEST(RuleC1OnASerf, ASnapshotWithForgedTimesDoesNotIsolate) {
    for (const std::uint64_t time : {std::uint64_t{1} << 40, (std::uint64_t{1} << 41) - 8,
                                     kLimits.free - 1, kLimits.end - 1}) {
        Lone restarted, other;
        const LamportTime last{time};
        restarted.serf.restore({.intent = last, .event = last, .query = last});
        for (Lone* lone : {&restarted, &other}) {
            lone->add_member("b", 8001);
            lone->add_member("c", 8002);
        }
        const LamportTime next = restarted.serf.stats().event_time;
        other.deliver(UserEvent{.time = next, .name = "after the restart"});
        EXPECT_EQ(other.events_of<UserEventReceived>().size(), 1u) << time;
        restarted.deliver(UserEvent{.time = lt(next.value() + 1), .name = "answer"});
        EXPECT_EQ(restarted.events_of<UserEventReceived>().size(), 1u) << time;
    }
}

TEST(RuleC1OnASerf, AClockThatFallsForgetsWhatWasAboveIt) {
    Lone a;
    a.add_member("b", 8001);
    const LamportTime far{kLimits.free + 1000 * kLimits.burst};
    PushPullState lie{.time = far, .event_time = far, .query_time = far};
    lie.status_times = {{"b", lt(far.value() - 5)}};
    a.exchange(lie);
    a.deliver(UserEvent{.time = lt(far.value() - 3), .name = "forged"});
    EXPECT_EQ(a.events_of<UserEventReceived>().size(), 1u);
    const PushPullState honest{.time = lt(30), .event_time = lt(30), .query_time = lt(30)};
    for (unsigned i = 0; i < LamportClock::kStatesToFall; ++i) a.exchange(honest);
    EXPECT_EQ(a.serf.stats().event_time, lt(kLimits.free));
    // Its own next event is one that all take, and a leave of "b" counts again.
    a.deliver(UserEvent{.time = lt(kLimits.free), .name = "honest"});
    EXPECT_EQ(a.events_of<UserEventReceived>().size(), 2u);
    a.deliver(leave_of("b", kLimits.free + 1));
    EXPECT_EQ(a.status("b"), Status::leaving);
}

}  // namespace
}  // namespace rollcall::serf
