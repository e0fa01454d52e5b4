// SPDX-License-Identifier: Apache-2.0
//
// Rule E5: a query of ours, from start to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "serf/filter_bytes.h"
#include "serf/lone.h"
#include "serf/query_filters.h"
#include "serf/recordings.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The query that it gossips, with its bytes.
struct Asked {
    RequestId request;
    Buffer bytes;
    Query query;
};

class RuleE5Asking : public SerfAmongPuppets {
protected:
    Result<RequestId, MessageError> ask(const QueryParams& params) {
        return a.command(
            [&](Serf& serf, Time now, Serf::Outbox& out) { return serf.query(now, params, out); });
    }
    Asked asked(const QueryParams& params) {
        Asked result;
        const auto request = ask(params);
        EXPECT_TRUE(request.ok());
        if (!request) return result;
        result.request = *request;
        a.advance(300ms);
        for (const Buffer& message : a.gossiped()) {
            if (message.front() != std::byte{4}) continue;
            const auto query = decode_query(Bytes{message}.subspan(1));
            EXPECT_TRUE(query.ok());
            if (query->time < newest_) continue;
            newest_ = query->time;
            result.bytes = message;
        }
        const auto query = decode_query(Bytes{result.bytes}.subspan(1));
        EXPECT_TRUE(query.ok());
        if (query) result.query = *query;
        return result;
    }
    static QueryResponse answer_to(const Asked& asked, std::string_view from,
                                   std::string_view payload) {
        return {.time = asked.query.time,
                .id = asked.query.id,
                .from = from,
                .payload = as_bytes(payload)};
    }
    static QueryResponse ack_to(const Asked& asked, std::string_view from) {
        return {.time = asked.query.time,
                .id = asked.query.id,
                .from = from,
                .flags = response_flags::ack};
    }
    // "b: payload", in order.
    std::vector<std::string> answers() const {
        std::vector<std::string> lines;
        for (const auto& e : a.events_of<QueryAnswered>()) {
            lines.push_back(e.from + ": " + std::string{as_text(e.payload)});
        }
        return lines;
    }
    std::vector<std::string> acks() const {
        std::vector<std::string> names;
        for (const auto& e : a.events_of<QueryAcked>()) names.push_back(e.from);
        return names;
    }

private:
    LamportTime newest_;
};

TEST_F(RuleE5Asking, QueryCarriesSourceNameAndTimeout) {
    add_members();
    const std::vector<std::string> nodes{"b", "c"};
    const Asked q = asked({.name = "uptime",
                           .payload = as_bytes("-s"),
                           .nodes = nodes,
                           .tags = {{"role", "web|db"}},
                           .ack = true,
                           .relay_factor = 2,
                           .timeout = 3s});
    EXPECT_EQ(q.query.name, "uptime");
    EXPECT_EQ(as_text(*q.query.payload), "-s");
    EXPECT_EQ(q.query.source_node, "a");
    EXPECT_EQ(q.query.address, WireAddress::v4(127, 0, 0, 1));
    EXPECT_EQ(q.query.port, 7946);
    EXPECT_EQ(q.query.timeout, Duration{3s});
    EXPECT_EQ(q.query.flags, query_flags::ack);
    EXPECT_EQ(q.query.relay_factor, 2);
    EXPECT_LT(q.query.id, std::uint32_t{1} << 31);
    ASSERT_TRUE(q.query.filters);
    ASSERT_EQ(q.query.filters->size(), 2u);
    const Buffer names{std::byte{0},   std::byte{0x92}, std::byte{0xa1},
                       std::byte{'b'}, std::byte{0xa1}, std::byte{'c'}};
    EXPECT_TRUE(same_bytes(q.query.filters->at(0), names));
    EXPECT_EQ(as_text(q.query.filters->at(1)), tag_filter("role", "web|db"));
}

