// SPDX-License-Identifier: Apache-2.0
//
// Rules K1 and K2: the keys of a cluster, changed by query.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "serf/answers.h"
#include "serf/key_queries.h"
#include "serf/lone.h"
#include "serf/recordings.h"
#include "wire/base64.h"
#include "wire/key_text.h"

namespace rollcall::serf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Buffer key_of(int first, std::size_t size = 16) {
    Buffer key(size);
    for (std::size_t i = 0; i < size; ++i) {
        key[i] = static_cast<std::byte>(static_cast<std::size_t>(first) + i);
    }
    return key;
}
Buffer request_for(const Buffer& key) {
    return encoded(KeyRequest{.key = Bytes{key}});
}
std::string message_of(KeyCommand command, const Buffer& key, wire::Keyring& ring) {
    const KeyOutcome outcome = carry_out(command, request_for(key), ring);
    EXPECT_EQ(outcome.changed, outcome.answer.ok);
    return outcome.answer.ok ? "ok" : outcome.answer.message;
}

TEST(RuleK1, EachCommandWorksOrReportsWhyNot) {
    wire::Keyring ring;
    ring.add(key_of(0));
    using enum KeyCommand;
    EXPECT_EQ(message_of(use, key_of(1), ring), "Requested key is not in the keyring");
    EXPECT_EQ(message_of(install, key_of(1), ring), "ok");
    EXPECT_EQ(message_of(install, key_of(1), ring), "ok");
    EXPECT_EQ(message_of(install, key_of(1, 15), ring), "key size must be 16, 24 or 32 bytes");
    EXPECT_EQ(message_of(use, key_of(1), ring), "ok");
    EXPECT_TRUE(same_bytes(ring.primary(), key_of(1)));
    EXPECT_EQ(message_of(remove, key_of(1), ring), "Removing the primary key is not allowed");
    EXPECT_EQ(message_of(remove, key_of(0), ring), "ok");
    EXPECT_EQ(message_of(remove, key_of(0), ring), "ok");
    EXPECT_EQ(ring.keys().size(), 1u);
    for (int i = 2; i < 9; ++i) EXPECT_EQ(message_of(install, key_of(i), ring), "ok");
    EXPECT_EQ(message_of(install, key_of(9), ring), "the keyring holds 8 keys already");
}

TEST(RuleK1, WithoutAKeyringNothingCanBeChanged) {
    wire::Keyring none;
    EXPECT_EQ(message_of(KeyCommand::install, key_of(0), none),
              "No keyring to modify (encryption not enabled)");
    EXPECT_EQ(message_of(KeyCommand::list, {}, none), "Keyring is empty (encryption not enabled)");
    EXPECT_TRUE(none.empty());
}

TEST(RuleK1, ARequestThatCannotBeReadChangesNothing) {
    wire::Keyring ring;
    ring.add(key_of(0));
    for (const Buffer& bad :
         {Buffer{}, Buffer{std::byte{7}}, Buffer{std::byte{8}, std::byte{0x80}}}) {
        const KeyOutcome outcome = carry_out(KeyCommand::install, bad, ring);
        EXPECT_FALSE(outcome.answer.ok);
        EXPECT_FALSE(outcome.changed);
        EXPECT_EQ(outcome.answer.message, "the key request cannot be read");
    }
    EXPECT_EQ(ring.keys().size(), 1u);
}

TEST(RuleK1, TooLongListIsTruncatedWithMessage) {
    KeyAnswer list{.ok = true};
    for (int i = 0; i < 50; ++i) list.keys.push_back(wire::to_base64(key_of(i)));
    list.primary = list.keys.front();
    const Buffer payload = encode_key_answer(list, 1000);
    EXPECT_LE(payload.size(), 1000u);
    const KeyAnswer read = decode_key_answer("n", payload);
    EXPECT_TRUE(read.ok);
    ASSERT_GT(read.keys.size(), 20u);
    ASSERT_LT(read.keys.size(), 40u);
    EXPECT_EQ(read.keys.back(), list.keys[read.keys.size() - 1]);
    EXPECT_EQ(read.message, "truncated key list response, showing first " +
                                std::to_string(read.keys.size()) + " of 50 keys");
    EXPECT_EQ(read.primary, list.primary);
    // Wide enough for all: still no more than forty once it is cut at all.
    EXPECT_THAT(decode_key_answer("n", encode_key_answer(list, 1200)).keys, SizeIs(40));
    EXPECT_THAT(decode_key_answer("n", encode_key_answer(list, 8000)).keys, SizeIs(50));
}

