// SPDX-License-Identifier: Apache-2.0
//
// Rule E2, the part of one who is asked: the ack that the asker of a query wants.
// Who "a" is: the Serf itself, unless a test says otherwise. The asker listens at port 8100.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

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

Query asking(std::uint64_t time, std::uint32_t id = 7) {
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
    a.say(asking(5));
    ASSERT_THAT(a.heard, SizeIs(1));
    EXPECT_EQ(a.heard[0].to, at(kAsker));
    EXPECT_EQ(a.heard[0].message, ack_of(5));
    EXPECT_EQ(a.serf.stats().queries_acked, 1u);
    EXPECT_EQ(a.serf.stats().acks_refused, 0u);
}

TEST(RuleE2, NoAckWithoutTheFlagNorForTheSameQueryAgainNorForOneTooOld) {
    Lone a;
    Query silent = asking(5);
    silent.flags = query_flags::no_broadcast;
    a.say(silent);
    EXPECT_THAT(a.heard, IsEmpty());
    a.say(asking(2000));
    a.say(asking(2000));
    EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack_of(2000)));
    a.say(asking(1000, 8));
    EXPECT_THAT(a.heard, SizeIs(1));
    a.say(asking(2000, 8));  // another one of the same time
    EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack_of(2000), ack_of(2000, 8)));
    const Stats stats = a.serf.stats();
    EXPECT_EQ(stats.queries_acked, 2u);
    EXPECT_EQ(stats.queries_duplicate, 1u);
    EXPECT_EQ(stats.queries_too_old, 1u);
}

TEST(RuleE2, AQueryAboutOthersIsSpreadAndNotAcknowledged) {
    Lone a{[](Config& c) { c.tags = {{"role", "db"}}; }};
    a.meet("b", 8001);
    const std::string others{
        "\0\x91\xa1"
        "b",
        4};
    const std::string role = tag_filter("role", "^web$");
    for (const std::string& filter : {others, role}) {
        a.heard.clear();
        Query query = asking(filter == others ? 5 : 6);
        query.flags = query_flags::ack;
        query.filters = std::vector<Bytes>{as_bytes(filter)};
        a.say(query);
        EXPECT_THAT(a.heard, IsEmpty());
        a.advance(5s);
        EXPECT_TRUE(a.gossiped(encoded(query)));
        EXPECT_THAT(sent_to_port(a, kAsker), IsEmpty());
    }
    EXPECT_EQ(a.serf.stats().queries_forwarded, 2u);
    EXPECT_EQ(a.serf.stats().queries_acked, 0u);
}

TEST(RuleE2, FiltersAreTriedOnTheTagsOfToday) {
    Lone a{[](Config& c) { c.tags = {{"role", "db"}}; }};
    const std::string role = tag_filter("role", "^web$");
    Query query = asking(5);
    query.filters = std::vector<Bytes>{as_bytes(role)};
    a.say(query);
    EXPECT_THAT(a.heard, IsEmpty());
    ASSERT_TRUE(a.command([](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.set_tags(now, {{"role", "web"}}, out);
    }));
    query.time = lt(6);
    a.say(query);
    EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack_of(6)));
}

TEST(RuleE2, AnAckDoesNotDependOnSpreading) {
    Lone a;
    a.meet("b", 8001);
    Query query = asking(5);
    a.say(query);
    a.advance(5s);
    EXPECT_FALSE(a.gossiped(encoded(query)));
    query.time = lt(6);
    query.flags = query_flags::ack;
    a.say(query);
    a.advance(5s);
    EXPECT_TRUE(a.gossiped(encoded(query)));
    EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack_of(5), ack_of(6)));
}

