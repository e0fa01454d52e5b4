// SPDX-License-Identifier: Apache-2.0
//
// Hostile messages: they change nothing but a counter.
//
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "serf/lamport_clock.h"
#include "serf/lone.h"
#include "wire/msgpack_writer.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using wire::MsgpackWriter;

Query full_query() {
    return {.time = LamportTime{5},
            .id = 77,
            .address = WireAddress::v4(127, 0, 0, 1),
            .port = 8001,
            .source_node = "b",
            .filters = std::vector<Bytes>{as_bytes(std::string_view{"\0\x91\xa1z", 4})},
            .flags = query_flags::ack,
            .relay_factor = 2,
            .timeout = 1s,
            .name = "uptime",
            .payload = as_bytes("now")};
}

std::vector<Buffer> one_of_each() {
    return {encoded(LeaveIntent{.time = LamportTime{50}, .node = "b", .prune = true}),
            encoded(JoinIntent{.time = LamportTime{50}, .node = "b"}),
            encoded(UserEvent{.time = LamportTime{9}, .name = "deploy", .payload = as_bytes("v1")}),
            encoded(full_query()),
            encoded(QueryResponse{.time = LamportTime{5}, .id = 77, .from = "b"})};
}

// Everything that a message could have changed.
std::string fingerprint(const Lone& a) {
    std::string text;
    for (const MemberRecord& m : a.serf.members()) {
        text += m.name + "=" + std::string{to_string(m.status)} + " ";
    }
    const Stats s = a.serf.stats();
    for (const std::uint64_t number :
         {s.member_time.value(), s.event_time.value(), s.query_time.value(),
          std::uint64_t{s.intent_queue}, std::uint64_t{s.event_queue}, std::uint64_t{s.query_queue},
          std::uint64_t{s.recent_intents}, s.events_forwarded, s.queries_forwarded, s.relayed}) {
        text += std::to_string(number) + " ";
    }
    return text + std::to_string(a.direct_messages.size());
}

class HostileMessages : public testing::Test {
protected:
    HostileMessages() {
        a.add_member("b", 8001);
        a.add_member("c", 8002);
        before_ = fingerprint(a);
    }
    void expect_refused(Bytes message) {
        const std::uint64_t rejected = a.serf.stats().messages_rejected;
        a.deliver(message);
        EXPECT_EQ(a.serf.stats().messages_rejected, rejected + 1);
        EXPECT_EQ(fingerprint(a), before_);
    }
    // A message of one type with the fields that `write` writes.
    template <class Write>
    void expect_fields_refused(MessageType type, std::uint32_t pairs, Write&& write) {
        Buffer room(5000);
        ByteWriter out{room};
        out.u8(static_cast<std::uint8_t>(type));
        MsgpackWriter w{out};
        w.map(pairs);
        write(w);
        ASSERT_FALSE(out.failed());
        expect_refused(out.written());
    }
    Lone a;
    std::string before_;
};

TEST_F(HostileMessages, EveryTruncationOfEveryMessageIsRefused) {
    for (const Buffer& message : one_of_each()) {
        for (std::size_t size = 1; size < message.size(); ++size) {
            SCOPED_TRACE("type " + std::to_string(std::to_integer<int>(message[0])) + ", " +
                         std::to_string(size) + " bytes");
            expect_refused(Bytes{message}.first(size));
        }
    }
    const Buffer relay = encoded(Relay{.address = WireAddress::v4(127, 0, 0, 1),
                                       .port = 8123,
                                       .zone = "",
                                       .node = "b",
                                       .message = as_bytes("\x05")});
    for (std::size_t size = 1; size < relay.size(); ++size) {
        expect_refused(Bytes{relay}.first(size));
    }
}

TEST_F(HostileMessages, UndefinedAndNestedTypesAreRefused) {
    for (unsigned type = 0; type < 256; ++type) {
        if (type <= 1 || (type >= 3 && type <= 5) || type == 9) continue;
        const Buffer message{static_cast<std::byte>(type), std::byte{0x80}};
        expect_refused(message);
    }
    a.deliver(Bytes{});  // no message at all is no offence
    EXPECT_EQ(fingerprint(a), before_);
    const auto reported = a.events_of<MessageRejected>();
    ASSERT_EQ(reported.size(), 1u);  // one line a second, not one per message
    EXPECT_EQ(reported[0].reason, "unknown_message");
    a.advance(1s);
    a.deliver(Bytes{as_bytes("\x2a\x80")});
    ASSERT_EQ(a.events_of<MessageRejected>().size(), 2u);
    EXPECT_EQ(a.events_of<MessageRejected>()[1].since_last, 250u);
}

