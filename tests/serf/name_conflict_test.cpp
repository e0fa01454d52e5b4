// SPDX-License-Identifier: Apache-2.0
//
// Rule W1: who may keep a name that two nodes use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "serf/answers.h"
#include "serf/lone.h"
#include "serf/recordings.h"

namespace rollcall::serf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RuleW1Vote : public SerfAmongPuppets {
protected:
    RuleW1Vote() { add_members(); }
    // Another port claims the name "a".
    void contest() {
        a.add_member("a", 9001);
        a.advance(std::chrono::seconds{1});
    }
    std::vector<Query> votes() const {
        std::vector<Query> found;
        for (const Buffer& message : a.gossiped()) {
            if (message.front() != std::byte{4}) continue;
            const auto query = decode_query(Bytes{message}.subspan(1));
            if (!query || query->name != "_serf_conflict") continue;
            EXPECT_EQ(as_text(query->payload.value_or(Bytes{})), "a");
            found.push_back({.time = query->time, .id = query->id});
        }
        return found;
    }
    void vote(std::string_view from, std::optional<std::uint16_t> port) {
        ConflictResponse response;
        if (port) {
            response.member = MemberAnswer{.name = "a",
                                           .address = WireAddress::v4(127, 0, 0, 1),
                                           .port = *port,
                                           .status = Status::alive};
        }
        const Buffer payload = encoded(response);
        a.deliver(QueryResponse{.time = votes().at(0).time,
                                .id = votes().at(0).id,
                                .from = from,
                                .payload = Bytes{payload}});
    }
    std::vector<std::string> verdicts() {
        a.advance(std::chrono::seconds{5});
        std::vector<std::string> lines;
        for (const auto& e : a.events_of<NameConflictDecided>()) {
            lines.push_back(std::string{e.kept ? "kept " : "lost "} + std::to_string(e.for_us) +
                            "/" + std::to_string(e.answers));
        }
        return lines;
    }
};

TEST_F(RuleW1Vote, TheMajorityKeepsTheName) {
    contest();
    ASSERT_THAT(votes(), SizeIs(1));
    vote("b", 7946);
    vote("c", 7946);
    vote("d", 9001);
    EXPECT_THAT(verdicts(), ElementsAre("kept 2/3"));
}

TEST_F(RuleW1Vote, HalfIsNoMajority) {
    contest();
    vote("b", 7946);
    vote("c", std::nullopt);
    EXPECT_THAT(verdicts(), ElementsAre("lost 1/2"));
}

TEST_F(RuleW1Vote, WithoutAnyAnswerTheNameIsLost) {
    contest();
    EXPECT_THAT(verdicts(), ElementsAre("lost 0/0"));
}

TEST_F(RuleW1Vote, OneVoteAtATime) {
    contest();
    contest();
    EXPECT_THAT(votes(), SizeIs(1));
    vote("b", 7946);
    EXPECT_THAT(verdicts(), ElementsAre("kept 1/1"));
    EXPECT_THAT(a.events_of<QueryAnswered>(), IsEmpty());
    EXPECT_THAT(a.events_of<QueryFinished>(), IsEmpty());
}

TEST_F(RuleW1Vote, IncumbentIsNotEndedByAVote) {
    a.ping_by_name("b");
    contest();
    vote("b", 9001);
    vote("c", 9001);
    vote("d", std::nullopt);
    EXPECT_THAT(verdicts(), ElementsAre("kept 0/3"));
    const auto decided = a.events_of<NameConflictDecided>();
    ASSERT_THAT(decided, SizeIs(1));
    EXPECT_TRUE(decided[0].outvoted);
    EXPECT_EQ(decided[0].other_port, 9001);
    EXPECT_EQ(a.serf.stats().votes_overruled, 1u);
}

TEST_F(RuleW1Vote, VoteWithoutAnswersDoesNotEndAnIncumbent) {
    a.ping_by_name("c");
    contest();
    EXPECT_THAT(verdicts(), ElementsAre("kept 0/0"));
}

TEST_F(RuleW1Vote, WhoIsKnownOnlyAfterTheClaimIsNoIncumbent) {
    contest();
    a.ping_by_name("b");
    vote("b", 9001);
    EXPECT_THAT(verdicts(), ElementsAre("lost 0/1"));
}

TEST_F(RuleW1Vote, AnswersOfOthersThanMembersDoNotCount) {
    a.declare_dead("d");
    contest();
    vote("b", 7946);
    for (const char* stranger : {"x", "y", "a", "d"}) vote(stranger, 9001);
    EXPECT_THAT(verdicts(), ElementsAre("kept 1/1"));
    EXPECT_EQ(a.serf.stats().votes_refused, 4u);
}

TEST(RuleW1, SingleOrDisabledNodeDoesNotAsk) {
    Lone alone;
    alone.add_member("a", 9001);
    EXPECT_EQ(alone.serf.stats().queries_sent, 0u);
    Lone unwilling{[](Config& c) { c.name_conflict_resolution = false; }};
    unwilling.add_member("b", 8001);
    unwilling.add_member("a", 9001);
    EXPECT_EQ(unwilling.serf.stats().queries_sent, 0u);
}

TEST(RuleW1, RecordedVotesGetTheAnswersThatARealPeerGave) {
    const auto recorded = recorded_messages();
    Lone a;
    a.add_member("b", 27501, {{"role", "db2"}});
    a.deliver(recorded.at("query-sent:conflict-unknown-node"));
    EXPECT_THAT(sent_to_port(a, 27550),
                ElementsAre(recorded.at("query-reply:conflict-unknown-node:0")));
    a.direct_messages.clear();
    a.deliver(recorded.at("query-sent:conflict-self"));
    EXPECT_THAT(a.direct_messages, IsEmpty());

    const auto known =
        decode_query_response(Bytes{recorded.at("query-reply:conflict-known-node:0")}.subspan(1));
    ASSERT_TRUE(known);
    const auto answer = decode_conflict_response(known->payload->subspan(1));
    ASSERT_TRUE(answer);
    ASSERT_TRUE(answer->member);
    Lone b{[](Config& c) { c.membership.name = std::string{"a"}; }};
    b.add_member(answer->member->name, answer->member->port, answer->member->tags);
    b.deliver(Query{.time = known->time,
                    .id = known->id,
                    .address = WireAddress::v4(127, 0, 0, 1),
                    .port = 27550,
                    .source_node = "fake",
                    .flags = query_flags::no_broadcast,
                    .timeout = std::chrono::seconds{2},
                    .name = "_serf_conflict",
                    .payload = as_bytes(answer->member->name)});
    EXPECT_THAT(sent_to_port(b, 27550),
                ElementsAre(recorded.at("query-reply:conflict-known-node:0")));
}

}  // namespace
}  // namespace rollcall::serf