TEST(RuleK1, OnlyKeyringChangeIsReported) {
    Lone a{[](Config& c) { c.membership.name = "a"; }};
    a.serf.keyring().add(key_of(0));
    const Buffer key = key_of(1);
    const auto installed = a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
        return serf.key_command(now, KeyCommand::install, key, out);
    });
    ASSERT_TRUE(installed);
    EXPECT_THAT(a.events_of<QueryReceived>(), IsEmpty());
    EXPECT_THAT(a.events_of<QueryAnswered>(), IsEmpty());
    EXPECT_THAT(a.events_of<KeyringChanged>(), SizeIs(1));
    const auto done = a.events_of<KeyCommandFinished>();  // we are the only member: at once
    ASSERT_THAT(done, SizeIs(1));
    EXPECT_EQ(done[0].request, *installed);
    EXPECT_EQ(done[0].error(), "");
    EXPECT_EQ(a.serf.keyring().keys().size(), 2u);
    EXPECT_EQ(a.serf.stats().queries_running, 0u);
}

// What the log needs: the command, the key, the asker.
TEST(RuleK1, KeyCommandIsReportedWithFingerprint) {
    Lone a{[](Config& c) { c.membership.name = "a"; }};
    a.serf.keyring().add(key_of(0));
    const auto handled = [&](KeyCommand command, const Buffer& key) {
        const std::size_t before = a.events_of<KeyCommandHandled>().size();
        EXPECT_TRUE(a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return serf.key_command(now, command, key, out);
        }));
        const auto all = a.events_of<KeyCommandHandled>();
        EXPECT_EQ(all.size(), before + 1);
        return all.empty() ? KeyCommandHandled{} : all.back();
    };
    const std::string print = wire::key_fingerprint(key_of(1));
    const auto installed = handled(KeyCommand::install, key_of(1));
    EXPECT_EQ(installed.command, KeyCommand::install);
    EXPECT_EQ(installed.fingerprint, print);
    EXPECT_EQ(installed.source, "a");
    EXPECT_TRUE(installed.asked_by_us);
    EXPECT_TRUE(installed.changed);
    EXPECT_EQ(installed.refused, "");
    EXPECT_FALSE(handled(KeyCommand::install, key_of(1)).changed);  // it was there
    EXPECT_TRUE(handled(KeyCommand::use, key_of(1)).changed);
    const auto refused = handled(KeyCommand::remove, key_of(1));
    EXPECT_FALSE(refused.changed);
    EXPECT_EQ(refused.fingerprint, print);
    EXPECT_EQ(refused.refused, "Removing the primary key is not allowed");
    const auto listed = handled(KeyCommand::list, {});
    EXPECT_EQ(listed.command, KeyCommand::list);
    EXPECT_EQ(listed.fingerprint, "");
    EXPECT_EQ(listed.refused, "");
}

// A cluster of one that keeps its keyring in a file, and asks itself.
class RuleK1Saving : public testing::Test {
protected:
    RuleK1Saving() { a.serf.keyring().add(key_of(0)); }
    void install(const Buffer& key) {
        EXPECT_TRUE(a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return serf.key_command(now, KeyCommand::install, key, out);
        }));
    }
    void saved(std::uint64_t change, std::string_view error) {
        a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            serf.keyring_saved(now, change, error, out);
            return true;
        });
    }
    std::vector<std::uint64_t> changes() {
        std::vector<std::uint64_t> numbers;
        for (const auto& e : a.events_of<KeyringChanged>()) numbers.push_back(e.change);
        return numbers;
    }
    Lone a{[](Config& c) { c.confirm_key_changes = true; }};
};

TEST_F(RuleK1Saving, TheAnswerWaitsForTheDisk) {
    install(key_of(1));
    EXPECT_EQ(a.serf.keyring().keys().size(), 2u);
    ASSERT_THAT(changes(), SizeIs(1));
    EXPECT_THAT(a.events_of<KeyCommandFinished>(), IsEmpty());
    saved(changes()[0], "");
    saved(changes()[0], "");  // once is enough
    saved(99, "");
    ASSERT_THAT(a.events_of<KeyCommandFinished>(), SizeIs(1));
    EXPECT_EQ(a.events_of<KeyCommandFinished>()[0].error(), "");
}