TEST_F(HostileMessages, WrongFieldTypeRefusesMessage) {
    using enum MessageType;
    const auto intent = [&](auto&& write) {
        expect_fields_refused(join, 2, write);
        expect_fields_refused(leave, 2, write);
    };
    intent([](MsgpackWriter& w) { w.field("LTime", "five"), w.field("Node", "b"); });
    intent([](MsgpackWriter& w) { w.field("LTime", std::int64_t{-1}), w.field("Node", "b"); });
    intent([](MsgpackWriter& w) { w.field("LTime", 5.0), w.field("Node", "b"); });
    intent([](MsgpackWriter& w) { w.field("LTime", std::uint64_t{5}), w.field("Node", true); });
    intent([](MsgpackWriter& w) { w.field("LTime", std::uint64_t{5}), w.field("Node", ""); });
    intent([](MsgpackWriter& w) { w.field("LTime", std::uint64_t{5}), w.text("Node"), w.nil(); });
    intent([](MsgpackWriter& w) {
        w.field("LTime", std::uint64_t{5}),
            w.field("Node", std::string_view{std::string(513, 'x')});
    });
    expect_fields_refused(leave, 2, [](MsgpackWriter& w) {
        w.field("Node", "b"), w.field("Prune", std::uint64_t{1});
    });
    expect_fields_refused(user_event, 1, [](MsgpackWriter& w) { w.field("CC", "yes"); });
    expect_fields_refused(user_event, 1,
                          [](MsgpackWriter& w) { w.field("Name", std::uint64_t{1}); });
    expect_fields_refused(user_event, 1, [](MsgpackWriter& w) { w.text("Payload"), w.map(0); });

    const auto query_field = [&](auto&& write) { expect_fields_refused(query, 1, write); };
    query_field([](MsgpackWriter& w) { w.field("Addr", "abc"); });
    query_field([](MsgpackWriter& w) { w.field("Port", std::uint64_t{65536}); });
    query_field([](MsgpackWriter& w) { w.field("ID", std::uint64_t{1} << 32); });
    query_field([](MsgpackWriter& w) { w.field("Flags", std::uint64_t{1} << 32); });
    query_field([](MsgpackWriter& w) { w.field("RelayFactor", std::uint64_t{256}); });
    query_field([](MsgpackWriter& w) { w.field("Filters", "all"); });
    query_field([](MsgpackWriter& w) { w.text("Filters"), w.array(1), w.boolean(true); });
    query_field([](MsgpackWriter& w) { w.field("Timeout", ~std::uint64_t{0}); });
    query_field(
        [](MsgpackWriter& w) { w.field("SourceNode", std::string_view{std::string(513, 'x')}); });
    query_field([](MsgpackWriter& w) {
        w.text("Filters"), w.array(kMaxFilters + 1);
        for (std::size_t i = 0; i <= kMaxFilters; ++i) w.nil();
    });
}

TEST_F(HostileMessages, ImplausibleTimeIsNotWitnessed) {
    for (const std::uint64_t time :
         {~std::uint64_t{0}, ~std::uint64_t{0} - 1, LamportLimits{}.end}) {
        const LamportTime far{time};
        expect_refused(encoded(JoinIntent{.time = far, .node = "b"}));
        expect_refused(encoded(LeaveIntent{.time = far, .node = "b"}));
        expect_refused(encoded(UserEvent{.time = far, .name = "e"}));
        Query query = full_query();
        query.time = far;
        expect_refused(encoded(query));
    }
}

