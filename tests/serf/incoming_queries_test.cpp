// SPDX-License-Identifier: Apache-2.0
//
// Rule E6: queries reported to the application, and its answers. The asker listens at port 8100.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

Query question(std::uint64_t time, std::string_view name = "uptime", std::uint32_t id = 7) {
    return {.time = lt(time),
            .id = id,
            .address = WireAddress::v4(127, 0, 0, 1),
            .port = 8100,
            .source_node = "asker",
            .flags = query_flags::no_broadcast,
            .timeout = 2s,
            .name = name,
            .payload = as_bytes("-s")};
}
std::optional<MessageError> respond(Lone& a, QueryHandle handle, std::string_view payload) {
    return a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.respond(now, handle, as_bytes(payload), out);
    });
}
Buffer answer_of(std::uint64_t time, std::string_view payload) {
    return encoded(
        QueryResponse{.time = lt(time), .id = 7, .from = "a", .payload = as_bytes(payload)});
}
QueryHandle last_query(const Lone& a) {
    const auto reported = a.events_of<QueryReceived>();
    return reported.empty() ? QueryHandle{} : reported.back().handle;
}

TEST(RuleE6, QueryIsReportedOnce) {
    Lone a;
    a.deliver(question(5));
    a.deliver(question(5));
    const auto reported = a.events_of<QueryReceived>();
    ASSERT_THAT(reported, SizeIs(1));
    EXPECT_EQ(reported[0].name, "uptime");
    EXPECT_EQ(as_text(reported[0].payload), "-s");
    EXPECT_EQ(reported[0].source, "asker");
    EXPECT_EQ(reported[0].time, lt(5));
    EXPECT_EQ(reported[0].deadline, a.now + 2s);
    EXPECT_TRUE(reported[0].expects_answer);
}

TEST(RuleE8, AQueryOfRollcallIsNotForApplications) {
    Lone a;
    Query query = question(5);
    query.name = "_serf_rollcall_why";
    a.deliver(query);
    a.deliver(query);
    EXPECT_THAT(a.events_of<QueryReceived>(), IsEmpty());
    const auto reported = a.events_of<BuiltInQueryReceived>();
    ASSERT_THAT(reported, SizeIs(1));
    EXPECT_EQ(reported[0].name, "why");
    EXPECT_EQ(as_text(reported[0].payload), "-s");
    EXPECT_EQ(reported[0].source, "asker");
}

TEST(RuleE8, ItIsAnsweredLikeAnyOther) {
    Lone a;
    Query query = question(5);
    query.name = "_serf_rollcall_why";
    a.deliver(query);
    const auto reported = a.events_of<BuiltInQueryReceived>();
    ASSERT_THAT(reported, SizeIs(1));
    EXPECT_FALSE(respond(a, reported[0].handle, "because"));
    EXPECT_THAT(sent_to_port(a, 8100), ElementsAre(answer_of(5, "because")));
    EXPECT_TRUE(respond(a, reported[0].handle, "again"));
}

TEST(RuleE8, ItsAutomaticAnswersAreBoundedAsAcksAre) {
    Lone a;
    std::vector<Buffer> crowd;
    for (std::uint32_t id = 0; id < 100; ++id) {
        crowd.push_back(encoded(question(5, "_serf_rollcall_why", id)));
    }
    a.deliver_together(crowd);
    EXPECT_THAT(a.events_of<BuiltInQueryReceived>(), SizeIs(64));
    EXPECT_EQ(a.serf.stats().answers_refused, 36u);
    for (std::uint64_t time = 6; time < 406; ++time) {
        a.deliver(question(time, "_serf_rollcall_why"));
    }
    EXPECT_THAT(a.events_of<BuiltInQueryReceived>(), SizeIs(256));
    a.advance(1s);
    for (std::uint64_t time = 406; time < 806; ++time) {
        a.deliver(question(time, "_serf_rollcall_why"));
    }
    EXPECT_THAT(a.events_of<BuiltInQueryReceived>(), SizeIs(256 + 64));
}

TEST(RuleE8, WithoutAnAddressToAnswerToItIsNotDelivered) {
    Lone a;
    Query query = question(5, "_serf_rollcall_why");
    query.port = 0;
    a.deliver(query);
    EXPECT_THAT(a.events_of<BuiltInQueryReceived>(), IsEmpty());
    EXPECT_EQ(a.serf.stats().answers_refused, 1u);
}

// Some answers are for members only: the address in a query is what anyone may write there.
TEST(RuleE8, ItSaysWhetherTheAskerIsAMemberAtTheAddressOfTheAnswer) {
    Lone a;
    a.add_member("asker", 8100);
    a.add_member("other", 8101);
    a.deliver(question(5, "_serf_rollcall_sample"));
    Query elsewhere = question(6, "_serf_rollcall_sample");
    elsewhere.port = 8101;
    a.deliver(elsewhere);
    Query unknown = question(7, "_serf_rollcall_sample");
    unknown.source_node = "nobody";
    a.deliver(unknown);
    const auto reported = a.events_of<BuiltInQueryReceived>();
    ASSERT_THAT(reported, SizeIs(3));
    EXPECT_TRUE(reported[0].from_member);
    EXPECT_FALSE(reported[1].from_member);
    EXPECT_FALSE(reported[2].from_member);
}

