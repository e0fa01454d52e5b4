// SPDX-License-Identifier: Apache-2.0
//
// Rule E2, the receiving side: the acks of a query.
// "a" is the Serf itself, unless a test differs. The asker listens at port 8100.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "serf/busy_clock.h"
#include "serf/filter_bytes.h"
#include "serf/lone.h"
#include "serf/recordings.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint16_t kAsker = 8100;
const WireAddress kHere = WireAddress::v4(127, 0, 0, 1);

Query query_message(std::uint64_t time, std::uint32_t id = 7) {
    return {.time = lt(time),
            .id = id,
            .address = kHere,
            .port = kAsker,
            .source_node = "asker",
            .flags = query_flags::ack | query_flags::no_broadcast,
            .timeout = 1s,
            .name = "uptime"};
}
Buffer ack_of(std::uint64_t time, std::uint32_t id = 7, std::string_view from = "a") {
    return encoded(
        QueryResponse{.time = lt(time), .id = id, .from = from, .flags = response_flags::ack});
}
// --- acks ----------------------------------------------------------------------------------------

TEST(RuleE2, AQueryThatWantsAnAckGetsOneAtItsAddress) {
    Lone a;
    a.deliver(query_message(5));
    ASSERT_THAT(a.direct_messages, SizeIs(1));
    EXPECT_EQ(a.direct_messages[0].to, at(kAsker));
    EXPECT_EQ(a.direct_messages[0].message, ack_of(5));
    EXPECT_EQ(a.serf.stats().queries_acked, 1u);
    EXPECT_EQ(a.serf.stats().acks_refused, 0u);
}

TEST(RuleE2, NoAckWithoutFlagOrForDuplicateOrOldQuery) {
    Lone a;
    Query silent = query_message(5);
    silent.flags = query_flags::no_broadcast;
    a.deliver(silent);
    EXPECT_THAT(a.direct_messages, IsEmpty());
    a.deliver(query_message(2000));
    a.deliver(query_message(2000));
    EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack_of(2000)));
    a.deliver(query_message(1000, 8));
    EXPECT_THAT(a.direct_messages, SizeIs(1));
    a.deliver(query_message(2000, 8));  // another one of the same time
    EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack_of(2000), ack_of(2000, 8)));
    const Stats stats = a.serf.stats();
    EXPECT_EQ(stats.queries_acked, 2u);
    EXPECT_EQ(stats.queries_duplicate, 1u);
    EXPECT_EQ(stats.queries_too_old, 1u);
}

TEST(RuleE2, QueryWithOtherFiltersIsGossipedAndNotAcknowledged) {
    Lone a{[](Config& c) { c.tags = {{"role", "db"}}; }};
    a.add_member("b", 8001);
    const std::string others{
        "\0\x91\xa1"
        "b",
        4};
    const std::string role = tag_filter("role", "^web$");
    for (const std::string& filter : {others, role}) {
        a.direct_messages.clear();
        Query query = query_message(filter == others ? 5 : 6);
        query.flags = query_flags::ack;
        query.filters = std::vector<Bytes>{as_bytes(filter)};
        a.deliver(query);
        EXPECT_THAT(a.direct_messages, IsEmpty());
        a.advance(5s);
        EXPECT_TRUE(a.gossiped(encoded(query)));
        EXPECT_THAT(sent_to_port(a, kAsker), IsEmpty());
    }
    EXPECT_EQ(a.serf.stats().queries_forwarded, 2u);
    EXPECT_EQ(a.serf.stats().queries_acked, 0u);
}

TEST(RuleE2, FiltersUseCurrentTags) {
    Lone a{[](Config& c) { c.tags = {{"role", "db"}}; }};
    const std::string role = tag_filter("role", "^web$");
    Query query = query_message(5);
    query.filters = std::vector<Bytes>{as_bytes(role)};
    a.deliver(query);
    EXPECT_THAT(a.direct_messages, IsEmpty());
    ASSERT_TRUE(a.command([](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.set_tags(now, {{"role", "web"}}, out);
    }));
    query.time = lt(6);
    a.deliver(query);
    EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack_of(6)));
}

