// SPDX-License-Identifier: Apache-2.0
//
// The fields of lines about members: how a change reached this agent, and that no field takes the
// name of one that every line has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/log/event_log.h"
#include "base/bytes.h"

namespace rollcall::agent {
namespace {

using membership::ClaimSource;
using ::testing::EndsWith;
using Json = nlohmann::json;

class EventFields : public testing::Test {
protected:
    EventFields() : log_{std::move(*Log::open({.level = Level::err, .file = "/dev/null"}))} {
        log_->observe([this](const LogEntry& entry) {
            lines_.push_back(Json::parse(json_of(entry, lines_.size() + 1)));
        });
    }
    // The lines of one Outbox.
    std::vector<Json> write() {
        lines_.clear();
        events_.write(Time{}, out_, nobody_);
        out_.clear();
        return lines_;
    }
    static membership::About about(std::string name) {
        return {.name = std::move(name), .address = WireAddress::v4(10, 0, 0, 9), .port = 7946};
    }
    static ClaimSource from(ClaimSource::Kind kind) {
        return {.kind = kind, .from = *Endpoint::parse("10.0.0.5:7946")};
    }
    void change(serf::MemberEventKind kind, std::string name) {
        out_.notify_serf(serf::MemberEvent{.kind = kind, .member = {.name = std::move(name)}});
    }

    std::unique_ptr<Log> log_;
    EventLog events_{*log_, "self"};
    const membership::MemberTable nobody_{16};
    serf::Serf::Outbox out_;
    std::vector<Json> lines_;
};

TEST_F(EventFields, AJoinNamesThePeerThatSentIt) {
    out_.notify(membership::MemberJoined{about("b"), from(ClaimSource::Kind::push_pull)});
    out_.notify(membership::MemberJoined{about("c"), from(ClaimSource::Kind::gossip)});
    change(serf::MemberEventKind::join, "c");
    change(serf::MemberEventKind::join, "b");
    const auto lines = write();
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_EQ(lines[2].at("event"), "member-join");
    EXPECT_EQ(lines[2].at("via"), "gossip");
    EXPECT_EQ(lines[3].at("via"), "push-pull");
    EXPECT_EQ(lines[3].at("peer"), "10.0.0.5:7946");
}

TEST_F(EventFields, AFailureFoundHereHasNoPeer) {
    out_.notify(membership::MemberFailed{.about = about("b"), .from = "self"});
    change(serf::MemberEventKind::failed, "b");
    const auto lines = write();
    ASSERT_EQ(lines.size(), 2u);
    for (const Json& line : lines) {
        EXPECT_EQ(line.at("via"), "ourselves");
        EXPECT_EQ(line.at("peer"), "");
    }
}

TEST_F(EventFields, AMemberThatFailsAndReturnsInOneStepKeepsTheTwoApart) {
    out_.notify(membership::MemberFailed{
        .about = about("b"), .from = "c", .source = from(ClaimSource::Kind::gossip)});
    out_.notify(membership::MemberJoined{about("b"), from(ClaimSource::Kind::push_pull)});
    change(serf::MemberEventKind::failed, "b");
    change(serf::MemberEventKind::join, "b");
    const auto lines = write();
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_EQ(lines[2].at("via"), "gossip");
    EXPECT_EQ(lines[3].at("via"), "push-pull");
}

TEST_F(EventFields, AnAccusationNamesWhoPassedItOn) {
    out_.notify(membership::MemberSuspected{
        .about = about("b"), .from = "c", .source = from(ClaimSource::Kind::gossip)});
    out_.notify(membership::SuspicionCleared{about("b"), from(ClaimSource::Kind::gossip)});
    out_.notify(membership::MemberLeft{about("b"), from(ClaimSource::Kind::gossip)});
    for (const Json& line : write()) EXPECT_EQ(line.at("peer"), "10.0.0.5:7946") << line;
}

// A force-leave is an intent, not a claim about the member: there is no peer to name.
TEST_F(EventFields, AForceLeaveHasNoSource) {
    out_.notify_serf(serf::MemberEvent{
        .kind = serf::MemberEventKind::leave, .member = {.name = "b"}, .by_intent = true});
    const auto lines = write();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_FALSE(lines[0].contains("via"));
    EXPECT_EQ(lines[0].at("by_intent"), "true");
}

TEST_F(EventFields, AFailureListsAllThatConfirmedIt) {
    out_.notify_serf(serf::MemberEvent{.kind = serf::MemberEventKind::failed,
                                       .member = {.name = "b"},
                                       .from = "self",
                                       .accusers = {"self", "c", "d"}});
    const auto lines = write();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].at("suspected_by"), "self");
    EXPECT_EQ(lines[0].at("accusers"), "self, c, d");
    EXPECT_EQ(lines[0].at("confirmations"), 2);
}

TEST_F(EventFields, ARefutationIsAboutThisAgent) {
    out_.notify(membership::Refuted{.from = "c"});
    const auto lines = write();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].at("member"), "self");
    EXPECT_EQ(lines[0].at("from"), "c");
}

// The core signs what it learns from a member list with our own name: we did not accuse ourselves.
TEST_F(EventFields, AnAccusationInAMemberListHasNoAccuser) {
    const auto listed = from(ClaimSource::Kind::push_pull);
    out_.notify(membership::Refuted{.from = "self", .source = listed});
    out_.notify(membership::MemberSuspected{.about = about("b"), .from = "self", .source = listed});
    const auto lines = write();
    ASSERT_EQ(lines.size(), 2u);
    for (const Json& line : lines) {
        EXPECT_EQ(line.at("from"), "") << line;
        EXPECT_EQ(line.at("via"), "push-pull");
        EXPECT_EQ(line.at("peer"), "10.0.0.5:7946");
        EXPECT_THAT(line.at("message").get<std::string>(),
                    EndsWith("in the member list of 10.0.0.5:7946"));
    }
}

// Once the event's name and its Lamport time took the places of "event" and "time".
TEST_F(EventFields, AUserEventKeepsTheHeadOfTheLine) {
    const Bytes payload = as_bytes("v1\x1b[2J");
    out_.notify_serf(serf::UserEventReceived{
        .time = LamportTime{7}, .name = "deploy", .payload = {payload.begin(), payload.end()}});
    out_.notify_serf(serf::QueryReceived{.time = LamportTime{8}, .name = "load", .source = "c"});
    const auto lines = write();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].at("event"), "user-event");
    EXPECT_EQ(lines[0].at("name"), "deploy");
    EXPECT_EQ(lines[0].at("ltime"), 7);
    EXPECT_EQ(lines[0].at("payload"), "v1\\x1b[2J");
    EXPECT_TRUE(lines[0].at("time").is_string());
    EXPECT_EQ(lines[1].at("event"), "query");
    EXPECT_EQ(lines[1].at("query"), "load");
}

}  // namespace
}  // namespace rollcall::agent