TEST_F(RuleE5Asking, EachMemberCountsOnceDirectOrRelayed) {
    add_members();
    const Asked q = asked({.name = "uptime", .ack = true});
    a.deliver(ack_to(q, "b"));
    a.deliver(answer_to(q, "b", "1"));
    a.deliver(ack_to(q, "b"));  // by way of another
    a.deliver(answer_to(q, "b", "1"));
    a.deliver(answer_to(q, "c", "2"));  // its ack was lost
    EXPECT_THAT(acks(), ElementsAre("a", "b"));
    EXPECT_THAT(answers(), ElementsAre("b: 1", "c: 2"));
    EXPECT_EQ(a.serf.stats().answers_duplicate, 2u);

    EXPECT_THAT(a.events_of<QueryFinished>(), IsEmpty());
    a.advance(4s);
    ASSERT_THAT(a.events_of<QueryFinished>(), SizeIs(1));
    EXPECT_EQ(a.events_of<QueryFinished>()[0].request, q.request);
    EXPECT_EQ(a.events_of<QueryFinished>()[0].acks, 2u);
    EXPECT_EQ(a.events_of<QueryFinished>()[0].answers, 2u);
    EXPECT_EQ(a.serf.stats().queries_running, 0u);
}

TEST_F(RuleE5Asking, LateAndUnknownAnswersAreDropped) {
    add_members();
    const Asked q = asked({.name = "uptime", .timeout = 2s});
    QueryResponse other = answer_to(q, "b", "1");
    other.id ^= 1;
    a.deliver(other);
    other = answer_to(q, "b", "1");
    other.time = lt(q.query.time.value() + 1);
    a.deliver(other);
    a.advance(1600ms);  // 1.9 s after the question
    a.deliver(answer_to(q, "c", "in time"));
    a.advance(200ms);
    a.deliver(answer_to(q, "b", "late"));
    EXPECT_THAT(answers(), ElementsAre("c: in time"));
    EXPECT_EQ(a.serf.stats().answers_late, 3u);
}

TEST_F(RuleE5Asking, WeReceiveOurOwnQuery) {
    const auto request = ask({.name = "uptime", .ack = true, .relay_factor = 3});
    ASSERT_TRUE(request);
    ASSERT_THAT(a.events_of<QueryReceived>(), SizeIs(1));
    const QueryReceived received = a.events_of<QueryReceived>()[0];
    EXPECT_EQ(received.source, "a");
    EXPECT_TRUE(received.expects_answer);
    EXPECT_THAT(acks(), ElementsAre("a"));
    EXPECT_FALSE(a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.respond(now, received.handle, as_bytes("up"), out);
    }));
    EXPECT_THAT(answers(), ElementsAre("a: up"));
    EXPECT_THAT(a.direct_messages, IsEmpty());
}

TEST_F(RuleE5Asking, FiltersCanExcludeUs) {
    const std::vector<std::string> nodes{"b"};
    ASSERT_TRUE(ask({.name = "uptime", .nodes = nodes, .ack = true}));
    EXPECT_THAT(a.events_of<QueryReceived>(), IsEmpty());
    EXPECT_THAT(acks(), IsEmpty());
}

TEST_F(RuleE5Asking, EchoOfOurQueryIsDuplicate) {
    add_members();
    const Asked q = asked({.name = "uptime"});
    a.deliver(q.bytes);
    EXPECT_THAT(a.events_of<QueryReceived>(), SizeIs(1));
    EXPECT_EQ(a.serf.stats().queries_forwarded, 0u);
    EXPECT_EQ(a.serf.stats().queries_duplicate, 1u);
}

TEST_F(RuleE5Asking, ConcurrentQueriesAreDistinguished) {
    add_members();
    const Asked first = asked({.name = "one"});
    const Asked second = asked({.name = "two"});
    EXPECT_GT(second.query.time, first.query.time);
    a.deliver(answer_to(second, "b", "2"));
    a.deliver(answer_to(first, "b", "1"));
    const auto reported = a.events_of<QueryAnswered>();
    ASSERT_THAT(reported, SizeIs(2));
    EXPECT_EQ(reported[0].request, second.request);
    EXPECT_EQ(reported[1].request, first.request);
}