TEST(RuleE2, AckDoesNotDependOnGossip) {
    Lone a;
    a.add_member("b", 8001);
    Query query = query_message(5);
    a.deliver(query);
    a.advance(5s);
    EXPECT_FALSE(a.gossiped(encoded(query)));
    query.time = lt(6);
    query.flags = query_flags::ack;
    a.deliver(query);
    a.advance(5s);
    EXPECT_TRUE(a.gossiped(encoded(query)));
    EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack_of(5), ack_of(6)));
}

TEST(RuleE2, QueryWithoutAddressIsGossipedButNotAcknowledged) {
    Lone a;
    a.add_member("b", 8001);
    std::vector<Query> nowhere(4, query_message(5));
    nowhere[0].port = 0;
    nowhere[1].address = {};
    nowhere[2].address = WireAddress::v4(0, 0, 0, 0);
    nowhere[3].address = *WireAddress::from_bytes(Buffer(16));
    for (std::uint32_t i = 0; i < nowhere.size(); ++i) {
        nowhere[i].id = i;
        nowhere[i].flags = query_flags::ack;
        a.deliver(nowhere[i]);
    }
    EXPECT_THAT(a.direct_messages, IsEmpty());
    const Stats stats = a.serf.stats();
    EXPECT_EQ(stats.acks_refused, 4u);
    EXPECT_EQ(stats.queries_forwarded, 4u);
    EXPECT_EQ(stats.messages_rejected, 0u);
}

TEST(RuleE2, OnePacketGetsABoundedNumberOfAcks) {
    Lone a;
    std::vector<Buffer> crowd;
    for (std::uint32_t id = 0; id < 100; ++id) crowd.push_back(encoded(query_message(5, id)));
    a.deliver_together(crowd);
    EXPECT_THAT(sent_to_port(a, kAsker), SizeIs(64));
    EXPECT_EQ(a.serf.stats().queries_acked, 64u);
    EXPECT_EQ(a.serf.stats().acks_refused, 36u);
    a.deliver(query_message(6));  // the next packet has a new limit
    EXPECT_EQ(a.serf.stats().queries_acked, 65u);
}

// Many small packets must not do what one large one cannot.
TEST(RuleE2, AcksPerSecondAreBounded) {
    Lone a;
    std::uint64_t time = 5;
    const auto flood = [&] {
        const std::uint64_t before = a.serf.stats().queries_acked;
        for (int i = 0; i < 400; ++i) a.deliver(query_message(time++));
        return a.serf.stats().queries_acked - before;
    };
    EXPECT_EQ(flood(), 256u);
    EXPECT_EQ(a.serf.stats().acks_refused, 144u);
    EXPECT_EQ(flood(), 0u);
    a.advance(1s);
    EXPECT_EQ(flood(), 64u);
    a.advance(1h);
    EXPECT_EQ(flood(), 256u);  // no more than at first
}

TEST(RuleE2, StrangersDoNotUseUpTheAcksOfMembers) {
    Lone a;
    a.add_member("b", 8001);
    std::uint64_t time = 5;
    const auto flood = [&](const char* name, std::uint16_t port) {
        const std::uint64_t before = a.serf.stats().queries_acked;
        for (int i = 0; i < 400; ++i) {
            Query query = query_message(time++);
            query.source_node = name;
            query.port = port;
            a.deliver(query);
        }
        return a.serf.stats().queries_acked - before;
    };
    EXPECT_EQ(flood("stranger", 8123), 256u);
    EXPECT_EQ(flood("b", 8123), 0u) << "a member elsewhere is a stranger";
    EXPECT_EQ(flood("b", 8001), 256u);
}

