// SPDX-License-Identifier: Apache-2.0
//
// One Serf among puppets: how it handles and forwards intents, events, queries, relays and
// push/pulls. "a" is the Serf itself; b, c, d are puppets.
#include "serf/serf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "serf/lone.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using RuleI1OnASerf = SerfAmongPuppets;
using RuleI2OnASerf = SerfAmongPuppets;

TEST_F(SerfAmongPuppets, KnowsItselfAndOthersWithTags) {
    a.add_member("b", 8001, {{"role", "db"}});
    const auto members = a.serf.members();
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(members[0].name, "a");
    EXPECT_EQ(members[0].status, Status::alive);
    EXPECT_EQ(members[1].name, "b");
    EXPECT_EQ(members[1].tags, (Tags{{"role", "db"}}));
    EXPECT_EQ(members[1].port, 8001);
    EXPECT_EQ(members[1].versions, wire::kSerfVersions);
    a.change_tags("b", {{"role", "web"}});
    EXPECT_EQ(a.serf.member("b")->tags, (Tags{{"role", "web"}}));
    EXPECT_THAT(a.story(), ElementsAre("member-join b", "member-update b"));
}

TEST_F(RuleI1OnASerf, LeaveIntentTurnsFailureIntoLeave) {
    add_members();
    a.deliver(leave_of("b", 5));
    EXPECT_EQ(a.status("b"), Status::leaving);
    a.declare_dead("b", true);
    EXPECT_EQ(a.status("b"), Status::left);
    a.declare_dead("c", true);  // a leave claim without an intent
    EXPECT_EQ(a.status("c"), Status::left);
    a.declare_dead("d");
    EXPECT_EQ(a.status("d"), Status::failed);
    EXPECT_THAT(a.story(), ElementsAre("member-join b", "member-join c", "member-join d",
                                       "member-leave b", "member-leave c", "member-failed d"));
    EXPECT_EQ(a.serf.stats().left, 2u);
    EXPECT_EQ(a.serf.stats().failed, 1u);
}

TEST(RuleI1OnABusySerf, AMemberThatStaysIsAliveAgainThoughWeDoNotProbeIt) {
    Lone a{[](Config& c) { c.membership.probe_interval = 1h; }};
    a.add_member("b", 8001);
    a.add_member("c", 8002);
    a.deliver(leave_of("b", 5));
    a.advance(24s);
    EXPECT_EQ(a.status("b"), Status::leaving);
    a.advance(17s);
    EXPECT_EQ(a.status("b"), Status::alive);
    a.deliver(leave_of("c", 6));
    a.advance(10s);
    a.declare_dead("c");
    EXPECT_EQ(a.status("c"), Status::left);
    a.advance(60s);
    EXPECT_EQ(a.status("c"), Status::left);
}

TEST_F(RuleI1OnASerf, FailedMemberLeavesByIntentAndReturnsByAlive) {
    add_members();
    a.declare_dead("b");
    a.deliver(join_of("b", 4));
    EXPECT_EQ(a.status("b"), Status::failed);
    a.deliver(leave_of("b", 5));
    EXPECT_EQ(a.status("b"), Status::left);
    a.add_member("b", 8001);
    EXPECT_EQ(a.status("b"), Status::alive);
    EXPECT_THAT(a.story(), ElementsAre("member-join b", "member-join c", "member-join d",
                                       "member-failed b", "member-leave b", "member-join b"));
}

TEST_F(RuleI1OnASerf, NewIntentsAreForwardedUnchanged) {
    add_members();
    // With an unknown field, which must be kept.
    Buffer strange = encoded(leave_of("b", 5));
    strange[1] = std::byte{0x84};
    const Bytes extra = as_bytes("\xa5Xtra!\x07");
    strange.insert(strange.end(), extra.begin(), extra.end());
    a.deliver(strange);
    const Buffer stale = encoded(join_of("b", 5));
    a.deliver(stale);
    a.advance(5s);
    EXPECT_TRUE(a.gossiped(strange));
    EXPECT_FALSE(a.gossiped(stale));
}

