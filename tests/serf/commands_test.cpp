// SPDX-License-Identifier: Apache-2.0
//
// Commands on a Serf among puppets: leave, force-leave, new tags; and its valid settings.
//
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "serf/lone.h"
#include "serf/serf.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// --- rule I5 -------------------------------------------------------------------------------------

class RuleI5 : public SerfAmongPuppets {
protected:
    RequestId force_leave(std::string_view name, bool prune = false) {
        return a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return *serf.force_leave(now, name, prune, out);
        });
    }
};

TEST_F(RuleI5, FailedMemberBecomesLeftAndIntentIsGossiped) {
    add_members();
    a.declare_dead("b");
    const RequestId request = force_leave("b");
    EXPECT_EQ(a.status("b"), Status::left);
    EXPECT_THAT(a.events_of<ForceLeaveFinished>(), IsEmpty());
    a.advance(5s);
    ASSERT_EQ(a.events_of<ForceLeaveFinished>().size(), 1u);
    EXPECT_EQ(a.events_of<ForceLeaveFinished>()[0].request, request);
    EXPECT_FALSE(a.events_of<ForceLeaveFinished>()[0].timed_out);
    EXPECT_TRUE(a.gossiped(encoded(leave_of("b", 1))));
}

// A command's message is gossiped even when nothing else happens.
TEST(Commands, AreGossipedWithinOneInterval) {
    Lone a{[](Config& config) { config.membership.probe_interval = 20s; }};
    for (const char* name : {"b", "c", "d"})
        a.add_member(name, static_cast<std::uint16_t>(name[0]));
    a.declare_dead("b");
    a.advance(10s);
    a.command([](Serf& serf, Time now, Serf::Outbox& out) {
        return *serf.force_leave(now, "b", false, out);
    });
    const auto intent = encoded(leave_of("b", 1));
    const std::size_t told_directly = a.times_sent(intent);
    a.advance(200ms);
    EXPECT_GT(a.times_sent(intent), told_directly);
}

TEST_F(RuleI5, PruneErasesTheMember) {
    add_members();
    a.declare_dead("b");
    force_leave("b", true);
    EXPECT_FALSE(a.serf.member("b"));
    a.advance(5s);
    EXPECT_TRUE(a.gossiped(encoded(leave_of("b", 1, true))));
    EXPECT_THAT(a.story(), ElementsAre("member-join b", "member-join c", "member-join d",
                                       "member-failed b", "member-leave b", "member-reap b"));
    EXPECT_EQ(a.serf.stats().members, 3u);
}

TEST_F(RuleI5, PruneOfLeavingMemberIsDelayed) {
    add_members();
    a.deliver(leave_of("b", 5, true));
    a.advance(2s);
    a.declare_dead("b", true);
    a.advance(3900ms);
    EXPECT_EQ(a.status("b"), Status::left);
    a.advance(200ms);
    EXPECT_FALSE(a.serf.member("b"));
}

// Else a stream of prunes would erase it for good: membership reports nothing about it again.
TEST_F(RuleI5, AMemberThatMembershipConsidersAliveIsNeverErased) {
    add_members();
    for (std::uint64_t time = 10; time < 100; ++time) {
        a.deliver(leave_of("b", time, true));
        a.advance(200ms);
        EXPECT_TRUE(a.serf.member("b")) << time;
    }
    a.advance(6s);
    EXPECT_EQ(a.status("b"), Status::leaving);
    a.advance(60s);  // it answers probes longer than any leave takes
    EXPECT_EQ(a.status("b"), Status::alive);
    a.advance(2s);
    EXPECT_EQ(a.serf.stats().prunes_refused, 1u);
    EXPECT_EQ(a.serf.stats().reaped, 0u);
}

TEST_F(RuleI5, APruneWaitsUntilTheMemberIsDead) {
    add_members();
    a.deliver(leave_of("b", 5, true));
    a.advance(20s);
    EXPECT_EQ(a.status("b"), Status::leaving);
    a.declare_dead("b");
    EXPECT_EQ(a.status("b"), Status::left);
    a.advance(1100ms);
    EXPECT_FALSE(a.serf.member("b"));
}

TEST_F(RuleI5, AFloodOfLeavesAboutUsIsAnsweredByOneMessage) {
    add_members();
    std::vector<Buffer> flood;
    for (std::uint64_t time = 10; time < 3010; ++time) {
        flood.push_back(encoded(leave_of("a", 2 * time)));
        if (flood.size() == 50) a.deliver_together(std::exchange(flood, {}));
    }
    EXPECT_EQ(a.serf.stats().refutations, 3000u);
    EXPECT_LE(a.serf.stats().intent_queue, 257u);
    const Buffer last = encoded(join_of("a", 6019));
    a.advance(200ms);
    EXPECT_TRUE(a.gossiped(last));  // it outdoes all of them
    EXPECT_EQ(a.status("a"), Status::alive);
}