TEST(RuleE8, OurOwnIsThatOfAMember) {
    Lone a;
    a.command([](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.query(now, {.name = "_serf_rollcall_sample"}, out).ok();
    });
    const auto reported = a.events_of<BuiltInQueryReceived>();
    ASSERT_THAT(reported, SizeIs(1));
    EXPECT_TRUE(reported[0].from_member);
}

TEST(RuleE8, OtherInternalNamesAreRefused) {
    Lone a;
    Query query = question(5);
    query.name = "_serf_rollcal";
    a.deliver(query);
    EXPECT_THAT(a.events_of<BuiltInQueryReceived>(), IsEmpty());
    EXPECT_THAT(a.events_of<MessageRejected>(), SizeIs(1));
}

TEST(RuleE6, OnlyWhenFiltersMatchUs) {
    Lone a{[](Config& c) { c.tags = {{"role", "db"}}; }};
    const std::string web = tag_filter("role", "^web$");
    const std::string db = tag_filter("role", "^db$");
    Query query = question(5);
    query.filters = std::vector<Bytes>{as_bytes(web)};
    a.deliver(query);
    EXPECT_THAT(a.events_of<QueryReceived>(), IsEmpty());
    query.time = lt(6);
    query.filters = std::vector<Bytes>{as_bytes(db)};
    a.deliver(query);
    EXPECT_THAT(a.events_of<QueryReceived>(), SizeIs(1));
}

TEST(RuleE6, TheAnswerGoesToTheAsker) {
    Lone a;
    a.deliver(question(5));
    EXPECT_FALSE(respond(a, last_query(a), "up"));
    EXPECT_THAT(sent_to_port(a, 8100), ElementsAre(answer_of(5, "up")));
    EXPECT_EQ(a.serf.stats().answers_sent, 1u);
}

TEST(RuleE6, OneAnswerPerQuery) {
    Lone a;
    a.deliver(question(5));
    EXPECT_FALSE(respond(a, last_query(a), "up"));
    const auto again = respond(a, last_query(a), "up");
    ASSERT_TRUE(again);
    EXPECT_EQ(to_string(*again), "response already sent");
    const auto longer = respond(a, last_query(a), std::string(1100, 'x'));
    ASSERT_TRUE(longer);  // Serf looks at the size first
    EXPECT_EQ(to_string(*longer), "response exceeds limit of 1024 bytes");
    EXPECT_THAT(sent_to_port(a, 8100), SizeIs(1));
}

TEST(RuleE6, NoAnswerAfterTheDeadline) {
    Lone a;
    a.deliver(question(5));
    a.deliver(question(6));
    const auto reported = a.events_of<QueryReceived>();
    a.advance(2s);
    EXPECT_FALSE(respond(a, reported[0].handle, "just"));
    a.advance(1ns);
    const auto late = respond(a, reported[1].handle, "up");
    ASSERT_TRUE(late);
    EXPECT_EQ(to_string(*late), "response is past the deadline");
    // This error comes before all others.
    EXPECT_EQ(to_string(*respond(a, reported[0].handle, "again")), "response is past the deadline");
    EXPECT_EQ(to_string(*respond(a, QueryHandle{4711}, "up")), "response is past the deadline");
}

TEST(RuleE6, TooLargeAnswerMayBeRetriedShorter) {
    Lone a;
    a.deliver(question(5));
    std::size_t fits = 1025;
    while (const auto error = respond(a, last_query(a), std::string(fits, 'x'))) {
        EXPECT_EQ(to_string(*error), "response exceeds limit of 1024 bytes");
        EXPECT_GT(error->size, 1024u);
        --fits;
    }
    ASSERT_THAT(sent_to_port(a, 8100), SizeIs(1));
    EXPECT_EQ(sent_to_port(a, 8100)[0].size(), 1024u);
}

TEST(RuleE6, AnswersAreRelayedAsAcksAre) {
    Lone a;
    for (std::uint16_t i = 1; i <= 4; ++i) a.add_member("m" + std::to_string(i), 8000 + i);
    Query query = question(5);
    query.relay_factor = 3;
    a.deliver(query);
    EXPECT_FALSE(respond(a, last_query(a), "up"));
    const Buffer relay = encoded(Relay{.address = query.address,
                                       .port = 8100,
                                       .zone = "",
                                       .node = "asker",
                                       .message = answer_of(5, "up")});
    std::size_t relays = 0;
    for (const DirectMessage& h : a.direct_messages) relays += h.message == relay ? 1 : 0;
    EXPECT_EQ(relays, 3u);
    EXPECT_EQ(a.serf.stats().answers_relayed, 3u);
}

