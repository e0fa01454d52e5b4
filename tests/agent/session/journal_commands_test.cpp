// SPDX-License-Identifier: Apache-2.0
//
// Our own commands: members with what the agent knows about them, why, and the journal as a stream.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/session/session_fixture.h"

namespace rollcall::agent::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class JournalCommands : public SessionTest {
protected:
    JournalCommands() {
        receive(handshake(1));
        static_cast<void>(pump());
    }
    void note(std::string_view event, std::string_view member = {}, Level level = Level::info) {
        std::vector<LogField> fields;
        if (!member.empty()) fields.emplace_back("member", member);
        agent_.records.add({.level = level,
                            .component = "serf",
                            .event = event,
                            .text = "text of " + std::string{event},
                            .fields = fields});
    }
    static serf::MemberRecord record(std::string name, serf::Status status) {
        return {.name = std::move(name),
                .address = WireAddress::v4(10, 0, 0, 7),
                .port = 7946,
                .tags = {{"role", "db"}},
                .status = status};
    }
    void suspect(const std::string& name) {
        agent_.all.push_back(record(name, serf::Status::alive));
        agent_.details[name] = {.record = agent_.all.back(),
                                .state = "suspect",
                                .incarnation = Incarnation{3},
                                .since = 1500ms,
                                .by = {"a", "c"},
                                .acked = 3s,
                                .rtt = 412us};
    }
    std::vector<Json> journal(rpc::JournalRequest request) {
        receive(command("journal", 9) + rpc::encode(request));
        return records();
    }
    // The bodies of the records of the stream, as the objects they are; a reply is its error.
    std::vector<Json> records() {
        std::vector<Json> found;
        for (const Json& object : objects()) {
            if (object.contains("Record")) {
                found.push_back(Json::parse(object.at("Record").get<std::string>()));
            } else if (object.at("Error") != "") {
                found.push_back(object.at("Error"));
            }
        }
        return found;
    }
    static std::vector<std::string> events_of(const std::vector<Json>& records) {
        std::vector<std::string> events;
        for (const Json& r : records) events.push_back(r.at("event").get<std::string>());
        return events;
    }
};

