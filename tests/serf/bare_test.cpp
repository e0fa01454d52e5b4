// SPDX-License-Identifier: Apache-2.0
//
// A member without the Serf layer (rule M2): what it does not send, what it does not read, and what
// it still knows about the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "serf/lone.h"
#include "serf/tags.h"
#include "sim/cluster/serf_traits.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

void without_serf(Config& config) {
    config.delegate = Delegate::none;
}

// Bytes of another application. The first one is a Serf message type: read as Serf's by mistake
// they would have an effect.
Buffer of_another_application(std::uint8_t first) {
    return {std::byte{first}, std::byte{'n'}, std::byte{'o'}, std::byte{'t'}, std::byte{0x93}};
}

class RuleM2 : public testing::Test {
protected:
    void add_members() {
        a.add_member_with("b", 8001, of_another_application(0xff), wire::kBareVersions);
        a.add_member_with("c", 8002, of_another_application('r'), wire::kBareVersions);
        a.add_member_with("d", 8003, {}, wire::kBareVersions);
    }
    Lone a{without_serf};
};

TEST_F(RuleM2, ItAnnouncesNoMetadataAndTheVersionsOfABareApplication) {
    const membership::Member self = a.serf.node().self_member();
    EXPECT_THAT(self.meta(), IsEmpty());
    EXPECT_EQ(self.versions(), wire::kBareVersions);
}

TEST_F(RuleM2, ItsAcksAndItsStateCarryNothingOfAnApplication) {
    add_members();
    a.ping();
    EXPECT_THAT(a.ack_payloads, ElementsAre(IsEmpty()));
    EXPECT_THAT(a.exchange_raw({}), IsEmpty());

    Lone serf;  // shows that the check works
    serf.ping();
    EXPECT_THAT(serf.ack_payloads, ElementsAre(testing::Not(IsEmpty())));
    EXPECT_THAT(serf.exchange_raw({}), testing::Not(IsEmpty()));
}

TEST_F(RuleM2, NoUserMessageIsEverSent) {
    add_members();
    a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        const std::array peers{membership::JoinPeer{.endpoint = at(8001), .name = "b"}};
        return serf.join(now, peers, false, out).ok();
    });
    a.advance(20s);
    a.declare_dead("c");
    a.advance(20s);
    a.command([](Serf& serf, Time now, Serf::Outbox& out) { return serf.leave(now, out).ok(); });
    a.advance(20s);
    EXPECT_EQ(a.serf.life(), LifeState::left);
    EXPECT_THAT(a.events_of<LeaveFinished>(), testing::SizeIs(1));
    EXPECT_THAT(a.direct_messages, IsEmpty());
    EXPECT_EQ(a.serf.stats().intent_queue, 0u);
}

TEST_F(RuleM2, ForeignApplicationDataIsCountedAndNotRead) {
    add_members();
    a.set_ack_payload("b", of_another_application(1));
    a.advance(5s);
    for (std::uint8_t type = 0; type < 12; ++type) a.deliver(Bytes{of_another_application(type)});
    a.deliver(leave_of("b", 7));  // even if it could be read
    a.exchange_raw(of_another_application(2));
    const Foreign foreign = a.serf.stats().foreign;
    EXPECT_EQ(foreign.metadata, 2u);
    EXPECT_EQ(foreign.messages, 13u);
    EXPECT_EQ(foreign.states, 1u);
    EXPECT_GE(foreign.ack_payloads, 1u);
    EXPECT_EQ(a.serf.stats().messages_rejected, 0u);
    EXPECT_THAT(a.events_of<MessageRejected>(), IsEmpty());
    EXPECT_EQ(a.status("b"), Status::alive);
    for (const MemberRecord& member : a.serf.members()) EXPECT_THAT(member.tags, IsEmpty());
}

TEST_F(RuleM2, LeaveClaimIsLeftAndDeadClaimIsFailed) {
    add_members();
    a.declare_dead("b", true);
    a.declare_dead("c");
    EXPECT_EQ(a.status("b"), Status::left);
    EXPECT_EQ(a.status("c"), Status::failed);
    EXPECT_THAT(a.story(), ElementsAre("member-join b", "member-join c", "member-join d",
                                       "member-leave b", "member-failed c"));
}

TEST_F(RuleM2, CommandsOfTheSerfLayerAreRefusedWithTheReason) {
    add_members();
    using Cause = MessageError::Cause;
    a.command([](Serf& serf, Time now, Serf::Outbox& out) {
        const auto event = serf.user_event(now, "deploy", {}, false, out);
        EXPECT_TRUE(event && event->cause == Cause::no_serf_layer);
        const auto query = serf.query(now, {.name = "load"}, out);
        EXPECT_TRUE(!query && query.error().cause == Cause::no_serf_layer);
        const auto keys = serf.key_command(now, KeyCommand::list, {}, out);
        EXPECT_TRUE(!keys && keys.error().cause == Cause::no_serf_layer);
        const auto tags = serf.set_tags(now, {{"role", "web"}}, out);
        EXPECT_TRUE(!tags && tags.error() == CommandError::no_serf_layer);
        const auto forced = serf.force_leave(now, "b", true, out);
        EXPECT_TRUE(!forced && forced.error() == CommandError::no_serf_layer);
        EXPECT_FALSE(serf.coordinate());
        return true;
    });
    EXPECT_THAT(std::string{kNoSerfLayer}, testing::HasSubstr("--delegate none"));
    a.advance(5s);
    EXPECT_THAT(a.direct_messages, IsEmpty());
    EXPECT_EQ(a.status("b"), Status::alive);
}

TEST_F(RuleM2, TagsAreAMistakeOfTheConfiguration) {
    Config config;
    config.membership = membership::Config::lan();
    config.membership.name = "a";
    config.membership.address = WireAddress::v4(127, 0, 0, 1);
    config.membership.port = 7946;
    config.delegate = Delegate::none;
    EXPECT_FALSE(config.validate());
    config.tags = {{"role", "web"}};
    const auto error = config.validate();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "tags");
}

class BareCluster : public testing::TestWithParam<std::uint64_t> {
protected:
    using Cluster = sim::SimCluster<Serf>;
    Cluster five_{{.nodes = 5, .seed = GetParam(), .tweak = [](Config& config, unsigned) {
                       without_serf(config);
                   }}};
};

TEST_P(BareCluster, LeavesAndFailuresAreDistinguished) {
    five_.start_joined();
    five_.node("n3").leave();
    EXPECT_TRUE(five_.all_see("n3", Status::left, 15s)) << five_.story();
    ASSERT_TRUE(
        five_.run_until([&] { return five_.node("n3").core().life() == LifeState::left; }, 15s));
    five_.node("n3").kill();
    five_.node("n4").crash();
    EXPECT_TRUE(five_.all_others_see("n4", Status::failed, 60s)) << five_.story();
    EXPECT_TRUE(five_.others_see("n3", Status::left)) << five_.story();
    five_.node("n4").start();
    five_.node("n4").join(five_.node("n1").endpoint());
    EXPECT_TRUE(five_.all_see("n4", Status::alive, 30s)) << five_.story();
    for (const auto& node : five_.nodes()) {
        if (!node->running()) continue;
        const Foreign foreign = node->core().stats().foreign;
        EXPECT_EQ(foreign.messages + foreign.states + foreign.metadata + foreign.ack_payloads, 0u)
            << node->name() << " reported an event";
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BareCluster, testing::Values(1, 2, 3, 4, 5));

}  // namespace
}  // namespace rollcall::serf
