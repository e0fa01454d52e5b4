// SPDX-License-Identifier: Apache-2.0
//
// Which members and which events a client asked for.
#include <gtest/gtest.h>

#include "agent/scripts/event_filter.h"
#include "rpc/member_filter.h"

namespace rollcall::agent {
namespace {

serf::MemberRecord record(std::string name, serf::Status status, serf::Tags tags = {}) {
    return {.name = std::move(name), .tags = std::move(tags), .status = status};
}
bool wants(const rpc::MembersFilteredRequest& request, const serf::MemberRecord& member) {
    const auto filter = MemberFilter::compile(request);
    EXPECT_TRUE(filter);
    return filter && filter->wants(member);
}

TEST(MemberFilter, AllGivenExpressionsMustMatch) {
    const auto web = record("web-1", serf::Status::alive, {{"role", "web"}, {"dc", "east"}});
    EXPECT_TRUE(wants({}, web));
    EXPECT_TRUE(wants({.status = "alive", .name = "web-.*"}, web));
    EXPECT_FALSE(wants({.status = "failed", .name = "web-.*"}, web));
    EXPECT_FALSE(wants({.status = "ali"}, web)) << "an expression matches the whole text";
    EXPECT_TRUE(wants({.tags = {{"role", "w.b"}, {"dc", "east"}}}, web));
    EXPECT_FALSE(wants({.tags = {{"role", "web"}, {"dc", "west"}}}, web));
}

TEST(MemberFilter, AMissingTagIsEmptyText) {
    const auto bare = record("n", serf::Status::alive);
    EXPECT_TRUE(wants({.tags = {{"role", ""}}}, bare));
    EXPECT_TRUE(wants({.tags = {{"role", ".*"}}}, bare));
    EXPECT_FALSE(wants({.tags = {{"role", ".+"}}}, bare));
}

TEST(MemberFilter, AnAlternationIsWrappedAsSerfDoes) {
    // ^alive|failed$: what starts with the one or ends with the other.
    EXPECT_TRUE(wants({.name = "alive|failed"}, record("alive-and-well", serf::Status::alive)));
    EXPECT_TRUE(wants({.name = "alive|failed"}, record("has-failed", serf::Status::alive)));
    EXPECT_FALSE(wants({.name = "alive|failed"}, record("failed-too", serf::Status::alive)));
}

TEST(MemberFilter, WhatIsMalformedOrTooMuchIsRefused) {
    EXPECT_FALSE(MemberFilter::compile({.name = "["}));
    EXPECT_FALSE(MemberFilter::compile({.status = "(?P<x"}));
    EXPECT_FALSE(MemberFilter::compile({.name = R"((a)\1)"})) << "RE2 has no back references";
    EXPECT_TRUE(MemberFilter::compile({.name = std::string(MemberFilter::kMaxPattern, 'x')}));
    EXPECT_FALSE(MemberFilter::compile({.name = std::string(MemberFilter::kMaxPattern + 1, 'x')}));
    EXPECT_FALSE(MemberFilter::compile({.name = "((a{100}){100}){100}"})) << "memory is bounded";
    rpc::MembersFilteredRequest many;
    for (std::size_t i = 0; i <= MemberFilter::kMaxTags; ++i) many.tags[std::to_string(i)] = "x";
    EXPECT_FALSE(MemberFilter::compile(many));
}

// Compiling takes up to 30 ms for a kilobyte, on the loop that answers pings.
TEST(MemberFilter, ItsExpressionsTogetherAreBounded) {
    rpc::MembersFilteredRequest request;
    for (std::size_t i = 0; i < MemberFilter::kMaxTags; ++i) request.tags[std::to_string(i)] = "x";
    EXPECT_EQ(MemberFilter::excess_of(request), std::nullopt);
    request.tags["one more"] = "x";
    EXPECT_EQ(MemberFilter::excess_of(request), "Tags: 17 expressions; allowed: at most 16");
    request.tags.clear();
    request.name = std::string(500, 'x');
    request.tags["role"] = std::string(500, 'x');
    request.status = std::string(24, 'x');
    EXPECT_EQ(MemberFilter::excess_of(request), std::nullopt);
    request.status += "x";
    EXPECT_EQ(MemberFilter::excess_of(request),
              "Name, Status and Tags: 1025 bytes of expressions; allowed: at most 1024 in all");
    EXPECT_FALSE(MemberFilter::compile(request));
}

TEST(EventFilter, KnowsKindsAndNames) {
    const auto all = EventFilter::parse("");
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->wants("member-join"));
    EXPECT_TRUE(all->wants("query", "uptime"));

    const auto some = EventFilter::parse("member-leave,user:deploy,query");
    ASSERT_TRUE(some);
    EXPECT_TRUE(some->wants("member-leave"));
    EXPECT_FALSE(some->wants("member-join"));
    EXPECT_TRUE(some->wants("user", "deploy"));
    EXPECT_FALSE(some->wants("user", "other"));
    EXPECT_TRUE(some->wants("query", "anything"));
}

TEST(EventFilter, RefusesWhatSerfRefuses) {
    for (const char* text : {"member-joined", "member-join ", " user", "user,", ",", "**",
                             "member-join:x", "User", ":x"}) {
        EXPECT_FALSE(EventFilter::parse(text)) << text;
    }
    EXPECT_FALSE(EventFilter::parse("user:" + std::string(EventFilter::kMaxText, 'x')));
    EXPECT_TRUE(EventFilter::parse("user:"));
    EXPECT_TRUE(EventFilter::parse("*,member-join"));
}

}  // namespace
}  // namespace rollcall::agent