TEST_F(RuleI1OnASerf, EqualTimeIntentsDoNotCirculate) {
    add_members();
    const Buffer leave = encoded(leave_of("b", 5));
    const Buffer join = encoded(join_of("b", 5));
    for (int i = 0; i < 20; ++i) {
        a.deliver(leave);
        a.deliver(join);
        a.advance(1s);
    }
    EXPECT_EQ(a.status("b"), Status::leaving);
    EXPECT_FALSE(a.gossiped(join));
    // 4 x ceil(log10(5)): the limit for four members.
    EXPECT_EQ(a.times_sent(leave), 4u);
}

TEST_F(RuleI1OnASerf, RefutesLeaveIntentAboutItself) {
    add_members();
    const Buffer leave = encoded(leave_of("a", 7));
    a.deliver(leave);
    EXPECT_EQ(a.status("a"), Status::alive);
    EXPECT_EQ(a.serf.stats().member_time, lt(9));
    a.advance(5s);
    EXPECT_FALSE(a.gossiped(leave));
    EXPECT_TRUE(a.gossiped(encoded(join_of("a", 8))));
}

TEST_F(RuleI2OnASerf, EarlyIntentWaitsForItsMember) {
    a.add_member("c", 8002);
    const Buffer leave = encoded(leave_of("b", 5));
    a.deliver(leave);
    a.deliver(leave);
    EXPECT_EQ(a.serf.stats().recent_intents, 1u);
    a.advance(2s);
    EXPECT_EQ(a.times_sent(leave), 4u);  // forwarded when it was kept, once
    a.add_member("b", 8001);
    EXPECT_EQ(a.status("b"), Status::leaving);
    const auto events = a.events_of<MemberEvent>();
    EXPECT_EQ(events.back().kind, MemberEventKind::join);
    EXPECT_EQ(events.back().member.status, Status::leaving);
    EXPECT_EQ(a.serf.stats().recent_intents, 0u);
}

TEST_F(RuleI2OnASerf, IntentsAboutUnknownNamesExpireAndAreBounded) {
    Lone small{[](Config& c) { c.max_recent_intents = 3; }};
    for (int i = 0; i < 10; ++i) small.deliver(join_of("x" + std::to_string(i), 5));
    EXPECT_EQ(small.serf.stats().recent_intents, 3u);
    EXPECT_EQ(small.serf.stats().intents_dropped, 7u);
    EXPECT_EQ(small.serf.stats().intent_queue, 3u);
    small.advance(5min + 16s);
    EXPECT_EQ(small.serf.stats().recent_intents, 0u);
}

// --- rule I6 -------------------------------------------------------------------------------------

TEST(RuleI6, FailedAndLeftMembersAreReaped) {
    Lone a{[](Config& c) {
        c.reconnect_timeout = 10min;
        c.tombstone_timeout = 20min;
        c.reconnect_interval = {};
    }};
    a.add_member("b", 8001);
    a.add_member("c", 8002);
    a.deliver(leave_of("c", 5));
    a.declare_dead("b");
    a.declare_dead("c", true);
    a.advance(10min - 1s);
    EXPECT_EQ(a.status("b"), Status::failed);
    a.advance(16s);
    EXPECT_FALSE(a.serf.member("b"));
    EXPECT_EQ(a.status("c"), Status::left);
    a.advance(10min);
    EXPECT_FALSE(a.serf.member("c"));
    EXPECT_EQ(a.serf.stats().reaped, 2u);
    EXPECT_EQ(a.story().back(), "member-reap c");
}

// --- rules E1, E2, E3 ----------------------------------------------------------------------------

Buffer event_of(std::uint64_t time, std::string_view name, std::string_view payload) {
    return encoded(UserEvent{.time = lt(time), .name = name, .payload = as_bytes(payload)});
}
Query query_of(std::uint64_t time, std::uint32_t id) {
    return {.time = lt(time),
            .id = id,
            .address = WireAddress::v4(127, 0, 0, 1),
            .port = 8001,
            .source_node = "b",
            .timeout = 1s,
            .name = "uptime"};
}

class Forwarding : public SerfAmongPuppets {};

TEST_F(Forwarding, UserEventIsForwardedOnceAndUnchanged) {
    add_members();
    const Buffer event = event_of(9, "deploy", "v1");
    a.deliver(event);
    a.deliver(event);
    a.advance(5s);
    EXPECT_EQ(a.times_sent(event), 4u);
    a.deliver(event);
    a.advance(5s);
    EXPECT_EQ(a.times_sent(event), 4u);
    const Stats stats = a.serf.stats();
    EXPECT_EQ(stats.events_forwarded, 1u);
    EXPECT_EQ(stats.events_duplicate, 2u);
    EXPECT_EQ(stats.event_time, lt(10));
}