TEST_F(RuleK1Saving, SaveErrorIsReportedToAsker) {
    install(key_of(1));
    ASSERT_THAT(changes(), SizeIs(1));
    saved(changes()[0], "no space left on device");
    const auto done = a.events_of<KeyCommandFinished>();
    ASSERT_THAT(done, SizeIs(1));
    ASSERT_THAT(done[0].answers, SizeIs(1));
    EXPECT_FALSE(done[0].answers[0].ok);
    EXPECT_EQ(done[0].answers[0].message, "no space left on device");
    EXPECT_EQ(done[0].error(), "1/1 nodes reported failure");
}

TEST_F(RuleK1Saving, AnswersWaitingForDiskAreBounded) {
    for (int i = 0; i < 70; ++i) install(key_of(1));
    EXPECT_THAT(changes(), SizeIs(64));
    const auto done = a.events_of<KeyCommandFinished>();
    ASSERT_THAT(done, SizeIs(6));
    ASSERT_THAT(done[0].answers, SizeIs(1));
    EXPECT_EQ(done[0].answers[0].message, "too many changes of the keyring wait to be saved");
}

TEST(RuleK1, PingsAreAcknowledgedAndUnknownQueriesRefused) {
    Lone a;
    Query query{.time = lt(5),
                .id = 7,
                .address = WireAddress::v4(127, 0, 0, 1),
                .port = 8100,
                .source_node = "asker",
                .flags = query_flags::ack | query_flags::no_broadcast,
                .timeout = std::chrono::seconds{1},
                .name = "_serf_ping"};
    a.deliver(query);
    EXPECT_THAT(sent_to_port(a, 8100), SizeIs(1));
    EXPECT_EQ(a.serf.stats().messages_rejected, 0u);
    query.time = lt(6);
    query.name = "_serf_dance";
    a.deliver(query);
    EXPECT_EQ(a.serf.stats().messages_rejected, 1u);
    EXPECT_THAT(a.events_of<QueryReceived>(), IsEmpty());
}

// --- the asker's side ----------------------------------------------------------------------------

class RuleK2Asking : public SerfAmongPuppets {
protected:
    RuleK2Asking() { add_members(); }
    // Asks, and returns the numbers by which answers name the query.
    Query ask(KeyCommand command, Bytes key = {}) {
        const auto asked = a.command([&](Serf& serf, Time now, Serf::Outbox& out) {
            return serf.key_command(now, command, key, out);
        });
        EXPECT_TRUE(asked);
        a.advance(std::chrono::seconds{1});
        Query newest;
        for (const Buffer& message : a.gossiped()) {
            if (message.front() != std::byte{4}) continue;
            const auto query = decode_query(Bytes{message}.subspan(1));
            if (query && query->time > newest.time) newest = {.time = query->time, .id = query->id};
        }
        return newest;
    }
    void answer(const Query& query, std::string_view from, const KeyAnswer& content) {
        const Buffer payload = encode_key_answer(content, 1000);
        a.deliver(QueryResponse{
            .time = query.time, .id = query.id, .from = from, .payload = Bytes{payload}});
    }
};

TEST_F(RuleK2Asking, EndsWhenAllHaveAnswered) {
    const Query query = ask(KeyCommand::list);
    for (const char* name : {"b", "c", "d"}) {
        EXPECT_THAT(a.events_of<KeyCommandFinished>(), IsEmpty());
        answer(query, name, {.ok = true, .keys = {"K1", name}, .primary = "K1"});
        answer(query, name, {.ok = true, .keys = {"K1", name}, .primary = "K1"});
    }
    const auto done = a.events_of<KeyCommandFinished>();
    ASSERT_THAT(done, SizeIs(1));
    EXPECT_EQ(done[0].nodes, 4u);
    EXPECT_EQ(done[0].error(), "1/4 nodes reported failure");  // we have no keyring
    EXPECT_EQ(done[0].key_counts().at("K1"), 3u);
    EXPECT_EQ(done[0].key_counts().at("c"), 1u);
    EXPECT_EQ(done[0].primary_counts().at("K1"), 3u);
    EXPECT_EQ(a.serf.stats().queries_running, 0u);
}