TEST_F(RuleI5, InAFloodOfIntentsTheLatestOfEachMemberWaits) {
    add_members();
    std::vector<Buffer> flood;
    for (std::uint64_t time = 10; time < 3010; ++time) {
        flood.push_back(encoded(leave_of("b", 2 * time)));
        flood.push_back(encoded(join_of("c", 2 * time + 1)));
        if (flood.size() == 50) a.deliver_together(std::exchange(flood, {}));
    }
    EXPECT_LE(a.serf.stats().intent_queue, 258u);
    EXPECT_EQ(a.serf.stats().broadcasts_dropped.intents, 0u);
    a.advance(1s);
    EXPECT_TRUE(a.gossiped(encoded(leave_of("b", 6018))));
    EXPECT_TRUE(a.gossiped(encoded(join_of("c", 6019))));
}

TEST_F(RuleI5, RefutingMemberIsNotPruned) {
    add_members();
    a.deliver(leave_of("b", 5, true));
    a.advance(1s);
    a.deliver(join_of("b", 6));
    a.advance(30s);
    EXPECT_EQ(a.status("b"), Status::alive);
}

TEST_F(RuleI5, UnknownNameIsGossipedWithoutError) {
    add_members();
    force_leave("unknown");
    a.advance(5s);
    ASSERT_EQ(a.events_of<ForceLeaveFinished>().size(), 1u);
    EXPECT_TRUE(a.gossiped(encoded(leave_of("unknown", 1))));
    force_leave("");
    force_leave(std::string(600, 'x'));
    EXPECT_EQ(a.events_of<ForceLeaveFinished>().size(), 3u);
}

TEST_F(RuleI5, CommandReportsTimeout) {
    // Only pings carry broadcasts, one a second, and the limit for three members is four.
    Lone quiet{[](Config& c) {
        c.membership.gossip_interval = {};
        c.broadcast_timeout = 2s;
    }};
    quiet.add_member("b", 8001);
    quiet.add_member("c", 8002);
    quiet.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return *serf.force_leave(now, "unknown", false, out);
    });
    quiet.advance(1900ms);
    EXPECT_THAT(quiet.events_of<ForceLeaveFinished>(), IsEmpty());
    quiet.advance(200ms);
    ASSERT_EQ(quiet.events_of<ForceLeaveFinished>().size(), 1u);
    EXPECT_TRUE(quiet.events_of<ForceLeaveFinished>()[0].timed_out);
    quiet.advance(10s);  // sent in the end, but the command has timed out
    EXPECT_EQ(quiet.events_of<ForceLeaveFinished>().size(), 1u);
}

TEST_F(RuleI5, OnlyOtherLiveMemberIsNotStuckInLeaving) {
    a.add_member("b", 8001);
    force_leave("b");
    EXPECT_EQ(a.events_of<ForceLeaveFinished>().size(), 1u);  // no other member is alive
    EXPECT_EQ(a.status("b"), Status::leaving);
    a.advance(3s);  // it answers a probe
    EXPECT_EQ(a.status("b"), Status::alive);
    EXPECT_FALSE(a.gossiped(encoded(leave_of("b", 1))));
}

TEST_F(RuleI5, AnsweringMemberDoesNotStayLeaving) {
    add_members();
    a.deliver(leave_of("b", 5));
    a.advance(23s);
    EXPECT_EQ(a.status("b"), Status::leaving);
    a.advance(10s);
    EXPECT_EQ(a.status("b"), Status::alive);
}

// --- commands ------------------------------------------------------------------------------------

TEST(RuleM1, NewTagsAreAnnouncedAndTheirEndReported) {
    Lone a;
    a.add_member("b", 8001);
    const auto request = a.command([](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.set_tags(now, {{"role", "web"}}, out);
    });
    ASSERT_TRUE(request);
    EXPECT_EQ(a.serf.tags(), (Tags{{"role", "web"}}));
    EXPECT_EQ(a.serf.member("a")->tags, (Tags{{"role", "web"}}));
    EXPECT_EQ(a.events_of<MemberEvent>().back().kind, MemberEventKind::update);
    a.advance(5s);
    ASSERT_EQ(a.events_of<TagsFinished>().size(), 1u);
    EXPECT_EQ(a.events_of<TagsFinished>()[0].request, *request);
    EXPECT_FALSE(a.events_of<TagsFinished>()[0].timed_out);
}

