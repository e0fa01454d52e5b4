// SPDX-License-Identifier: Apache-2.0
//
// The small machines, each alone: clocks, tags, the intent buffer, the rings, leaving, the queues.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "serf/intent_buffer.h"
#include "serf/leave.h"
#include "serf/queues.h"
#include "serf/recent_items.h"
#include "serf/recent_ring.h"
#include "serf/tags.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
constexpr Time kStart{1000s};

TEST(RuleM1, TagsSurviveTheMetadata) {
    for (const Tags& tags : {Tags{}, Tags{{"role", "db"}}, Tags{{"", ""}, {"dc", "east"}},
                             Tags{{"long", std::string(300, 'x')}}}) {
        const auto meta = encode_tags(tags);
        ASSERT_TRUE(meta);
        EXPECT_EQ(meta->front(), std::byte{0xff});
        EXPECT_EQ(decode_tags(*meta), tags);
    }
}

TEST(RuleM1, MetadataOfAnotherKindIsARole) {
    EXPECT_EQ(decode_tags({}), (Tags{{"role", ""}}));
    EXPECT_EQ(decode_tags(as_bytes("web")), (Tags{{"role", "web"}}));
}

TEST(RuleM1, BrokenTagsAreNoTags) {
    const auto meta = encode_tags({{"role", "db"}, {"dc", "east"}});
    ASSERT_TRUE(meta);
    for (std::size_t size = 1; size < meta->size(); ++size) {
        EXPECT_EQ(decode_tags(Bytes{*meta}.first(size)), Tags{}) << size;
    }
    EXPECT_EQ(decode_tags(as_bytes("\xff\x01")), Tags{});
    EXPECT_EQ(decode_tags(as_bytes("\xff\xdf\xff\xff\xff\xff")), Tags{});
}

TEST(RuleM1, TagsEndAt512Bytes) {
    // ff, a map of one pair, key "k" and a text with a three-byte head.
    EXPECT_EQ(encode_tags({{"k", std::string(512 - 7, 'x')}})->size(), 512u);
    EXPECT_FALSE(encode_tags({{"k", std::string(512 - 6, 'x')}}));
}

TEST(RuleI2, TheNewestIntentOfANameIsKeptWhateverItsKind) {
    IntentBuffer buffer{10};
    using enum IntentBuffer::Outcome;
    EXPECT_EQ(buffer.offer(kStart, "x", {IntentKind::leave, LamportTime{5}}), buffered);
    EXPECT_EQ(buffer.offer(kStart, "x", {IntentKind::join, LamportTime{5}}), not_newer);
    EXPECT_EQ(buffer.offer(kStart, "x", {IntentKind::join, LamportTime{6}}), buffered);
    EXPECT_EQ(buffer.size(), 1u);
    const auto taken = buffer.take("x");
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->kind, IntentKind::join);
    EXPECT_EQ(taken->time, LamportTime{6});
    EXPECT_FALSE(buffer.take("x"));
}

TEST(RuleI2, AFullBufferRefusesNewNamesAndStillRenewsOldOnes) {
    IntentBuffer buffer{2};
    using enum IntentBuffer::Outcome;
    buffer.offer(kStart, "x", {IntentKind::join, LamportTime{1}});
    buffer.offer(kStart, "y", {IntentKind::join, LamportTime{1}});
    EXPECT_EQ(buffer.offer(kStart, "z", {IntentKind::join, LamportTime{1}}), full);
    EXPECT_EQ(buffer.offer(kStart, "y", {IntentKind::leave, LamportTime{2}}), buffered);
    EXPECT_EQ(buffer.size(), 2u);
}

TEST(RuleI2, IntentsAreForgottenAfterTheirTime) {
    IntentBuffer buffer{10};
    buffer.offer(kStart, "x", {IntentKind::join, LamportTime{1}});
    buffer.offer(kStart + 10s, "y", {IntentKind::join, LamportTime{1}});
    buffer.expire(kStart + 300s, 300s);
    EXPECT_EQ(buffer.size(), 2u);
    buffer.expire(kStart + 301s, 300s);
    EXPECT_EQ(buffer.size(), 1u);
    EXPECT_TRUE(buffer.take("y"));
}