TEST_F(RuleE5Asking, DefaultTimeoutGrowsWithLog10OfClusterSize) {
    EXPECT_EQ(a.serf.default_query_timeout(), Duration{3200ms});
    for (std::uint16_t i = 2; i <= 9; ++i) a.add_member("m" + std::to_string(i), 8000 + i);
    EXPECT_EQ(a.serf.node().alive_count(), 9u);
    EXPECT_EQ(a.serf.default_query_timeout(), Duration{3200ms});
    a.add_member("m10", 8010);
    EXPECT_EQ(a.serf.default_query_timeout(), Duration{6400ms});
    const Asked q = asked({.name = "uptime"});
    EXPECT_EQ(q.query.timeout, Duration{6400ms});
    for (std::uint16_t i = 11; i <= 100; ++i) a.add_member("m" + std::to_string(i), 8000 + i);
    EXPECT_EQ(a.serf.default_query_timeout(), Duration{9600ms});
}

TEST_F(RuleE5Asking, TooLargeQueryIsRefused) {
    add_members();
    std::size_t fits = 1024;
    for (;; --fits) {
        const std::string payload(fits, 'x');
        const auto request = ask({.name = "q", .payload = as_bytes(payload)});
        if (request) break;
        EXPECT_EQ(to_string(request.error()), "query exceeds limit of 1024 bytes");
        EXPECT_EQ(request.error().limit, 1024u);
        EXPECT_GT(request.error().size, 1024u);
    }
    EXPECT_EQ(a.serf.stats().queries_sent, 1u);
    a.advance(1s);
    std::size_t longest = 0;
    for (const Buffer& message : a.gossiped()) longest = std::max(longest, message.size());
    EXPECT_EQ(longest, 1024u);
}

TEST_F(RuleE5Asking, RunningQueriesAreBounded) {
    Lone small{[](Config& c) { c.max_running_queries = 2; }};
    const auto ask_small = [&] {
        return small.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return serf.query(now, {.name = "q", .timeout = 1s}, out);
        });
    };
    EXPECT_TRUE(ask_small());
    EXPECT_TRUE(ask_small());
    const auto third = ask_small();
    ASSERT_FALSE(third);
    EXPECT_EQ(to_string(third.error()), "no more than 2 queries may run at once");
    small.advance(1100ms);
    EXPECT_TRUE(ask_small());
}

TEST_F(RuleE5Asking, SendersPerQueryAreBounded) {
    add_members();
    const Asked q = asked({.name = "uptime"});
    for (int i = 0; i < 100; ++i) a.deliver(answer_to(q, "stranger" + std::to_string(i), ""));
    EXPECT_THAT(answers(), SizeIs(16));
    EXPECT_EQ(a.serf.stats().answers_too_many, 84u);
}

TEST_F(RuleE5Asking, AnswerWithoutSenderIsRefused) {
    const auto request = ask({.name = "uptime"});
    ASSERT_TRUE(request);
    a.deliver(QueryResponse{.time = lt(1), .id = 7, .from = ""});
    EXPECT_EQ(a.serf.stats().messages_rejected, 1u);
}

TEST_F(RuleE5Asking, TimeoutsHaveARange) {
    for (const Duration timeout : {Duration{-1s}, Duration{25h}}) {
        const auto refused = ask({.name = "q", .timeout = timeout});
        ASSERT_FALSE(refused);
        EXPECT_EQ(to_string(refused.error()), "query timeout must be from 0 to 86400 seconds");
    }
}

TEST_F(RuleE5Asking, OldProtocolCannotQuery) {
    Lone old{[](Config& c) { c.membership.versions.dcur = 3; }};
    const auto refused = old.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.query(now, {.name = "q"}, out);
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(to_string(refused.error()), "Feature not supported");
}