TEST_F(HostileMessages, InvalidStateIsIgnoredAsAWhole) {
    PushPullState state{.time = LamportTime{40}, .event_time = LamportTime{50}};
    state.status_times = {{"b", LamportTime{20}}, {"c", LamportTime{21}}};
    state.left = {"c"};
    state.slots = {{.used = true, .time = LamportTime{49}, .first = 0, .count = 1}};
    state.events = {{.name = "deploy", .payload = as_bytes("v1")}};
    Buffer whole;
    encode_push_pull_state(state, whole);
    std::uint64_t refused = 0;
    for (std::size_t size = 1; size < whole.size(); ++size) {
        a.exchange_raw(Bytes{whole}.first(size));
        EXPECT_EQ(a.serf.stats().messages_rejected, ++refused) << size;
        EXPECT_EQ(fingerprint(a), before_) << size;
    }
    Buffer wrong_type = whole;
    wrong_type[0] = std::byte{3};
    a.exchange_raw(wrong_type);
    PushPullState far = state;
    far.query_time = LamportTime{LamportLimits{}.end + 4};
    a.exchange(far);
    EXPECT_EQ(a.serf.stats().messages_rejected, refused + 2);
    EXPECT_EQ(fingerprint(a), before_);
    a.exchange_raw(whole);
    EXPECT_EQ(a.serf.stats().messages_rejected, refused + 2);
    EXPECT_EQ(a.status("c"), Status::leaving);
}

// Declared counts cost nothing: only bytes that are there do.
TEST_F(HostileMessages, HugeCountsAreRefusedBeforeAllocation) {
    for (const std::string_view field : {"Events", "LeftMembers", "StatusLTimes"}) {
        Buffer room(64);
        ByteWriter out{room};
        out.u8(static_cast<std::uint8_t>(MessageType::push_pull));
        MsgpackWriter w{out};
        w.map(1);
        w.text(field);
        field == "StatusLTimes" ? w.map(0xffffffff) : w.array(0xffffffff);
        a.exchange_raw(out.written());
    }
    EXPECT_EQ(a.serf.stats().messages_rejected, 3u);
    EXPECT_EQ(fingerprint(a), before_);
}

TEST_F(HostileMessages, TooManySlotsOrEventsAreRefused) {
    PushPullState slots;
    slots.slots.resize(kMaxStateSlots + 1);
    a.exchange(slots);
    PushPullState crowded;
    crowded.slots = {
        {.used = true, .time = LamportTime{1}, .first = 0, .count = kMaxStateEvents + 1}};
    crowded.events.resize(kMaxStateEvents + 1);
    a.exchange(crowded);
    EXPECT_EQ(a.serf.stats().messages_rejected, 2u);
    EXPECT_EQ(fingerprint(a), before_);
}

// With any input a Serf stays within its bounds and keeps answering.
TEST_F(HostileMessages, MutatedMessagesNeverBreakIt) {
    Rng rng{4711};
    const std::vector<Buffer> good = one_of_each();
    for (int i = 0; i < 20000; ++i) {
        Buffer message = good[rng.below(good.size())];
        const std::uint64_t changes = 1 + rng.below(4);
        for (std::uint64_t c = 0; c < changes; ++c) {
            message[rng.below(message.size())] = static_cast<std::byte>(rng.below(256));
        }
        a.deliver(message);
        if (i % 100 == 0) a.advance(10ms);
    }
    const Stats stats = a.serf.stats();
    EXPECT_GT(stats.messages_rejected, 1000u);
    EXPECT_LE(stats.intent_queue, 4096u);
    EXPECT_LE(stats.event_queue, 4096u);
    EXPECT_LE(stats.query_queue, 4096u);
    EXPECT_LE(stats.members, 3u);
    EXPECT_EQ(a.status("a"), Status::alive);
}

TEST_F(HostileMessages, AFloodOfEventsStaysWithinItsBytes) {
    Lone small{[](Config& c) { c.max_buffered_bytes = 1 << 20; }};
    const std::string payload(1000, 'x');
    for (std::uint64_t i = 1; i <= 5000; ++i) {
        small.deliver(encoded(UserEvent{.time = LamportTime{i / 20 + 1},
                                        .name = "flood",
                                        .payload = as_bytes(payload + std::to_string(i))}));
    }
    const Buffer state = small.exchange({});
    EXPECT_LT(state.size(), 600000u);
    const auto reported = decode_push_pull_state(state);
    ASSERT_TRUE(reported);
    EXPECT_GT(reported->events.size(), 100u);
    EXPECT_EQ(reported->event_time, LamportTime{5000 / 20 + 2});
}

}  // namespace
}  // namespace rollcall::serf