TEST_F(Forwarding, AnEventBeyondTheWindowIsWitnessedAndDropped) {
    add_members();
    a.deliver(event_of(2000, "new", ""));
    const Buffer old = event_of(1000, "old", "");
    a.deliver(old);
    a.advance(5s);
    EXPECT_FALSE(a.gossiped(old));
    EXPECT_EQ(a.serf.stats().events_too_old, 1u);
}

TEST_F(Forwarding, QueryIsForwardedUnlessNoBroadcast) {
    add_members();
    const Buffer open = encoded(query_of(5, 1));
    Query closed_query = query_of(5, 2);
    closed_query.flags = query_flags::no_broadcast;
    const Buffer closed = encoded(closed_query);
    a.deliver(open);
    a.deliver(open);
    a.deliver(closed);
    a.deliver(closed);
    a.advance(5s);
    EXPECT_EQ(a.times_sent(open), 4u);
    EXPECT_FALSE(a.gossiped(closed));
    EXPECT_EQ(a.serf.stats().queries_forwarded, 1u);
    EXPECT_EQ(a.serf.stats().queries_duplicate, 2u);
    EXPECT_EQ(a.serf.stats().query_time, lt(6));
}

TEST(RuleE3, ARelayedMessageGoesStraightToItsTargetUnchanged) {
    Lone a;
    const Buffer inner = encoded(QueryResponse{.time = lt(3), .id = 4, .from = "b"});
    a.deliver(Relay{.address = WireAddress::v4(127, 0, 0, 1),
                    .port = 8123,
                    .zone = "",
                    .node = "asker",
                    .message = inner});
    ASSERT_EQ(a.direct_messages.size(), 1u);
    EXPECT_EQ(a.direct_messages[0].to, at(8123));
    EXPECT_EQ(a.direct_messages[0].message, inner);
    EXPECT_EQ(a.serf.stats().relayed, 1u);
}

TEST(RuleE3, RelayWithoutAddressOrOfARelayIsRefused) {
    Lone a;
    const Buffer inner = encoded(QueryResponse{.time = lt(3), .id = 4, .from = "b"});
    const WireAddress here = WireAddress::v4(127, 0, 0, 1);
    a.deliver(Relay{.address = here, .port = 0, .zone = "", .node = "x", .message = inner});
    a.deliver(Relay{.address = {}, .port = 8123, .zone = "", .node = "x", .message = inner});
    a.deliver(Relay{.address = WireAddress::v4(0, 0, 0, 0),
                    .port = 8123,
                    .zone = "",
                    .node = "x",
                    .message = inner});
    const Buffer nested =
        encoded(Relay{.address = here, .port = 8123, .zone = "", .node = "x", .message = inner});
    a.deliver(Relay{.address = here, .port = 8123, .zone = "", .node = "x", .message = nested});
    EXPECT_THAT(a.direct_messages, IsEmpty());
    EXPECT_EQ(a.serf.stats().messages_rejected, 4u);
    EXPECT_EQ(a.serf.stats().relayed, 0u);
}

Buffer relay_to(const char* name, std::uint16_t port, std::uint32_t id) {
    const Buffer inner = encoded(QueryResponse{.time = lt(3), .id = id, .from = "b"});
    return encoded(Relay{.address = WireAddress::v4(127, 0, 0, 1),
                         .port = port,
                         .zone = "",
                         .node = name,
                         .message = inner});
}

// A compressed packet of 20 kB has room for a thousand of them.
TEST(RuleE3, OnePacketMakesUsRelayABoundedNumber) {
    Lone a;
    std::vector<Buffer> crowd;
    for (std::uint32_t i = 0; i < 100; ++i) crowd.push_back(relay_to("asker", 8123, i));
    a.deliver_together(crowd);
    EXPECT_EQ(a.direct_messages.size(), 16u);
    EXPECT_EQ(a.serf.stats().relays_refused, 84u);
}