// --- real peers ----------------------------------------------------------------------------------

// Our question is the recorded one but for its number, which is drawn.
TEST(RuleE5, TheBytesAreThoseOfARealPeer) {
    const auto recorded = recorded_messages();
    struct Row {
        const char* name;
        std::uint8_t relay_factor;
    };
    for (const Row& row : {Row{"query:uptime", 0}, Row{"query:uptime:relay2", 2}}) {
        SCOPED_TRACE(row.name);
        const Buffer& theirs = recorded.at(row.name);
        const auto wanted = decode_query(Bytes{theirs}.subspan(1));
        ASSERT_TRUE(wanted);
        Lone a{[](Config& c) { c.membership.port = 27500; }};
        a.add_member("b", 27501);
        const auto request = a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            for (std::uint64_t t = 1; t < wanted->time.value(); ++t) {
                EXPECT_TRUE(serf.query(now, {.name = "earlier"}, out));
            }
            return serf.query(now,
                              {.name = wanted->name,
                               .payload = wanted->payload.value_or(Bytes{}),
                               .ack = true,
                               .relay_factor = row.relay_factor,
                               .timeout = wanted->timeout},
                              out);
        });
        ASSERT_TRUE(request);
        a.advance(1s);
        std::size_t same = 0;
        for (const Buffer& message : a.gossiped()) {
            const auto query = decode_query(Bytes{message}.subspan(1));
            if (message.front() != std::byte{4} || !query || query->time != wanted->time) continue;
            Query renumbered = *query;
            renumbered.id = wanted->id;
            EXPECT_EQ(encoded(renumbered), theirs);
            ++same;
        }
        EXPECT_EQ(same, 1u);
    }
}

TEST(RuleE5, FiltersAreThoseOfARealPeer) {
    const auto recorded = recorded_messages();
    const auto filter_of = [&](const char* name) {
        const auto query = decode_query(Bytes{recorded.at(name)}.subspan(1));
        return Buffer{query->filters->at(0).begin(), query->filters->at(0).end()};
    };
    const std::vector<std::string> hit{"b"}, miss{"a", "c"};
    EXPECT_EQ(encode_filters(hit, {}).at(0), filter_of("query-sent:filter-node-hit"));
    EXPECT_EQ(encode_filters(miss, {}).at(0), filter_of("query-sent:filter-node-miss"));
}

// The whole exchange as it was recorded: two acks, one answer, and both again through a relay.
TEST(RuleE5, RecordedAnswersAreCounted) {
    const auto recorded = recorded_messages();
    Lone a{[](Config& c) { c.membership.name = "a"; }};
    const auto request = a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.query(now, {.name = "uptime", .ack = true, .timeout = 1s}, out);
    });
    ASSERT_TRUE(request);
    a.add_member("b", 8001);
    a.advance(300ms);
    std::uint32_t id = 0;
    for (const Buffer& message : a.gossiped()) {
        if (message.front() != std::byte{4}) continue;
        id = decode_query(Bytes{message}.subspan(1))->id;
    }
    for (const char* name : {"queryResponse:ack", "queryResponse:response"}) {
        auto response = decode_query_response(Bytes{recorded.at(name)}.subspan(1));
        ASSERT_TRUE(response);
        response->id = id;
        a.deliver(*response);
    }
    ASSERT_THAT(a.events_of<QueryAnswered>(), SizeIs(1));
    EXPECT_EQ(a.events_of<QueryAnswered>()[0].from, "b");
    EXPECT_EQ(as_text(a.events_of<QueryAnswered>()[0].payload), "up-b\n");
    EXPECT_THAT(a.events_of<QueryAcked>(),
                SizeIs(1));  // ours and the recorded one have one name: "a"
    EXPECT_EQ(a.serf.stats().answers_duplicate, 1u);
}

}  // namespace
}  // namespace rollcall::serf