TEST_F(RuleK2Asking, EndsAtDeadlineWithAnswersSoFar) {
    const Query query = ask(KeyCommand::use, key_of(1));
    answer(query, "b", {.ok = true});
    a.deliver(QueryResponse{.time = query.time, .id = query.id, .from = "c"});
    a.advance(std::chrono::seconds{3});
    const auto done = a.events_of<KeyCommandFinished>();
    ASSERT_THAT(done, SizeIs(1));
    ASSERT_THAT(done[0].answers, SizeIs(3));
    EXPECT_EQ(done[0].answers[2].node, "c");
    EXPECT_EQ(done[0].answers[2].message, "Invalid key query response type: none");
    EXPECT_EQ(done[0].error(), "2/4 nodes reported failure");
}

TEST(RuleK2, TooFewAnswersAreAnErrorOfTheirOwn) {
    KeyCommandFinished done{.nodes = 3, .answers = {{.node = "a", .ok = true}}};
    EXPECT_EQ(done.error(), "1/3 nodes reported success");
    done.answers.push_back({.node = "b", .ok = false, .message = "no"});
    EXPECT_EQ(done.error(), "1/3 nodes reported failure");
}

TEST(RuleK2, ForeignAnswersAreBounded) {
    KeyAnswer much{.ok = true, .message = std::string(5000, 'm')};
    for (int i = 0; i < 200; ++i) much.keys.push_back("key" + std::to_string(i));
    much.keys[1] = std::string(100, 'k');
    const KeyAnswer read = decode_key_answer("n", encode_key_answer(much, 60000));
    EXPECT_THAT(read.keys, SizeIs(64));
    EXPECT_EQ(read.keys[1], "key2");
    EXPECT_EQ(read.message.size(), 512u);
}

// --- real peers ----------------------------------------------------------------------------------

TEST(RuleK1, RecordedRequestsGetTheAnswersThatARealPeerGave) {
    const auto recorded = recorded_messages();
    const Buffer old_key = key_of(0x10);
    const auto wanted =
        decode_query_response(Bytes{recorded.at("key-response:list-keys")}.subspan(1));
    ASSERT_TRUE(wanted);
    const auto list = decode_key_response(wanted->payload->subspan(1));
    ASSERT_TRUE(list);
    wire::Keyring ring;
    for (const std::string_view key : *list->keys) ring.add(*wire::from_base64(key));

    const auto payload_of = [&](const char* name) {
        const auto response = decode_query_response(Bytes{recorded.at(name)}.subspan(1));
        return Buffer{response->payload->begin(), response->payload->end()};
    };
    const auto answer_to = [&](KeyCommand command, Bytes key) {
        const auto request = encoded(KeyRequest{.key = key});
        return encode_key_answer(carry_out(command, request, ring).answer, 1000);
    };
    EXPECT_EQ(answer_to(KeyCommand::list, {}), payload_of("key-response:list-keys"));
    EXPECT_EQ(answer_to(KeyCommand::install, old_key), payload_of("key-response:install-key-ok"));
    EXPECT_EQ(answer_to(KeyCommand::remove, ring.primary()),
              payload_of("key-response:remove-key-primary"));
    EXPECT_EQ(answer_to(KeyCommand::install, key_of(0, 5)),
              payload_of("key-response:install-key-badlen"));
    wire::Keyring none;
    EXPECT_EQ(encode_key_answer(carry_out(KeyCommand::list, {}, none).answer, 1000),
              payload_of("query-reply:list-keys-noenc:0"));
}

TEST(RuleK2, TheRequestIsThatOfARealPeer) {
    const auto recorded = recorded_messages();
    const auto query = decode_query(Bytes{recorded.at("query:_serf_install-key")}.subspan(1));
    ASSERT_TRUE(query);
    EXPECT_EQ(query->name, query_of(KeyCommand::install));
    const Buffer payload{query->payload->begin(), query->payload->end()};
    EXPECT_EQ(request_for(key_of(0)), payload);
    EXPECT_THAT(request_for({}),
                ElementsAre(std::byte{7}, std::byte{0x81}, std::byte{0xa3}, std::byte{'K'},
                            std::byte{'e'}, std::byte{'y'}, std::byte{0xa0}));
}

}  // namespace
}  // namespace rollcall::serf