using EventRing = RecentRing<RecentEvent>;
using QueryRing = RecentRing<RecentQuery>;

StateEvent event(std::string_view name, std::string_view payload = {}) {
    return {.name = name, .payload = as_bytes(payload)};
}

TEST(RuleE1, AnEventIsFreshOnceAndItsIdentityIsTimeNameAndPayload) {
    EventRing ring{512, 1 << 20};
    const auto judge = [&](std::uint64_t time, const StateEvent& e) {
        return ring.judge(LamportTime{10}, LamportTime{time}, e);
    };
    EXPECT_EQ(judge(5, event("deploy", "1")), Freshness::fresh);
    EXPECT_EQ(judge(5, event("deploy", "1")), Freshness::duplicate);
    EXPECT_EQ(judge(5, event("deploy", "2")), Freshness::fresh);
    EXPECT_EQ(judge(5, event("restart", "1")), Freshness::fresh);
    EXPECT_EQ(judge(6, event("deploy", "1")), Freshness::fresh);
    EXPECT_EQ(judge(5, event("deploy", "2")), Freshness::duplicate);
    EXPECT_EQ(judge(7, {.name = "empty", .payload = {}}), Freshness::fresh);
    EXPECT_EQ(judge(7, event("empty", "")), Freshness::duplicate);
}

TEST(RuleE1, TheRingEndsWhereItsLengthEnds) {
    EventRing ring{512, 1 << 20};
    const LamportTime clock{1000};
    EXPECT_EQ(ring.judge(clock, LamportTime{487}, event("e")), Freshness::too_old);
    EXPECT_EQ(ring.judge(clock, LamportTime{488}, event("e")), Freshness::fresh);
    EXPECT_EQ(ring.judge(LamportTime{512}, LamportTime{0}, event("e")), Freshness::fresh);
    EXPECT_EQ(ring.judge(LamportTime{513}, LamportTime{0}, event("e")), Freshness::too_old);
}

TEST(RuleE1, NothingBelowTheFloorIsFresh) {
    EventRing ring{512, 1 << 20};
    ring.raise_floor(LamportTime{8});
    ring.raise_floor(LamportTime{3});
    EXPECT_EQ(ring.judge(LamportTime{10}, LamportTime{7}, event("e")), Freshness::too_old);
    EXPECT_EQ(ring.judge(LamportTime{10}, LamportTime{8}, event("e")), Freshness::fresh);
}

TEST(RuleE1, DroppedItemsAreTooOldAndNeverFresh) {
    EventRing ring{512, 4096};
    const std::string payload(1000, 'x');
    for (std::uint64_t time = 1; time <= 100; ++time) {
        const StateEvent e = event("flood", payload);
        EXPECT_EQ(ring.judge(LamportTime{time + 1}, LamportTime{time}, e), Freshness::fresh);
        EXPECT_LE(ring.bytes(), 4096u);
        for (std::uint64_t again = 1; again <= time; ++again) {
            EXPECT_NE(ring.judge(LamportTime{time + 1}, LamportTime{again}, e), Freshness::fresh);
        }
    }
    EXPECT_GT(ring.floor(), LamportTime{90});
}

TEST(RuleE1, FloodAtOneTimeIsBoundedAndDoesNotBlockNext) {
    EventRing ring{512, 4096};
    int refused = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string payload = std::string(100, 'x') + std::to_string(i);
        if (ring.judge(LamportTime{6}, LamportTime{5}, event("flood", payload)) ==
            Freshness::no_room) {
            ++refused;
        }
    }
    EXPECT_GT(refused, 900);
    EXPECT_LE(ring.bytes(), 4096u);
    EXPECT_EQ(ring.judge(LamportTime{7}, LamportTime{6}, event("news", "y")), Freshness::fresh);
    EXPECT_EQ(ring.judge(LamportTime{7}, LamportTime{6}, event("huge", std::string(5000, 'y'))),
              Freshness::no_room);
}