TEST(RuleE3, StrangersGetFewerRelaysThanMembers) {
    Lone a;
    a.add_member("b", 8001);
    const auto flood = [&](const char* name, std::uint16_t port) {
        const std::uint64_t before = a.serf.stats().relayed;
        for (std::uint32_t i = 0; i < 2000; ++i) a.deliver(relay_to(name, port, i));
        return a.serf.stats().relayed - before;
    };
    EXPECT_EQ(flood("asker", 8123), 128u);
    EXPECT_EQ(flood("b", 8123), 0u) << "a member elsewhere is a stranger";
    EXPECT_EQ(flood("b", 8001), 1024u);
    a.advance(1s);
    EXPECT_EQ(flood("asker", 8123), 32u);
    EXPECT_EQ(flood("b", 8001), 512u);
}

// --- rule I3 -------------------------------------------------------------------------------------

class RuleI3 : public SerfAmongPuppets {};

TEST_F(RuleI3, LocalStateHasClocksMembersLeftAndEvents) {
    add_members();
    a.deliver(leave_of("b", 5));
    a.declare_dead("b", true);
    a.deliver(join_of("c", 6));
    a.deliver(event_of(9, "deploy", "v1"));
    a.deliver(encoded(query_of(30, 1)));
    const Buffer state = a.exchange({});
    const auto reported = decode_push_pull_state(state);
    ASSERT_TRUE(reported);
    EXPECT_EQ(reported->time, lt(7));
    EXPECT_EQ(reported->event_time, lt(10));
    EXPECT_EQ(reported->query_time, lt(31));
    EXPECT_THAT(reported->left, ElementsAre("b"));
    std::vector<std::string> times;
    for (const MemberTime& m : reported->status_times) {
        times.push_back(std::string{m.name} + "@" + std::to_string(m.time.value()));
    }
    EXPECT_THAT(times, ElementsAre("a@0", "b@5", "c@6", "d@0"));
    ASSERT_EQ(reported->slots.size(), 1u);
    EXPECT_EQ(reported->slots[0].time, lt(9));
    ASSERT_EQ(reported->events.size(), 1u);
    EXPECT_EQ(reported->events[0].name, "deploy");
}

TEST_F(RuleI3, StateIsAppliedButNotGossiped) {
    add_members();
    PushPullState state{.time = lt(40), .event_time = lt(50), .query_time = lt(60)};
    state.status_times = {{"b", lt(20)}, {"c", lt(21)}, {"unknown", lt(22)}};
    state.left = {"c"};
    state.slots = {{}, {.used = true, .time = lt(49), .first = 0, .count = 1}};
    state.events = {{.name = "deploy", .payload = {}}};
    a.exchange(state);
    const Stats stats = a.serf.stats();
    EXPECT_EQ(stats.member_time, lt(40));
    EXPECT_EQ(stats.event_time, lt(50));
    EXPECT_EQ(stats.query_time, lt(60));
    EXPECT_EQ(a.status("b"), Status::alive);
    EXPECT_EQ(a.status("c"), Status::leaving);
    EXPECT_EQ(stats.recent_intents, 1u);
    EXPECT_EQ(stats.intent_queue + stats.event_queue + stats.query_queue, 0u);
    // The leave is applied with a time one later, and a leaving member is sent with one earlier.
    const Buffer answer = a.exchange({});
    const auto reported = decode_push_pull_state(answer);
    ASSERT_TRUE(reported);
    EXPECT_EQ(reported->status_times[2].time, lt(21));
    // The event is known by now, so it is not gossiped again.
    a.deliver(event_of(49, "deploy", ""));
    EXPECT_EQ(a.serf.stats().event_queue, 0u);
}

TEST_F(RuleI3, FailedMembersInStateReviveNoMember) {
    add_members();
    a.declare_dead("b");
    PushPullState state{.time = lt(40)};
    state.status_times = {{"b", lt(30)}};
    a.exchange(state);
    EXPECT_EQ(a.status("b"), Status::failed);
}

TEST_F(RuleI3, AStateThatListsUsAsLeftIsRefuted) {
    add_members();
    PushPullState state{.time = lt(40)};
    state.status_times = {{"a", lt(30)}};
    state.left = {"a"};
    a.exchange(state);
    EXPECT_EQ(a.status("a"), Status::alive);
    a.advance(5s);
    EXPECT_TRUE(a.gossiped(encoded(join_of("a", 40))));
}

}  // namespace
}  // namespace rollcall::serf
