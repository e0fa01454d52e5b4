// SPDX-License-Identifier: Apache-2.0
//
// The journal: numbers, histories of members, and what is forgotten first.
#include "agent/journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace rollcall::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void note(Journal& journal, std::string_view event, std::string_view member = {}) {
    std::vector<LogField> fields{{"number", 7}};
    if (!member.empty()) fields.emplace_back("member", member);
    journal.add({.component = "serf", .event = event, .text = "a text", .fields = fields});
}

std::vector<std::uint64_t> numbers(const std::vector<Journal::Record>& records) {
    std::vector<std::uint64_t> all;
    for (const auto& record : records) all.push_back(record->seq);
    return all;
}

std::vector<std::uint64_t> numbers_after(const Journal& journal, std::uint64_t seq) {
    std::vector<std::uint64_t> all;
    while (const auto record = journal.after(seq)) all.push_back(seq = record->seq);
    return all;
}

TEST(Journal, RecordsAreNumberedFromOne) {
    Journal journal;
    EXPECT_EQ(journal.newest(), 0u);
    EXPECT_EQ(journal.after(0), nullptr);
    note(journal, "member-join", "b");
    note(journal, "rejected");
    EXPECT_THAT(numbers_after(journal, 0), ElementsAre(1u, 2u));
    EXPECT_THAT(numbers_after(journal, 1), ElementsAre(2u));
    EXPECT_EQ(journal.after(2), nullptr);
    EXPECT_EQ(journal.after(900), nullptr);
}

TEST(Journal, ARecordIsOneJsonObjectWithItsFields) {
    Journal journal;
    note(journal, "member-join", "b");
    const auto json = nlohmann::json::parse(journal.after(0)->json);
    EXPECT_EQ(json.at("seq"), 1);
    EXPECT_EQ(json.at("event"), "member-join");
    EXPECT_EQ(json.at("component"), "serf");
    EXPECT_EQ(json.at("message"), "a text");
    EXPECT_EQ(json.at("member"), "b");
    EXPECT_EQ(json.at("number"), 7);
}

TEST(Journal, ThePastIsForgottenByNumberOfRecords) {
    Journal journal{{.recent = 3}};
    for (int i = 0; i < 10; ++i) note(journal, "probe-ended");
    EXPECT_EQ(journal.oldest(), 8u);
    EXPECT_THAT(numbers_after(journal, 2), ElementsAre(8u, 9u, 10u));  // 3 to 7 are gone
}

TEST(Journal, ThePastIsForgottenByItsSize) {
    Journal journal{{.recent_bytes = 2000}};
    for (int i = 0; i < 100; ++i) note(journal, "probe-ended");
    EXPECT_LE(journal.bytes(), 2000u);
    EXPECT_GT(journal.oldest(), 90u);
    EXPECT_EQ(journal.newest(), 100u);
}

TEST(Journal, AMemberKeepsItsHistoryWhenTheRecentRecordsAreGone) {
    Journal journal{{.recent = 2, .per_member = 2}};
    for (int i = 0; i < 3; ++i) note(journal, "member-failed", "b");
    for (int i = 0; i < 5; ++i) note(journal, "rejected");
    EXPECT_THAT(numbers(journal.history_of("b")), ElementsAre(2u, 3u));
    EXPECT_THAT(journal.history_of("c"), IsEmpty());
}

// A member behind a link that loses packets causes debug lines all the time.
TEST(Journal, DebugLinesDoNotPushTheHistoryOut) {
    Journal journal{{.per_member = 2}};
    note(journal, "member-failed", "b");
    const std::array fields{LogField{"member", "b"}};
    for (int i = 0; i < 50; ++i) {
        journal.add({.level = Level::debug, .event = "probe-ended", .text = "x", .fields = fields});
    }
    EXPECT_THAT(numbers(journal.history_of("b")), ElementsAre(1u));
    EXPECT_EQ(journal.newest(), 51u);
}

TEST(Journal, TheOldestHistoriesMakeRoom) {
    Journal journal{{.recent = 1, .history_bytes = 4000}};
    for (int i = 0; i < 100; ++i) note(journal, "member-failed", "m" + std::to_string(i));
    EXPECT_THAT(journal.history_of("m0"), IsEmpty());
    EXPECT_THAT(numbers(journal.history_of("m99")), ElementsAre(100u));
    EXPECT_LE(journal.bytes(), 5000u);
}

TEST(Journal, SubscribersMayEndTheirSubscriptionInside) {
    Journal journal;
    int calls = 0;
    std::uint64_t first = 0;
    first = journal.subscribe([&] {
        ++calls;
        journal.unsubscribe(first);
    });
    const auto second = journal.subscribe([&] { ++calls; });
    note(journal, "one");
    note(journal, "two");
    journal.unsubscribe(second);
    note(journal, "three");
    EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace rollcall::agent