TEST(RuleE2, QueriesAreDistinguishedByTimeAndId) {
    QueryRing ring{512, 1 << 20};
    EXPECT_EQ(ring.judge(LamportTime{2}, LamportTime{1}, 7u), Freshness::fresh);
    EXPECT_EQ(ring.judge(LamportTime{2}, LamportTime{1}, 7u), Freshness::duplicate);
    EXPECT_EQ(ring.judge(LamportTime{2}, LamportTime{1}, 8u), Freshness::fresh);
    EXPECT_EQ(ring.judge(LamportTime{3}, LamportTime{2}, 7u), Freshness::fresh);
    EXPECT_EQ(ring.judge(LamportTime{513}, LamportTime{512}, 9u), Freshness::fresh);
    EXPECT_EQ(ring.judge(LamportTime{514}, LamportTime{513}, 9u), Freshness::fresh);
    EXPECT_EQ(ring.judge(LamportTime{514}, LamportTime{1}, 7u), Freshness::too_old);
}

TEST(RuleE2, OneSlotHoldsABoundedNumberOfQueries) {
    QueryRing ring{512, 1 << 20};
    for (std::uint32_t id = 0; id < QueryRing::kMaxItemsPerSlot; ++id) {
        ASSERT_EQ(ring.judge(LamportTime{2}, LamportTime{1}, id), Freshness::fresh);
    }
    EXPECT_EQ(ring.judge(LamportTime{2}, LamportTime{1}, 999999u), Freshness::no_room);
    EXPECT_EQ(ring.judge(LamportTime{2}, LamportTime{1}, 5u), Freshness::duplicate);
}

TEST(RuleI4, LeaveTakesItsStepsInOrder) {
    Leave leave;
    EXPECT_EQ(leave.step(), Leave::Step::none);
    leave.start(kStart, RequestId{1}, true, 5s);
    EXPECT_EQ(leave.step(), Leave::Step::sending_intent);
    EXPECT_EQ(leave.deadline(), kStart + 5s);
    leave.on_intent_sent();
    EXPECT_EQ(leave.step(), Leave::Step::announce);
    leave.announce_started(RequestId{9});
    leave.announced(kStart + 2s, RequestId{8}, 1s);  // of another request
    EXPECT_EQ(leave.step(), Leave::Step::announcing);
    leave.announced(kStart + 2s, RequestId{9}, 1s);
    EXPECT_EQ(leave.step(), Leave::Step::lingering);
    leave.expire(kStart + 2999ms);
    EXPECT_EQ(leave.step(), Leave::Step::lingering);
    leave.expire(kStart + 3s);
    EXPECT_EQ(leave.step(), Leave::Step::finished);
    leave.finish_reported();
    EXPECT_EQ(leave.step(), Leave::Step::left);
    EXPECT_FALSE(leave.deadline());
}

TEST(RuleI4, UnsentIntentOnlyDelaysLeave) {
    Leave leave;
    leave.start(kStart, RequestId{1}, true, 5s);
    leave.expire(kStart + 4999ms);
    EXPECT_EQ(leave.step(), Leave::Step::sending_intent);
    leave.expire(kStart + 5s);
    EXPECT_EQ(leave.step(), Leave::Step::announce);
}

TEST(RuleI4, LeaveWithoutLivePeersIsAnnouncedAtOnce) {
    Leave leave;
    leave.start(kStart, RequestId{1}, false, 5s);
    EXPECT_EQ(leave.step(), Leave::Step::announce);
}

class Packet final : public membership::BroadcastSink {
public:
    void add(Bytes message) override { messages.emplace_back(as_text(message)); }
    std::vector<std::string> messages;
};

Config queue_config() {
    Config config;
    config.membership.name = "a";
    return config;
}