TEST(RuleE6, TooLargeRelayIsNotSentButTheAnswerIs) {
    Lone a;
    for (std::uint16_t i = 1; i <= 4; ++i) a.add_member("m" + std::to_string(i), 8000 + i);
    Query query = question(5);
    query.relay_factor = 3;
    a.deliver(query);
    EXPECT_FALSE(respond(a, last_query(a), std::string(980, 'x')));
    EXPECT_THAT(sent_to_port(a, 8100), SizeIs(1));
    EXPECT_EQ(a.serf.stats().answers_relayed, 0u);
    EXPECT_EQ(a.serf.stats().ack_relays_refused, 3u);
}

TEST(RuleE6, UnanswerableQueryIsMarked) {
    Lone a;
    Query query = question(5);
    query.port = 0;
    a.deliver(query);
    query = question(6);
    query.timeout = Duration{-1s};
    a.deliver(query);
    const auto reported = a.events_of<QueryReceived>();
    ASSERT_THAT(reported, SizeIs(2));
    EXPECT_FALSE(reported[0].expects_answer);
    EXPECT_FALSE(reported[1].expects_answer);
    EXPECT_EQ(reported[1].deadline, a.now);
    EXPECT_FALSE(respond(a, reported[0].handle, "up"));
    EXPECT_EQ(a.serf.stats().answers_refused, 1u);
    EXPECT_THAT(a.direct_messages, IsEmpty());
}

TEST(RuleE6, OpenQueriesAreBounded) {
    Lone a{[](Config& c) { c.max_open_queries = 3; }};
    for (std::uint64_t time = 5; time < 9; ++time) a.deliver(question(time));
    EXPECT_EQ(a.serf.stats().queries_open, 3u);
    EXPECT_EQ(a.serf.stats().queries_closed_early, 1u);
    const auto reported = a.events_of<QueryReceived>();
    ASSERT_THAT(reported, SizeIs(4));
    EXPECT_TRUE(respond(a, reported[0].handle, "up"));
    EXPECT_FALSE(respond(a, reported[1].handle, "up"));
    a.advance(3s);
    a.deliver(question(20));
    EXPECT_EQ(a.serf.stats().queries_open, 1u);
    EXPECT_EQ(a.serf.stats().queries_closed_early, 1u);
}

TEST(RuleE6, TimeoutIsCappedAtOneDay) {
    Lone a;
    Query query = question(5);
    query.timeout = Duration::max();
    a.deliver(query);
    EXPECT_EQ(a.events_of<QueryReceived>()[0].deadline, a.now + 24h);
}

// --- real peers ----------------------------------------------------------------------------------

TEST(RuleE6, RecordedQueriesGetTheAnswersThatARealPeerGave) {
    const auto recorded = recorded_messages();
    struct Row {
        const char* query;
        std::uint16_t asker;
        std::vector<const char*> sent;  // in this order
    };
    for (const Row& row : {
             Row{"query-sent:user-query-ack+response",
                 27550,
                 {nullptr, "query-reply:user-query-ack+response:1"}},
             Row{"query-sent:filter-tag-hit-unanchored",
                 27550,
                 {"query-reply:filter-tag-hit-unanchored:0",
                  "query-reply:filter-tag-hit-unanchored:1"}},
             Row{"query-sent:filter-tag-missing-tag-empty-matches",
                 27550,
                 {nullptr, "query-reply:filter-tag-missing-tag-empty-matches:1"}},
             Row{"query:uptime", 27500, {nullptr, "queryResponse:response"}},
         }) {
        SCOPED_TRACE(row.query);
        Lone b{[](Config& c) {
            c.membership.name = "b";
            c.tags = {{"role", "db2"}};
        }};
        b.deliver(recorded.at(row.query));
        EXPECT_FALSE(respond(b, last_query(b), "up-b\n"));
        const auto sent = sent_to_port(b, row.asker);
        ASSERT_EQ(sent.size(), row.sent.size());
        for (std::size_t i = 0; i < sent.size(); ++i) {
            if (row.sent[i] != nullptr) {
                EXPECT_EQ(sent[i], recorded.at(row.sent[i]));
            }
        }
    }
}

TEST(RuleE6, ARecordedQueryWithRelaysGetsTheRelayedAnswer) {
    const auto recorded = recorded_messages();
    Lone b{[](Config& c) { c.membership.name = "b"; }};
    b.add_member("a", 27500);
    b.add_member("c", 27502);
    b.deliver(recorded.at("query:uptime:relay2"));
    EXPECT_FALSE(respond(b, last_query(b), "up-b\n"));
    EXPECT_THAT(sent_to_port(b, 27502), testing::Contains(recorded.at("relay:response")));
}

}  // namespace
}  // namespace rollcall::serf