TEST(RuleE2, QueriesOverFilterBudgetAreCounted) {
    BusyClock clock;
    Lone a{{}, clock};
    const auto with_filter = [](std::uint64_t time, std::uint32_t id) {
        const std::string filter = tag_filter("role", "x|^(" + std::to_string(id) + ")?");
        Query query = query_message(time, id);
        query.filters = std::vector<Bytes>{as_bytes(filter)};
        return encoded(query);
    };
    std::vector<Buffer> crowd;
    for (std::uint32_t id = 0; id < 10; ++id) crowd.push_back(with_filter(5, id));
    clock.step = 8ms;  // to compile or match one expression
    a.deliver_together(crowd);
    const std::uint64_t acked = a.serf.stats().queries_acked;
    EXPECT_GE(acked, 2u);
    EXPECT_LE(acked, 5u);
    EXPECT_EQ(a.serf.stats().acks_refused, 10 - acked);
    EXPECT_EQ(a.serf.stats().queries_undecided, 10 - acked);
    clock.time += 1s;
    a.deliver(Bytes{with_filter(6, 11)});
    EXPECT_EQ(a.serf.stats().queries_acked, acked + 1);
}

// --- relayed acks --------------------------------------------------------------------------------

class RelayedAcks : public testing::Test {
protected:
    // The members at the ports 8001.. were asked to relay the ack of `query`.
    std::set<std::uint16_t> helpers(const Query& query) {
        a.direct_messages.clear();
        a.deliver(query);
        const Buffer ack = ack_of(query.time.value(), query.id);
        const Buffer relay = encoded(Relay{.address = query.address,
                                           .port = query.port,
                                           .zone = "",
                                           .node = query.source_node,
                                           .message = ack});
        EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack));
        std::set<std::uint16_t> ports;
        for (const DirectMessage& h : a.direct_messages) {
            if (h.to == at(kAsker)) continue;
            EXPECT_EQ(h.message, relay);
            EXPECT_TRUE(ports.insert(h.to.port).second) << "twice to " << h.to.to_string();
        }
        return ports;
    }
    static Query asking_relays(std::uint64_t time, std::uint8_t factor) {
        Query query = query_message(time);
        query.relay_factor = factor;
        return query;
    }
    Lone a;
};

TEST_F(RelayedAcks, GoToRelayFactorMembers) {
    for (std::uint16_t i = 1; i <= 5; ++i) a.add_member("m" + std::to_string(i), 8000 + i);
    EXPECT_THAT(helpers(asking_relays(5, 0)), IsEmpty());
    EXPECT_THAT(helpers(asking_relays(6, 2)), SizeIs(2));
    EXPECT_THAT(helpers(asking_relays(7, 5)), SizeIs(5));
    EXPECT_EQ(a.serf.stats().acks_relayed, 7u);
    EXPECT_EQ(a.serf.stats().queries_acked, 3u);
    EXPECT_EQ(a.serf.stats().relayed, 0u);  // those are of others
}

TEST_F(RelayedAcks, AreNotSentInSmallerClusters) {
    a.add_member("m1", 8001);
    a.add_member("m2", 8002);
    EXPECT_THAT(helpers(asking_relays(5, 3)), IsEmpty());
    EXPECT_THAT(helpers(asking_relays(6, 255)), IsEmpty());
    EXPECT_THAT(helpers(asking_relays(7, 2)), SizeIs(2));
}

TEST_F(RelayedAcks, GoOnlyToLiveMembersThatSupportRelays) {
    for (std::uint16_t i = 1; i <= 4; ++i) a.add_member("m" + std::to_string(i), 8000 + i);
    a.add_member("old", 8005, {}, {1, 4, 2, 2, 5, 5});
    a.declare_dead("m1");
    a.deliver(leave_of("m2", 5));
    ASSERT_EQ(a.status("old"), Status::alive);
    EXPECT_THAT(helpers(asking_relays(5, 5)), ElementsAre(8003, 8004));
}

TEST_F(RelayedAcks, GoToDifferentMembersEachTime) {
    for (std::uint16_t i = 1; i <= 5; ++i) a.add_member("m" + std::to_string(i), 8000 + i);
    std::map<std::uint16_t, int> times;
    for (std::uint64_t time = 5; time < 105; ++time) {
        for (const std::uint16_t port : helpers(asking_relays(time, 2))) ++times[port];
    }
    ASSERT_THAT(times, SizeIs(5));  // 40 each on average
    for (const auto& [port, count] : times) EXPECT_GT(count, 20) << port;
}

