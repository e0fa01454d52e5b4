// SPDX-License-Identifier: Apache-2.0
//
// What an operator's scripts are told, and which commands are scripts at all: as with Serf.
#include "agent/scripts/script_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "agent/scripts/event_script.h"

namespace rollcall::agent {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

serf::MemberRecord member_with(std::string name, serf::Tags tags) {
    return {.name = std::move(name),
            .address = WireAddress::v4(10, 0, 0, 7),
            .port = 7946,
            .tags = std::move(tags),
            .status = serf::Status::alive,
            .versions = wire::kSerfVersions};
}

std::vector<std::string> environment_of(const ScriptEvent& event,
                                        const ScriptSelf& self = {"n1", {}},
                                        const std::vector<std::string>& own = {}) {
    return script_environment(event, self, own);
}

TEST(EventScripts, FiltersStandBeforeTheFirstEqualsSign) {
    const auto script = EventScript::parse("member-join,user:deploy=deploy.sh --to=east");
    ASSERT_TRUE(script) << script.error();
    EXPECT_EQ(script->command, "deploy.sh --to=east");
    EXPECT_TRUE(script->filter.wants("member-join"));
    EXPECT_TRUE(script->filter.wants("user", "deploy"));
    EXPECT_FALSE(script->filter.wants("user", "other"));
    EXPECT_FALSE(script->filter.wants("query", "deploy"));
    EXPECT_THAT(script->filter.names(), ElementsAre("member-join:", "user:deploy"));
    for (const char* everything : {"all.sh", "*=all.sh", "=all.sh"}) {
        const auto all = EventScript::parse(everything);
        ASSERT_TRUE(all) << everything;
        EXPECT_EQ(all->command, "all.sh");
        for (const char* kind : {"member-join", "member-leave", "member-failed", "member-update",
                                 "member-reap", "user", "query"}) {
            EXPECT_TRUE(all->filter.wants(kind, "x")) << kind;
        }
    }
}

TEST(EventScripts, WhatIsNoneIsRefusedWithWhatIsAllowed) {
    for (const char* text : {"bogus=foo", "member-join, user=foo", "A=b ./script"}) {
        EXPECT_THAT(EventScript::parse(text).error(), HasSubstr("member-reap, user[:NAME]"));
    }
    for (const char* text : {"", "user="}) {
        EXPECT_THAT(EventScript::parse(text).error(), HasSubstr("with a command"));
    }
    EXPECT_THAT(EventScript::parse(std::string(70'000, 'x')).error(), HasSubstr("64 KiB"));
}

TEST(ScriptEvents, MembersAreOneLineEachAndNothingInThemMakesAnother) {
    const std::array members{member_with("n1", {{"role", "web"}, {"dc", "a\tb\nc"}}),
                             member_with("n\n2", {})};
    const ScriptEvent event = member_script_event(serf::MemberEventKind::failed, members);
    EXPECT_EQ(event.kind, "member-failed");
    EXPECT_EQ(event.input,
              "n1\t10.0.0.7\tweb\tdc=a\\tb\\nc,role=web\n"
              "n\\n2\t10.0.0.7\t\t\n");
    EXPECT_THAT(environment_of(event),
                ElementsAre("SERF_EVENT=member-failed", "SERF_SELF_NAME=n1", "SERF_SELF_ROLE="));
}

TEST(ScriptEvents, UserEventsAndQueriesHaveNameTimeAndPayload) {
    const ScriptEvent event = user_script_event(LamportTime{7}, "deploy", as_bytes("v1.2"));
    EXPECT_EQ(event.input, "v1.2\n");
    EXPECT_THAT(environment_of(event),
                ElementsAre("SERF_EVENT=user", "SERF_SELF_NAME=n1",
                            "SERF_SELF_ROLE=", "SERF_USER_EVENT=deploy", "SERF_USER_LTIME=7"));
    EXPECT_EQ(user_script_event(LamportTime{7}, "deploy", as_bytes("two\n")).input, "two\n");
    EXPECT_EQ(user_script_event(LamportTime{7}, "deploy", {}).input, "");

    const ScriptEvent query = query_script_event(LamportTime{9}, "load", as_bytes(""), {});
    EXPECT_EQ(query.input, "");
    EXPECT_THAT(environment_of(query),
                ElementsAre("SERF_EVENT=query", "SERF_QUERY_LTIME=9", "SERF_QUERY_NAME=load",
                            "SERF_SELF_NAME=n1", "SERF_SELF_ROLE="));
}

TEST(ScriptEvents, TagsBecomeVariablesThatAShellCanName) {
    const ScriptSelf self{
        "n1", {{"role", "db"}, {"data-center", "x"}, {"a.b\xc3\xa9", "y"}, {"Z9", "z"}}};
    const auto environment = environment_of(user_script_event(LamportTime{1}, "e", {}), self);
    for (const char* variable : {"SERF_SELF_ROLE=db", "SERF_TAG_ROLE=db", "SERF_TAG_DATA_CENTER=x",
                                 "SERF_TAG_A_B_=y", "SERF_TAG_Z9=z"}) {
        EXPECT_THAT(environment, Contains(variable));
    }
}

TEST(ScriptEvents, TheAgentsOwnVariablesAreHandedOn) {
    const auto environment = environment_of(user_script_event(LamportTime{1}, "e", {}), {"n1", {}},
                                            {"PATH=/bin", "SERF_EVENT=old", "SERF_RPC_ADDR=x"});
    EXPECT_THAT(environment, Contains("PATH=/bin"));
    EXPECT_THAT(environment, Contains("SERF_RPC_ADDR=x"));
    EXPECT_THAT(environment, Contains("SERF_EVENT=user"));
    EXPECT_THAT(environment, Not(Contains("SERF_EVENT=old")));
}

TEST(ScriptEvents, AValueWithAZeroByteIsLeftOutRatherThanCutShort) {
    const auto environment =
        environment_of(user_script_event(LamportTime{1}, std::string{"deploy\0x", 8}, {}));
    EXPECT_THAT(environment, Not(Contains(StartsWith("SERF_USER_EVENT"))));
    EXPECT_THAT(environment, Contains("SERF_USER_LTIME=1"));
}

}  // namespace
}  // namespace rollcall::agent