TEST(RuleI7, APacketTakesIntentsBeforeQueriesBeforeEvents) {
    Queues queues{queue_config()};
    queues.event(as_bytes("event"), {.members = 3});
    queues.query(as_bytes("query"), {.members = 3});
    queues.intent(as_bytes("intent"), {.members = 3}, "b");
    Packet packet;
    queues.take(3, 100, 4, {}, packet);
    EXPECT_EQ(packet.messages, (std::vector<std::string>{"intent", "query", "event"}));
    Packet tight;
    queues.take(3, 18, 4, {}, tight);  // 3 + 6 and 3 + 5: no room for the event
    EXPECT_EQ(tight.messages, (std::vector<std::string>{"intent", "query"}));
}

TEST(RuleI7, MessagesAreSentLimitTimesAndNeverReplaced) {
    Queues queues{queue_config()};
    for (int i = 0; i < 3; ++i)
        queues.intent(as_bytes("same"), {.members = 3}, "b", i == 1 ? 77 : 0);
    EXPECT_EQ(queues.intents(), 3u);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(queues.finished().empty());
        Packet packet;
        queues.take(3, 100, 4, {}, packet);
        EXPECT_EQ(packet.messages.size(), 3u);
    }
    EXPECT_EQ(queues.intents(), 0u);
    EXPECT_EQ(queues.finished(), (std::vector<Queues::Token>{77}));
}

TEST(RuleI7, InAFloodANewerIntentReplacesTheOlderOne) {
    Queues queues{queue_config()};
    for (int i = 0; i < 256; ++i) queues.intent(as_bytes("older"), {.members = 3}, "b");
    EXPECT_EQ(queues.intents(), 256u);
    for (int i = 0; i < 1000; ++i) queues.intent(as_bytes("newer"), {.members = 3}, "b", 77);
    queues.intent(as_bytes("other"), {.members = 3}, "c");
    EXPECT_EQ(queues.intents(), 258u);
    EXPECT_EQ(queues.finished().size(), 999u);  // those that were replaced
    EXPECT_EQ(queues.dropped().intents, 0u);
}

TEST(RuleI7, AFullQueueDropsAndCounts) {
    Config config = queue_config();
    config.max_queue_depth = 10;
    Queues queues{config};
    for (int i = 0; i < 25; ++i) queues.event(as_bytes("e"), {.members = 3});
    EXPECT_EQ(queues.events(), 10u);
    EXPECT_EQ(queues.dropped().events, 15u);
}

TEST(RuleI7, WithAMinimumTheDepthFollowsTheCluster) {
    Config config = queue_config();
    config.min_queue_depth = 8;
    Queues queues{config};
    for (int i = 0; i < 50; ++i) queues.event(as_bytes("e"), {.members = 3});
    EXPECT_EQ(queues.events(), 8u);
    for (int i = 0; i < 50; ++i) queues.event(as_bytes("e"), {.members = 20});
    EXPECT_EQ(queues.events(), 40u);
}

TEST(RuleI7, TooLongMessageIsRefusedAndFinishesItsToken) {
    const Config config = queue_config();
    Queues queues{config};
    const std::string fits(config.membership.packet_size - 10, 'x');  // with its checksum
    queues.intent(as_bytes(fits), {.members = 3}, "b", 1);
    EXPECT_EQ(queues.intents(), 1u);
    Packet packet;
    queues.take(3, config.membership.packet_size - 2, 1, {}, packet);
    EXPECT_EQ(packet.messages.size(), 1u);
    queues.finished().clear();
    queues.intent(as_bytes(fits + "x"), {.members = 3}, "b", 2);
    queues.intent(as_bytes(fits), {.members = 3, .encrypted = true}, "b", 3);
    EXPECT_EQ(queues.intents(), 0u);
    EXPECT_EQ(queues.dropped().too_long, 2u);
    EXPECT_EQ(queues.finished(), (std::vector<Queues::Token>{2, 3}));
}

}  // namespace
}  // namespace rollcall::serf