TEST(RuleM1, TooManyTagsAreRefusedAndNothingChanges) {
    Lone a;
    const auto refused = a.command([](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.set_tags(now, {{"k", std::string(600, 'x')}}, out);
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(to_string(refused.error()), "Encoded length of tags exceeds limit of 512 bytes");
    EXPECT_TRUE(a.serf.tags().empty());
}

TEST(RuleM1, TagsTooLongForSmallPacketsAreRefused) {
    Lone a{[](Config& config) { config.membership.packet_size = 512; }};
    const auto set = [&](std::size_t size) {
        return a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return serf.set_tags(now, {{"k", std::string(size, 'x')}}, out);
        });
    };
    const auto refused = set(450);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), CommandError::tags_too_large);
    EXPECT_TRUE(a.serf.tags().empty());
    EXPECT_EQ(a.serf.life(), LifeState::alive);
    EXPECT_TRUE(set(200));
}

class RuleI4OnASerf : public SerfAmongPuppets {
protected:
    Result<RequestId, CommandError> leave() {
        return a.command(
            [](Serf& serf, Time now, Serf::Outbox& out) { return serf.leave(now, out); });
    }
};

TEST_F(RuleI4OnASerf, SendsIntentThenLeaveThenLingers) {
    add_members();
    const auto request = leave();
    ASSERT_TRUE(request);
    EXPECT_EQ(a.serf.life(), LifeState::leaving);
    EXPECT_EQ(a.status("a"), Status::leaving);
    EXPECT_FALSE(a.serf.node().leaving());  // not before the intent was sent
    const auto again = leave();
    ASSERT_FALSE(again);
    EXPECT_EQ(to_string(again.error()), "Leave already in progress");

    while (!a.serf.node().leaving() && a.now < Time{1010s}) a.advance(10ms);
    EXPECT_EQ(a.times_sent(encoded(leave_of("a", 1))),
              3u + 4u + 3u);  // to each, by gossip, with the leave
    EXPECT_EQ(a.status("a"), Status::left);
    EXPECT_THAT(a.events_of<LeaveFinished>(), IsEmpty());
    a.advance(5s);
    ASSERT_EQ(a.events_of<LeaveFinished>().size(), 1u);
    EXPECT_EQ(a.events_of<LeaveFinished>()[0].request, *request);
    EXPECT_EQ(a.serf.life(), LifeState::left);

    const auto late = leave();
    ASSERT_TRUE(late);
    EXPECT_EQ(a.events_of<LeaveFinished>().size(), 2u);
    const auto join = a.command(
        [](Serf& serf, Time now, Serf::Outbox& out) { return serf.join(now, {}, false, out); });
    ASSERT_FALSE(join);
    EXPECT_EQ(to_string(join.error()), "Serf can't Join after Leave or Shutdown");
}

TEST_F(RuleI4OnASerf, AloneItOnlyLingers) {
    ASSERT_TRUE(leave());
    a.advance(900ms);
    EXPECT_THAT(a.events_of<LeaveFinished>(), IsEmpty());
    a.advance(200ms);
    EXPECT_EQ(a.events_of<LeaveFinished>().size(), 1u);
}

TEST_F(RuleI4OnASerf, OnceLeavingItRefutesNoMore) {
    add_members();
    ASSERT_TRUE(leave());
    a.deliver(leave_of("a", 50));
    a.advance(10s);
    EXPECT_EQ(a.status("a"), Status::left);
    EXPECT_FALSE(a.gossiped(encoded(join_of("a", 51))));
}

TEST(SerfConfig, TheFirstBrokenSettingIsNamedWithWhatIsAllowed) {
    Config config;
    config.membership.name = "a";
    config.membership.address = WireAddress::v4(127, 0, 0, 1);
    EXPECT_FALSE(config.validate());
    config.query_size_limit = 70000;
    EXPECT_EQ(config.validate()->field, "query_size_limit");
    EXPECT_EQ(config.validate()->allowed, "1 to 65535");
    config.event_buffer = 0;
    EXPECT_EQ(config.validate()->field, "event_buffer");
    EXPECT_EQ(config.validate()->value, "0");
    EXPECT_EQ(config.validate()->allowed, "1 to 65536");
    config.reap_interval = {};
    EXPECT_EQ(config.validate()->field, "reap_interval");
    config.tags = {{"k", std::string(600, 'x')}};
    EXPECT_EQ(config.validate()->field, "tags");
    config.membership.name = "";
    EXPECT_EQ(config.validate()->field, "name");
}

}  // namespace
}  // namespace rollcall::serf
