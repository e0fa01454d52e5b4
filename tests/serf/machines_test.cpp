// SPDX-License-Identifier: Apache-2.0
//
// Machines of the Serf layer on a bare context, each alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "serf/answers.h"
#include "serf/context.h"
#include "serf/joins.h"
#include "serf/key_commands.h"
#include "serf/lone.h"
#include "serf/member_events.h"
#include "serf/outgoing_queries.h"
#include "serf/prunes.h"
#include "serf/reconnects.h"
#include "serf/rejects.h"

namespace rollcall::serf {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

Config bare_machine_config() {
    Config config;
    config.membership = membership::Config::lan();
    config.membership.name = "a";
    config.membership.address = WireAddress::v4(127, 0, 0, 1);
    config.membership.port = 7946;
    return config;
}

class Machines : public testing::Test {
protected:
    Machines() { context.node.start(now, out); }

    Member& add(std::string_view name, std::uint16_t port) {
        context.members.up(
            now, {.name = name, .address = WireAddress::v4(127, 0, 0, 1), .port = port}, {}, {});
        return *context.members.find(name);
    }
    template <class E>
    [[nodiscard]] std::vector<E> reported() const {
        std::vector<E> found;
        for (const Event& event : out.serf_events()) {
            if (const E* e = std::get_if<E>(&event)) found.push_back(*e);
        }
        return found;
    }
    [[nodiscard]] std::vector<std::string> reaped() const {
        std::vector<std::string> names;
        for (const MemberEvent& event : reported<MemberEvent>()) {
            if (event.kind == MemberEventKind::reap) names.push_back(event.member.name);
        }
        return names;
    }

    sim::SeededEntropy entropy{1};
    membership::Application app;
    Context context{bare_machine_config(), app, entropy, 1, {}};
    Outbox out;
    Time now{seconds{1000}};
};

// --- Prunes --------------------------------------------------------------------------------------

class PrunesOfMembers : public Machines {
protected:
    MemberEvents member_events{context};
    Prunes prunes{context, member_events};
};

TEST_F(PrunesOfMembers, AMemberThatLeftIsErasedAtOnce) {
    Member& b = add("b", 8001);
    context.members.gone(now, "b");
    prunes.prune(now, b, out);
    EXPECT_THAT(reaped(), ElementsAre("b"));
    EXPECT_FALSE(prunes.next_deadline());
}

TEST_F(PrunesOfMembers, LiveMemberHasTimeToRefute) {
    prunes.prune(now, add("b", 8001), out);
    prunes.prune(now, add("c", 8002), out);
    ASSERT_TRUE(prunes.next_deadline());
    const Time due = *prunes.next_deadline();
    EXPECT_EQ(due, now + seconds{6});  // broadcast_timeout and leave_propagate_delay
    context.members.down(now, "c");
    prunes.handle_timeout(due - milliseconds{1}, out);
    EXPECT_THAT(reaped(), IsEmpty());
    prunes.handle_timeout(due, out);
    EXPECT_THAT(reaped(), ElementsAre("c"));  // "b" lives
    EXPECT_FALSE(prunes.next_deadline());
    EXPECT_NE(context.members.find("b"), nullptr);
}

TEST_F(PrunesOfMembers, RepeatedPruneWaitsOnce) {
    Member& b = add("b", 8001);
    prunes.prune(now, b, out);
    prunes.prune(now + seconds{1}, b, out);
    context.members.down(now, "b");
    prunes.handle_timeout(now + seconds{10}, out);
    EXPECT_THAT(reaped(), ElementsAre("b"));
}

TEST_F(PrunesOfMembers, OnlySoManyWait) {
    for (std::size_t i = 0; i < Prunes::kMaxPending + 3; ++i) {
        prunes.prune(now, add("m" + std::to_string(i), 8001), out);
    }
    EXPECT_EQ(context.stats.prunes_dropped, 3u);
}

// --- Reconnects ----------------------------------------------------------------------------------

TEST_F(Machines, ReconnectsFollowTheirInterval) {
    Reconnects reconnects{context};
    EXPECT_FALSE(reconnects.next_deadline());
    reconnects.start(now);
    EXPECT_EQ(reconnects.next_deadline(), now + seconds{30});
    context.config.reconnect_interval = seconds{10};
    reconnects.interval_changed(now);
    EXPECT_EQ(reconnects.next_deadline(), now + seconds{10});
    context.config.reconnect_interval = seconds{60};  // what is due sooner stays so
    reconnects.interval_changed(now);
    EXPECT_EQ(reconnects.next_deadline(), now + seconds{10});
    reconnects.handle_timeout(now + seconds{10}, out);
    EXPECT_EQ(reconnects.next_deadline(), now + seconds{70});
    context.config.reconnect_interval = {};
    reconnects.interval_changed(now);
    EXPECT_FALSE(reconnects.next_deadline());
}

// --- Rejects -------------------------------------------------------------------------------------

TEST_F(Machines, RejectsReportOncePerCauseAndSecond) {
    Rejects rejects{context};
    for (int i = 0; i < 3; ++i) {
        rejects.message(now, MessageType::join, wire::DecodeError::bad_field, out);
    }
    rejects.message(now, MessageType::join, wire::DecodeError::unknown_message, out);
    rejects.message(now + seconds{1}, MessageType::join, wire::DecodeError::bad_field, out);
    std::vector<std::uint64_t> counts;
    for (const auto& event : reported<MessageRejected>()) counts.push_back(event.since_last);
    EXPECT_THAT(counts, ElementsAre(1, 1, 3));
    EXPECT_EQ(context.stats.messages_rejected, 5u);
}

TEST_F(Machines, AnImplausibleTimeMovesNoClock) {
    Rejects rejects{context};
    const LamportTime before = context.clock.time();
    EXPECT_FALSE(
        rejects.witness(now, context.clock, lt(~std::uint64_t{0}), MessageType::join, out));
    EXPECT_EQ(context.clock.time(), before);
    EXPECT_TRUE(rejects.witness(now, context.clock, lt(7), MessageType::join, out));
    EXPECT_EQ(context.clock.time(), lt(8));
}

// --- KeyCommands over OutgoingQueries ------------------------------------------------------------

class KeyCommandsOverAsking : public Machines, public OutgoingQueryOwner {
protected:
    void query_sent(Time, const Query& query, Outbox&) override {
        sent.push_back({query.time, query.id});
    }
    void query_answered(AskedQuery::Purpose purpose, RequestId request,
                        const QueryResponse& response, Outbox& to) override {
        EXPECT_EQ(purpose, AskedQuery::Purpose::keys);
        key_commands.answered(request, response, to);
    }
    void query_ended(AskedQuery::Purpose purpose, RequestId request, Outbox& to) override {
        EXPECT_EQ(purpose, AskedQuery::Purpose::keys);
        key_commands.ended(request, to);
    }
    void answer(std::string_view from) {
        const Buffer payload = encoded(KeyResponse{.result = true});
        outgoing_queries.response_received(now,
                                           QueryResponse{.time = sent.at(0).time,
                                                         .id = sent.at(0).id,
                                                         .from = from,
                                                         .payload = Bytes{payload}},
                                           out);
    }

