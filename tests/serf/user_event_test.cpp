// SPDX-License-Identifier: Apache-2.0
//
// Rules E1 and E4: received and sent user events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "serf/lone.h"

namespace rollcall::serf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

UserEvent event_message(std::uint64_t time, std::string_view name, std::string_view payload) {
    return {.time = lt(time), .name = name, .payload = as_bytes(payload), .coalesce = true};
}
// "time name payload", in the order in which they were reported.
std::vector<std::string> heard_events(const Lone& a) {
    std::vector<std::string> lines;
    for (const auto& e : a.events_of<UserEventReceived>()) {
        lines.push_back(std::to_string(e.time.value()) + " " + e.name + " " +
                        std::string{as_text(e.payload)});
    }
    return lines;
}
std::optional<MessageError> send_event(Lone& a, std::string_view name, std::string_view payload,
                                       bool coalesce = false) {
    return a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.user_event(now, name, as_bytes(payload), coalesce, out);
    });
}
PushPullState state_with(const StateEvent& event, std::uint64_t time) {
    return {.time = lt(1),
            .event_time = lt(time + 1),
            .query_time = lt(1),
            .slots = {{.used = true, .time = lt(time), .first = 0, .count = 1}},
            .events = {event}};
}

TEST(RuleE1, EachEventIsReportedOnce) {
    Lone a;
    a.deliver(event_message(5, "deploy", "v1"));
    a.deliver(event_message(5, "deploy", "v1"));
    a.deliver(event_message(5, "deploy", "v2"));
    a.deliver(event_message(4, "deploy", "v1"));  // out of order, and still new
    EXPECT_THAT(heard_events(a), ElementsAre("5 deploy v1", "5 deploy v2", "4 deploy v1"));
    EXPECT_TRUE(a.events_of<UserEventReceived>().front().coalesce);
}

TEST(RuleE1, TooOldEventIsNotReported) {
    Lone a;
    a.deliver(event_message(2000, "new", ""));
    a.deliver(event_message(1489, "old", ""));  // the clock is at 2001
    a.deliver(event_message(1488, "older", ""));
    EXPECT_THAT(heard_events(a), ElementsAre("2000 new ", "1489 old "));
}

TEST(RuleE1, PushPullEventsAreReportedOnceAndNotGossiped) {
    Lone a;
    a.add_member("b", 8001);
    const PushPullState state = state_with({.name = "deploy", .payload = as_bytes("v1")}, 6);
    a.exchange(state);
    a.exchange(state);
    a.deliver(event_message(6, "deploy", "v1"));
    a.advance(std::chrono::seconds{5});
    EXPECT_THAT(heard_events(a), ElementsAre("6 deploy v1"));
    EXPECT_FALSE(a.events_of<UserEventReceived>().front().coalesce);
    EXPECT_FALSE(a.gossiped(encoded(event_message(6, "deploy", "v1"))));
}

TEST(RuleE1, JoinWithoutReplayIgnoresOldEvents) {
    for (const bool replay : {false, true}) {
        Lone a;
        ASSERT_TRUE(a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return serf.join(now,
                             std::vector{membership::JoinPeer{.endpoint = at(8001), .name = {}}},
                             replay, out);
        }));
        a.exchange(state_with({.name = "deploy", .payload = {}}, 6), true);
        EXPECT_EQ(heard_events(a).size(), replay ? 1u : 0u);
        a.deliver(event_message(7, "after", ""));
        EXPECT_EQ(heard_events(a).back(), "7 after ");
    }
}

TEST(RuleE4, OwnEventIsReportedAndGossiped) {
    Lone a;
    a.add_member("b", 8001);
    EXPECT_FALSE(send_event(a, "deploy", "v1", true));
    EXPECT_FALSE(send_event(a, "deploy", "v1", true));  // the same again is another event
    EXPECT_THAT(heard_events(a), ElementsAre("1 deploy v1", "2 deploy v1"));
    a.advance(std::chrono::seconds{5});
    EXPECT_TRUE(a.gossiped(encoded(event_message(1, "deploy", "v1"))));
    EXPECT_TRUE(a.gossiped(encoded(event_message(2, "deploy", "v1"))));
    a.deliver(event_message(1, "deploy", "v1"));  // it comes back to us
    EXPECT_EQ(heard_events(a).size(), 2u);
    EXPECT_EQ(a.serf.stats().events_sent, 2u);
    EXPECT_EQ(a.serf.stats().event_time, lt(3));
}

TEST(RuleE4, OwnEventTimeIsAfterWitnessedTimes) {
    Lone a;
    a.deliver(event_message(41, "deploy", ""));
    EXPECT_FALSE(send_event(a, "mine", ""));
    EXPECT_EQ(a.events_of<UserEventReceived>().back().time, lt(42));
}

TEST(RuleE4, OwnEventIsInPushPulls) {
    Lone a;
    EXPECT_FALSE(send_event(a, "deploy", "v1"));
    const Buffer answer = a.exchange({.time = lt(1), .event_time = lt(1), .query_time = lt(1)});
    const auto state = decode_push_pull_state(answer);
    ASSERT_TRUE(state);
    ASSERT_EQ(state->events.size(), 1u);
    EXPECT_EQ(state->events[0].name, "deploy");
    EXPECT_EQ(state->slots[0].time, lt(1));
    EXPECT_EQ(state->event_time, lt(2));
}

TEST(RuleE4, NameAndPayloadHaveALimitAndSoHasTheMessage) {
    Lone a;
    a.add_member("b", 8001);
    const auto before = send_event(a, "name", std::string(509, 'x'));
    ASSERT_TRUE(before);
    EXPECT_EQ(before->size, 513u);
    EXPECT_EQ(before->limit, 512u);
    EXPECT_EQ(to_string(*before),
              "user event exceeds configured limit of 512 bytes before encoding");
    const auto after = send_event(a, "name", std::string(508, 'x'));
    ASSERT_TRUE(after);
    EXPECT_GT(after->size, 512u);
    EXPECT_EQ(to_string(*after),
              "encoded user event exceeds configured limit of 512 bytes after encoding");
    EXPECT_THAT(heard_events(a), IsEmpty());
    EXPECT_EQ(a.serf.stats().event_time, lt(1));

    std::size_t fits = 508;
    while (send_event(a, "name", std::string(fits, 'x'))) --fits;
    EXPECT_EQ(encoded(event_message(1, "name", std::string(fits, 'x'))).size(), 512u);
}

TEST(RuleE4, EventTooLongForPacketIsRefused) {
    Lone a{[](Config& c) { c.user_event_size_limit = Config::kMaxUserEventSize; }};
    const auto error = send_event(a, "name", std::string(2000, 'x'));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->cause, MessageError::Cause::encoded_event_too_large);
    EXPECT_LT(error->limit, 1400u);
    EXPECT_FALSE(send_event(a, "name", std::string(1300, 'x')));
    EXPECT_EQ(a.serf.stats().broadcasts_dropped.all(), 0u);
}

TEST(RuleE4, LimitAboveCapIsRefused) {
    Config config;
    config.membership.name = "a";
    config.membership.address = WireAddress::v4(127, 0, 0, 1);
    config.membership.port = 7946;
    EXPECT_FALSE(config.validate());
    config.user_event_size_limit = 9217;
    ASSERT_TRUE(config.validate());
    EXPECT_EQ(config.validate()->field, "user_event_size_limit");
    EXPECT_EQ(config.validate()->allowed, "1 to 9216");
}

}  // namespace
}  // namespace rollcall::serf
