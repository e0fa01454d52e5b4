// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/sanitize.h"

namespace rollcall::cli {
namespace {

rpc::Member member_named(std::string name, std::string status = "alive", rpc::StringMap tags = {}) {
    return {.name = std::move(name),
            .addr = WireAddress::v4(10, 0, 0, 1),
            .port = 7946,
            .tags = std::move(tags),
            .status = std::move(status),
            .delegate_min = 2,
            .delegate_max = 5,
            .delegate_cur = 4};
}

TEST(MembersTable, ColumnsAreAsWideAsTheirWidestCell) {
    const std::vector<rpc::Member> members{
        member_named("a"), member_named("longer", "failed", {{"k", "v"}}), member_named("z")};
    // An empty last column keeps its gap, except at the very end: what Serf prints.
    EXPECT_EQ(members_table(members, false, {}),
              "a       10.0.0.1:7946  alive   \n"
              "longer  10.0.0.1:7946  failed  k=v\n"
              "z       10.0.0.1:7946  alive\n");
    EXPECT_EQ(members_table(members, true, {}),
              "a       10.0.0.1:7946  alive        Protocol Version: 4  Available Protocol Range: "
              "[2, 5]\n"
              "longer  10.0.0.1:7946  failed  k=v  Protocol Version: 4  Available Protocol Range: "
              "[2, 5]\n"
              "z       10.0.0.1:7946  alive        Protocol Version: 4  Available Protocol Range: "
              "[2, 5]\n");
}

TEST(MembersTable, NoMembersAreAnEmptyLineEvenOnATerminal) {
    EXPECT_EQ(members_table({}, false, {}), "\n");
    EXPECT_EQ(members_table({}, false, {.header = true, .colour = true}), "\n");
}

TEST(MembersTable, ATerminalGetsAHeaderAndColoursThatTakeNoRoom) {
    const std::vector<rpc::Member> members{member_named("a"), member_named("b", "failed")};
    EXPECT_EQ(members_table(members, false, {.header = true}),
              "NAME  ADDRESS        STATUS  TAGS\n"
              "a     10.0.0.1:7946  alive   \n"
              "b     10.0.0.1:7946  failed\n");
    const std::string coloured = members_table(members, false, {.header = true, .colour = true});
    EXPECT_NE(coloured.find("\x1b[32malive\x1b[0m   "), std::string::npos) << coloured;
    EXPECT_NE(coloured.find("\x1b[31mfailed\x1b[0m"), std::string::npos) << coloured;
}

TEST(MembersTable, NamesFromTheNetworkCannotPaintTheTerminal) {
    const std::vector<rpc::Member> members{member_named("evil\x1b[2J\n", "alive",
                                                        {{"k\r",
                                                          "\xc2\x9b"
                                                          "31m"}})};
    EXPECT_EQ(members_table(members, false, {}),
              "evil\\x1b[2J\\x0a  10.0.0.1:7946  alive  k\\x0d=\\xc2\\x9b"
              "31m\n");
}

TEST(MembersTable, CharactersCountNotBytes) {
    const std::vector<rpc::Member> members{member_named("Ελλάς"), member_named("abcde")};
    EXPECT_EQ(members_table(members, false, {}),
              "Ελλάς  10.0.0.1:7946  alive  \n"
              "abcde  10.0.0.1:7946  alive\n");
}

TEST(MembersJson, AnAddressOfVersionSixHasBrackets) {
    rpc::Member v6 = member_named("six");
    v6.addr = Endpoint::parse("[fd00::7]:1")->to_wire();
    EXPECT_EQ(address_text(v6), "[fd00::7]:7946");
    v6.addr = {};
    EXPECT_EQ(address_text(v6), ":7946");
}

TEST(MembersJson, IsValidWhateverTheNamesAre) {
    const std::vector<rpc::Member> members{member_named("a\"\n\xff"),
                                           member_named("b\\", "left", {{"", ""}})};
    const auto json = nlohmann::json::parse(members_json(members));
    ASSERT_EQ(json.at("members").size(), 2u);
    EXPECT_EQ(json["members"][1]["name"], "b\\");
    EXPECT_EQ(json["members"][1]["tags"][""], "");
    EXPECT_EQ(json["members"][1]["protocol"]["version"], 4);
    // The same as one tree dumped at once.
    EXPECT_EQ(members_json(members).size(),
              nlohmann::ordered_json::parse(members_json(members)).dump(2).size() + 1);
}

TEST(Members, AreListedByNameWhateverOrderTheyCameIn) {
    std::vector<rpc::Member> members{member_named("c"), member_named("a"), member_named("b")};
    sort_members(members);
    EXPECT_EQ(members[0].name + members[1].name + members[2].name, "abc");
}

TEST(Events, PrintEachField) {
    rpc::StreamRecord user{.event = "user", .ltime = 3, .name = "deploy", .coalesce = true};
    EXPECT_EQ(event_text(user),
              "Event Info:\n\tCoalesce: true\n\tEvent: \"user\"\n\tLTime: 3\n\tName: \"deploy\"\n"
              "\tPayload: none\n");
    const Bytes bytes = as_bytes("v1\x07");
    user.payload.emplace(bytes.begin(), bytes.end());
    EXPECT_NE(event_text(user).find("\tPayload: \"v1\\x07\"\n"), std::string::npos);
    EXPECT_EQ(event_json(user),
              "{\"event\":\"user\",\"ltime\":3,\"name\":\"deploy\",\"payload\":\"v1\\u0007\","
              "\"coalesce\":true}\n");

    const rpc::StreamRecord query{.event = "query", .id = 9, .ltime = 4, .name = "up"};
    EXPECT_EQ(event_text(query),
              "Event Info:\n\tEvent: \"query\"\n\tID: 9\n\tLTime: 4\n\tName: \"up\"\n"
              "\tPayload: none\n");
    EXPECT_EQ(event_json(query),
              "{\"event\":\"query\",\"id\":9,\"ltime\":4,\"name\":\"up\",\"payload\":null}\n");

    const rpc::StreamRecord joined{
        .event = "member-join",
        .members = {member_named("a"), member_named("b", "alive", {{"role", "web"}})}};
    EXPECT_EQ(event_text(joined),
              "Event Info:\n\tEvent: \"member-join\"\n"
              "\tMembers: a 10.0.0.1:7946 alive, b 10.0.0.1:7946 alive role=web\n");
    EXPECT_EQ(nlohmann::json::parse(event_json(joined))["members"][1]["name"], "b");
}

TEST(Log, LinesStayLinesAndNothingElseGetsThrough) {
    EXPECT_EQ(log_text({.log = "[WARN] agent: error:\n\t* \x1b[31mred"}),
              "[WARN] agent: error:\n\t* \\x1b[31mred\n");
    EXPECT_EQ(log_json({.log = "a\nb"}), "{\"log\":\"a\\nb\"}\n");
}

TEST(Figures, AreListedWithTheirNumbersInOrder) {
    const rpc::Stats stats{
        {"transport",
         {{"late_1000ms", "0"}, {"late_100ms", "1"}, {"late_20ms", "2"}, {"late_1ms", "3"}}}};
    EXPECT_EQ(stats_text(stats),
              "transport:\n\tlate_1ms = 3\n\tlate_20ms = 2\n\tlate_100ms = 1\n\tlate_1000ms = 0\n");
    std::vector<std::string> keys;
    const auto json = nlohmann::ordered_json::parse(stats_json(stats));
    for (const auto& [key, value] : json["transport"].items()) keys.push_back(key);
    EXPECT_EQ(keys,
              (std::vector<std::string>{"late_1ms", "late_20ms", "late_100ms", "late_1000ms"}));
}

}  // namespace
}  // namespace rollcall::cli