    struct Sent {
        LamportTime time;
        std::uint32_t id = 0;
    };
    std::vector<Sent> sent;
    Rejects rejects{context};
    OutgoingQueries outgoing_queries{context, rejects, *this};
    KeyCommands key_commands{context, outgoing_queries};
};

TEST_F(KeyCommandsOverAsking, EndsWhenAllHaveAnswered) {
    const auto request = key_commands.start(now, KeyCommand::list, {}, out);
    ASSERT_TRUE(request.ok());
    ASSERT_EQ(sent.size(), 1u);
    answer("a");  // no other member is alive
    const auto finished = reported<KeyCommandFinished>();
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].request, *request);
    EXPECT_EQ(finished[0].nodes, 1u);
    EXPECT_EQ(outgoing_queries.running(), 0u);
    EXPECT_FALSE(outgoing_queries.next_deadline());
}

TEST_F(KeyCommandsOverAsking, EndsAtItsDeadline) {
    ASSERT_TRUE(key_commands.start(now, KeyCommand::list, {}, out).ok());
    ASSERT_TRUE(outgoing_queries.next_deadline());
    now = *outgoing_queries.next_deadline();
    answer("a");  // too late
    outgoing_queries.handle_timeout(now, out);
    ASSERT_EQ(reported<KeyCommandFinished>().size(), 1u);
    EXPECT_THAT(reported<KeyCommandFinished>()[0].answers, IsEmpty());
    EXPECT_EQ(context.stats.answers_late, 1u);
}

TEST_F(KeyCommandsOverAsking, RefusedQueryLeavesNoState) {
    const Buffer key(context.config.query_size_limit + 1);
    EXPECT_FALSE(key_commands.start(now, KeyCommand::install, key, out).ok());
    EXPECT_THAT(sent, IsEmpty());
    EXPECT_EQ(outgoing_queries.running(), 0u);
    EXPECT_THAT(reported<KeyCommandFinished>(), IsEmpty());
}

// --- Joins ---------------------------------------------------------------------------------------

TEST_F(Machines, JoinsReportOnlyTheirOwn) {
    MemberEvents member_events{context};
    Prunes prunes{context, member_events};
    Rejects rejects{context};
    Intents intents{context, member_events, prunes, rejects};
    Joins joins{context, intents};
    const membership::JoinPeer peer{.endpoint = at(8001), .name = {}};
    const auto request = joins.start(now, {&peer, 1}, {.replay = false, .announce = true}, out);
    ASSERT_TRUE(request.ok());
    EXPECT_TRUE(joins.skip_old_events());
    joins.finished(now, {.request = RequestId{request->value() + 1}, .contacted = 1}, out);
    EXPECT_THAT(reported<JoinFinished>(), IsEmpty());
    joins.finished(now, {.request = *request, .contacted = 0, .failed = 1}, out);
    EXPECT_EQ(reported<JoinFinished>().size(), 1u);
    EXPECT_FALSE(joins.skip_old_events());
    EXPECT_EQ(context.queues.intents(), 0u);  // no peer answered, so there is nothing to announce

    context.life = LifeState::leaving;
    EXPECT_EQ(joins.start(now, {&peer, 1}, {}, out).error(), CommandError::not_alive);
}

}  // namespace
}  // namespace rollcall::serf