TEST(RuleE2, WithoutAnAddressToSendItToTheAckIsRefusedAndTheQueryStillSpread) {
    Lone a;
    a.meet("b", 8001);
    std::vector<Query> nowhere(4, asking(5));
    nowhere[0].port = 0;
    nowhere[1].address = {};
    nowhere[2].address = WireAddress::v4(0, 0, 0, 0);
    nowhere[3].address = *WireAddress::from_bytes(Buffer(16));
    for (std::uint32_t i = 0; i < nowhere.size(); ++i) {
        nowhere[i].id = i;
        nowhere[i].flags = query_flags::ack;
        a.say(nowhere[i]);
    }
    EXPECT_THAT(a.heard, IsEmpty());
    const Stats stats = a.serf.stats();
    EXPECT_EQ(stats.acks_refused, 4u);
    EXPECT_EQ(stats.queries_forwarded, 4u);
    EXPECT_EQ(stats.messages_rejected, 0u);
}

TEST(RuleE2, OnePacketGetsABoundedNumberOfAcks) {
    Lone a;
    std::vector<Buffer> crowd;
    for (std::uint32_t id = 0; id < 100; ++id) crowd.push_back(encoded(asking(5, id)));
    a.say_together(crowd);
    EXPECT_THAT(sent_to_port(a, kAsker), SizeIs(64));
    EXPECT_EQ(a.serf.stats().queries_acked, 64u);
    EXPECT_EQ(a.serf.stats().acks_refused, 36u);
    a.say(asking(6));  // the next packet starts anew
    EXPECT_EQ(a.serf.stats().queries_acked, 65u);
}