TEST_F(JournalCommands, DetailsOfASuspectNameItsAccusersAndItsLastAck) {
    suspect("db1");
    receive(command("member-details", 2) + rpc::encode(rpc::MembersFilteredRequest{}));
    const auto sent = objects();
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_EQ(sent[0], reply(2));
    Json member = sent[1].at("Members").at(0);
    EXPECT_GT(member.at("Time").get<std::int64_t>(), 1'700'000'000'000'000);
    EXPECT_EQ(member.at("Member").at("Name"), "db1");
    EXPECT_EQ(member.at("Member").at("Status"), "alive");
    member.erase("Member");
    member.erase("Time");
    EXPECT_EQ(member, Json({{"State", "suspect"},
                            {"StateAge", 1'500'000'000},
                            {"By", {"a", "c"}},
                            {"Incarnation", 3},
                            {"AckAge", 3'000'000'000},
                            {"Rtt", 412'000}}));
}

TEST_F(JournalCommands, DetailsAreFilteredAsMembersAreAndWrittenInSlices) {
    limits_.details_per_slice = 2;
    for (const char* name : {"a", "b1", "b2", "b3", "b4", "b5"}) {
        agent_.all.push_back(record(name, serf::Status::alive));
    }
    receive(command("member-details", 2) + rpc::encode(rpc::MembersFilteredRequest{.name = "b.*"}));
    std::string out;
    int slices = 0;
    while (session_->pump(out, kPlenty)) ++slices;
    EXPECT_EQ(slices, 5) << "the head of the reply, three slices, and the fourth with the number";
    EXPECT_FALSE(session_->closing());
    EXPECT_THAT(objects_in(out).at(1).at("Members"), SizeIs(5));
}

TEST_F(JournalCommands, ABadFilterOfDetailsClosesTheConnectionAsThatOfMembersDoes) {
    receive(command("member-details", 2) + rpc::encode(rpc::MembersFilteredRequest{.name = "["}));
    EXPECT_THAT(objects(), IsEmpty());
    EXPECT_TRUE(session_->closing());
}

TEST_F(JournalCommands, WhyHasTheMemberAndItsRecords) {
    suspect("db1");
    note("member-join", "db1");
    note("member-join", "other");
    note("member-suspected", "db1");
    receive(command("why", 2) + rpc::encode(rpc::WhyRequest{.node = "db1"}));
    const auto sent = objects();
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_EQ(sent[1].at("Known"), true);
    EXPECT_EQ(sent[1].at("Member").at("By"), Json({"a", "c"}));
    ASSERT_THAT(sent[1].at("Records"), SizeIs(2));
    const Json last = Json::parse(sent[1].at("Records").at(1).get<std::string>());
    EXPECT_EQ(last.at("event"), "member-suspected");
    EXPECT_EQ(last.at("seq"), 3);
}

TEST_F(JournalCommands, WhyOfAMemberThatIsForgottenStillHasItsRecords) {
    note("member-reap", "db1");
    receive(command("why", 2) + rpc::encode(rpc::WhyRequest{.node = "db1"}));
    const auto sent = objects();
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_EQ(sent[1].at("Known"), false);
    EXPECT_THAT(sent[1].at("Records"), SizeIs(1));
}

TEST_F(JournalCommands, WhyOfAnUnknownNameIsEmptyAndNoError) {
    receive(command("why", 2) + rpc::encode(rpc::WhyRequest{.node = "nobody"}));
    const auto sent = objects();
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_EQ(sent[0], reply(2));
    EXPECT_EQ(sent[1].at("Known"), false);
    EXPECT_THAT(sent[1].at("Records"), IsEmpty());
}

TEST_F(JournalCommands, AJournalIsReplayedFromANumberAndThenFollowed) {
    for (const char* event : {"one", "two", "three"}) note(event);
    EXPECT_THAT(events_of(journal({.since = 1})), ElementsAre("two", "three"));
    EXPECT_TRUE(session_->watches());
    const int before = wakes_soon_;
    note("four");
    EXPECT_EQ(wakes_soon_, before + 1);
    const auto more = records();
    EXPECT_THAT(events_of(more), ElementsAre("four"));
    EXPECT_EQ(more[0].at("seq"), 4);
}

TEST_F(JournalCommands, ByDefaultAJournalHasLevelInfoAndAbove) {
    note("quiet", {}, Level::debug);
    note("loud");
    EXPECT_THAT(events_of(journal({})), ElementsAre("loud"));
}

TEST_F(JournalCommands, AJournalMayBeAboutOneMember) {
    note("member-failed", "db1");
    note("member-failed", "db2");
    note("rejected");
    EXPECT_THAT(events_of(journal({.log_level = "trace", .member = "db2"})),
                ElementsAre("member-failed"));
}

// A search through all records is no single step: the session goes on when it is woken.
TEST_F(JournalCommands, ASearchForAMemberIsCutIntoSteps) {
    note("member-join", "rare");
    for (int i = 0; i < 600; ++i) note("member-join", "other");
    note("member-failed", "rare");
    receive(command("journal", 2) + rpc::encode(rpc::JournalRequest{.member = "rare"}));
    EXPECT_THAT(objects(), SizeIs(3)) << "the reply, and the first record";
    int wakes = 0;
    std::vector<Json> found;
    for (; found.empty() && wakes < 10; ++wakes) {
        EXPECT_EQ(wakes_soon_, wakes + 1);
        found = objects();
    }
    EXPECT_EQ(wakes, 2);
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(Json::parse(found[1].at("Record").get<std::string>()).at("event"), "member-failed");
    EXPECT_THAT(objects(), IsEmpty());
}

TEST_F(JournalCommands, AJournalMayBeginWithTheLastRecordsOnly) {
    for (const char* event : {"one", "two", "three"}) note(event);
    EXPECT_THAT(events_of(journal({.last = 2})), ElementsAre("two", "three"));
    EXPECT_THAT(records(), IsEmpty());
}

TEST_F(JournalCommands, RecordsThatAreGoneAreAnnouncedWithTheirNumbers) {
    const std::size_t kept = Journal::Limits{}.recent;
    for (std::size_t i = 0; i < kept + 10; ++i) note("probe-ended");
    const auto sent = journal({.since = 3});
    ASSERT_THAT(sent, SizeIs(kept + 1));
    EXPECT_EQ(sent[0], Json({{"event", "lagged"}, {"lost", 7}, {"from", 4}, {"to", 10}}));
    EXPECT_EQ(sent[1].at("seq"), 11);
}

TEST_F(JournalCommands, AClientThatReadsTooSlowlyIsToldHowManyItMissed) {
    note("first");
    ASSERT_THAT(journal({.since = 0}), SizeIs(1));
    const std::size_t kept = Journal::Limits{}.recent;
    for (std::size_t i = 0; i < kept + 5; ++i) note("probe-ended");  // not pumped in between
    const auto sent = records();
    EXPECT_EQ(sent[0], Json({{"event", "lagged"}, {"lost", 5}, {"from", 2}, {"to", 6}}));
    EXPECT_EQ(stats_.records_dropped, 5u);
}

TEST_F(JournalCommands, ANumberOfAnEarlierLifeOfTheAgentBeginsAgain) {
    note("one");
    note("two");
    const auto sent = journal({.since = 4711});
    ASSERT_THAT(sent, SizeIs(3));
    EXPECT_EQ(sent[0], Json({{"event", "restarted"}, {"newest", 2}}));
    EXPECT_THAT(events_of(sent), ElementsAre("restarted", "one", "two"));
}

TEST_F(JournalCommands, AJournalEndsWithStopOrTheSession) {
    ASSERT_THAT(journal({}), IsEmpty());
    receive(command("stop", 10) + rpc::encode(rpc::StopRequest{.stop = 9}));
    EXPECT_THAT(objects(), ElementsAre(reply(10)));
    EXPECT_FALSE(session_->watches());
    const int before = wakes_soon_;
    note("unheard");
    EXPECT_EQ(wakes_soon_, before);
    ASSERT_THAT(journal({.last = 1}), SizeIs(1));
    session_.reset();
    note("unheard");
    EXPECT_EQ(wakes_soon_, before);
}

TEST_F(JournalCommands, AClientHasOneJournalAndItsLevelMustExist) {
    EXPECT_THAT(journal({.log_level = "loud"}), ElementsAre(Json("Unknown log level: LOUD")));
    EXPECT_THAT(journal({}), IsEmpty());
    EXPECT_THAT(journal({}), ElementsAre(Json("Journal already exists")));
}

TEST_F(JournalCommands, AForceLeaveAndALeaveNameTheClientThatRequestedThem) {
    receive(command("force-leave", 2) + rpc::encode(rpc::ForceLeaveRequest{.node = "db1"}) +
            command("leave", 3));
    static_cast<void>(pump());
    std::vector<std::string> lines;
    for (const LogLine& line : log_->recent()) lines.push_back(line.text);
    EXPECT_THAT(lines, ElementsAre(HasSubstr("rpc: force-leave of db1 requested by a client"),
                                   HasSubstr("rpc: leave requested by a client")));
}

TEST_F(JournalCommands, QueriesOfTheProgramMayBeSentAndOthersWithSerfsPrefixMayNot) {
    const auto ask = [&](std::string name) {
        receive(command("query", 5) + rpc::encode(rpc::QueryRequest{.name = std::move(name)}));
        return objects().at(0).at("Error").get<std::string>();
    };
    EXPECT_EQ(ask("_serf_rollcall_why"), "");
    EXPECT_THAT(agent_.calls, ElementsAre("query _serf_rollcall_why"));
    for (const char* refused : {"_serf_rollcall_", "_serf_rollcal", "_serf_install-key"}) {
        EXPECT_THAT(ask(refused), HasSubstr("'_serf_' prefix")) << refused;
    }
}

}  // namespace
}  // namespace rollcall::agent::tests