TEST_F(RelayedAcks, AreBoundedPerPacket) {
    for (std::uint16_t i = 1; i <= 100; ++i) a.add_member("m" + std::to_string(i), 8200 + i);
    std::vector<Buffer> crowd;
    for (std::uint32_t id = 0; id < 4; ++id) {
        Query query = query_message(5, id);
        query.relay_factor = 100;
        crowd.push_back(encoded(query));
    }
    a.deliver_together(crowd);
    EXPECT_EQ(a.serf.stats().queries_acked, 4u);
    EXPECT_EQ(a.serf.stats().acks_relayed, 255u);
    EXPECT_EQ(a.serf.stats().ack_relays_refused, 400u - 255u);
}

TEST_F(RelayedAcks, AreBoundedPerSecondToo) {
    for (std::uint16_t i = 1; i <= 100; ++i) a.add_member("m" + std::to_string(i), 8200 + i);
    const auto relays = [&](std::uint64_t time) {
        const std::uint64_t before = a.serf.stats().acks_relayed;
        for (std::uint32_t id = 0; id < 10; ++id) {
            Query query = query_message(time, id);
            query.relay_factor = 100;
            a.deliver(query);
        }
        return a.serf.stats().acks_relayed - before;
    };
    EXPECT_EQ(relays(5), 512u);
    EXPECT_EQ(a.serf.stats().ack_relays_refused, 1000u - 512u);
    a.advance(1s);
    EXPECT_EQ(relays(6), 128u);
    EXPECT_EQ(a.serf.stats().queries_acked, 20u);  // straight ones go on
}

// --- real peers ----------------------------------------------------------------------------------

TEST(RuleE2, RecordedQueriesGetTheAcksThatARealPeerGave) {
    const auto recorded = recorded_messages();
    struct Row {
        const char* query;
        const char* us;  // who was asked
        std::uint16_t asker;
        const char* ack;  // null: none was sent
    };
    for (const Row& row : {
             Row{"query:uptime", "a", 27500, "queryResponse:ack"},
             Row{"query-sent:ping-ack", "a", 27550, "query-reply:ping-ack:0"},
             Row{"query-sent:filter-node-miss", "b", 27550, nullptr},
             Row{"query-sent:filter-node-hit", "b", 27550, "query-reply:filter-node-hit:0"},
             Row{"query-sent:filter-tag-hit-unanchored", "b", 27550,
                 "query-reply:filter-tag-hit-unanchored:0"},
             Row{"query-sent:filter-tag-badregex", "b", 27550, nullptr},
             Row{"query-sent:filter-unknown-type", "b", 27550, nullptr},
         }) {
        SCOPED_TRACE(row.query);
        Lone peer{[&](Config& c) {
            c.membership.name = row.us;
            c.tags = {{"role", "db2"}};
        }};
        peer.deliver(recorded.at(row.query));
        if (row.ack == nullptr) {
            EXPECT_THAT(peer.direct_messages, IsEmpty());
            continue;
        }
        EXPECT_THAT(sent_to_port(peer, row.asker), ElementsAre(recorded.at(row.ack)));
        EXPECT_THAT(peer.direct_messages, SizeIs(1));
    }
}

TEST(RuleE2, ARecordedQueryWithRelaysGetsTheRelaysThatARealPeerSent) {
    const auto recorded = recorded_messages();
    Lone a;
    a.add_member("b", 27501);
    a.add_member("c", 27502);
    a.deliver(recorded.at("query:uptime:relay2"));
    EXPECT_THAT(sent_to_port(a, 27500), SizeIs(1));
    EXPECT_THAT(sent_to_port(a, 27501), ElementsAre(recorded.at("relay:ack")));
    EXPECT_THAT(sent_to_port(a, 27502), ElementsAre(recorded.at("relay:ack")));
}

}  // namespace
}  // namespace rollcall::serf