// Many small packets must not do what one large one cannot.
TEST(RuleE2, AFloodOfQueriesGetsSoManyAcksASecond) {
    Lone a;
    std::uint64_t time = 5;
    const auto flood = [&] {
        const std::uint64_t before = a.serf.stats().queries_acked;
        for (int i = 0; i < 400; ++i) a.say(asking(time++));
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

TEST(RuleE2, WhatExpressionsCostIsCountedWhenItIsTooMuch) {
    Lone a;
    const std::string dear = tag_filter("role", std::string(1000, 'x') + "|^");
    std::vector<Buffer> crowd;
    for (std::uint32_t id = 0; id < 10; ++id) {
        Query query = asking(5, id);
        query.filters = std::vector<Bytes>{as_bytes(dear)};
        crowd.push_back(encoded(query));
    }
    a.say_together(crowd);
    EXPECT_EQ(a.serf.stats().queries_acked, 4u);
    EXPECT_EQ(a.serf.stats().acks_refused, 6u);
    a.advance(1s);
    Query later = asking(6);
    later.filters = std::vector<Bytes>{as_bytes(dear)};
    a.say(later);
    EXPECT_EQ(a.serf.stats().queries_acked, 5u);
}

// --- acks by way of others -----------------------------------------------------------------------

class RelayedAcks : public testing::Test {
protected:
    // The members at the ports 8001.. were asked to relay the ack of `query`.
    std::set<std::uint16_t> helpers(const Query& query) {
        a.heard.clear();
        a.say(query);
        const Buffer ack = ack_of(query.time.value(), query.id);
        const Buffer relay = encoded(Relay{.address = query.address,
                                           .port = query.port,
                                           .zone = "",
                                           .node = query.source_node,
                                           .message = ack});
        EXPECT_THAT(sent_to_port(a, kAsker), ElementsAre(ack));
        std::set<std::uint16_t> ports;
        for (const Heard& h : a.heard) {
            if (h.to == at(kAsker)) continue;
            EXPECT_EQ(h.message, relay);
            EXPECT_TRUE(ports.insert(h.to.port).second) << "twice to " << h.to.to_string();
        }
        return ports;
    }
    static Query asking_relays(std::uint64_t time, std::uint8_t factor) {
        Query query = asking(time);
        query.relay_factor = factor;
        return query;
    }
    Lone a;
};

TEST_F(RelayedAcks, GoToAsManyOthersAsTheAskerWants) {
    for (std::uint16_t i = 1; i <= 5; ++i) a.meet("m" + std::to_string(i), 8000 + i);
    EXPECT_THAT(helpers(asking_relays(5, 0)), IsEmpty());
    EXPECT_THAT(helpers(asking_relays(6, 2)), SizeIs(2));
    EXPECT_THAT(helpers(asking_relays(7, 5)), SizeIs(5));
    EXPECT_EQ(a.serf.stats().acks_relayed, 7u);
    EXPECT_EQ(a.serf.stats().queries_acked, 3u);
    EXPECT_EQ(a.serf.stats().relayed, 0u);  // those are of others
}

TEST_F(RelayedAcks, GoToNobodyInAClusterThatIsSmallerThanAsked) {
    a.meet("m1", 8001);
    a.meet("m2", 8002);
    EXPECT_THAT(helpers(asking_relays(5, 3)), IsEmpty());
    EXPECT_THAT(helpers(asking_relays(6, 255)), IsEmpty());
    EXPECT_THAT(helpers(asking_relays(7, 2)), SizeIs(2));
}

TEST_F(RelayedAcks, GoOnlyToThoseWhoAreAliveAndKnowRelays) {
    for (std::uint16_t i = 1; i <= 4; ++i) a.meet("m" + std::to_string(i), 8000 + i);
    a.meet("old", 8005, {}, {1, 4, 2, 2, 5, 5});
    a.declare_dead("m1");
    a.say(leave_of("m2", 5));
    ASSERT_EQ(a.status("old"), Status::alive);
    EXPECT_THAT(helpers(asking_relays(5, 5)), ElementsAre(8003, 8004));
}

TEST_F(RelayedAcks, GoToOthersEachTime) {
    for (std::uint16_t i = 1; i <= 5; ++i) a.meet("m" + std::to_string(i), 8000 + i);
    std::map<std::uint16_t, int> times;
    for (std::uint64_t time = 5; time < 105; ++time) {
        for (const std::uint16_t port : helpers(asking_relays(time, 2))) ++times[port];
    }
    ASSERT_THAT(times, SizeIs(5));  // 40 each on average
    for (const auto& [port, count] : times) EXPECT_GT(count, 20) << port;
}

TEST_F(RelayedAcks, AreBoundedPerPacket) {
    for (std::uint16_t i = 1; i <= 100; ++i) a.meet("m" + std::to_string(i), 8200 + i);
    std::vector<Buffer> crowd;
    for (std::uint32_t id = 0; id < 4; ++id) {
        Query query = asking(5, id);
        query.relay_factor = 100;
        crowd.push_back(encoded(query));
    }
    a.say_together(crowd);
    EXPECT_EQ(a.serf.stats().queries_acked, 4u);
    EXPECT_EQ(a.serf.stats().acks_relayed, 255u);
    EXPECT_EQ(a.serf.stats().ack_relays_refused, 400u - 255u);
}

TEST_F(RelayedAcks, AreBoundedPerSecondToo) {
    for (std::uint16_t i = 1; i <= 100; ++i) a.meet("m" + std::to_string(i), 8200 + i);
    const auto relays = [&](std::uint64_t time) {
        const std::uint64_t before = a.serf.stats().acks_relayed;
        for (std::uint32_t id = 0; id < 10; ++id) {
            Query query = asking(time, id);
            query.relay_factor = 100;
            a.say(query);
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
        peer.say(recorded.at(row.query));
        if (row.ack == nullptr) {
            EXPECT_THAT(peer.heard, IsEmpty());
            continue;
        }
        EXPECT_THAT(sent_to_port(peer, row.asker), ElementsAre(recorded.at(row.ack)));
        EXPECT_THAT(peer.heard, SizeIs(1));
    }
}

TEST(RuleE2, ARecordedQueryWithRelaysGetsTheRelaysThatARealPeerSent) {
    const auto recorded = recorded_messages();
    Lone a;
    a.meet("b", 27501);
    a.meet("c", 27502);
    a.say(recorded.at("query:uptime:relay2"));
    EXPECT_THAT(sent_to_port(a, 27500), SizeIs(1));
    EXPECT_THAT(sent_to_port(a, 27501), ElementsAre(recorded.at("relay:ack")));
    EXPECT_THAT(sent_to_port(a, 27502), ElementsAre(recorded.at("relay:ack")));
}

}  // namespace
}  // namespace rollcall::serf
