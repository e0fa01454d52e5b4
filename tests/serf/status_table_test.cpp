// SPDX-License-Identifier: Apache-2.0
//
// Rule I1: the whole table of member status, against a second transcription, and then on a real
// Serf.
#include "serf/status_table.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "serf/members.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using Kind = MemberEventKind;

struct Row {
    Status status;
    StatusInput input;
    Status then;
    std::optional<Kind> event;
    bool departed = false;
    bool stale = false;
};

std::vector<Row> all_rows() {
    using enum Status;
    return {
        // Up in membership: alive, whatever it was before.
        {alive, StatusInput::up, alive, Kind::join},
        {leaving, StatusInput::up, alive, Kind::join},
        {left, StatusInput::up, alive, Kind::join},
        {failed, StatusInput::up, alive, Kind::join},
        // A join intent reverts a leave intent, and revives no member.
        {alive, StatusInput::join_intent, alive, {}},
        {leaving, StatusInput::join_intent, alive, {}},
        {left, StatusInput::join_intent, left, {}},
        {failed, StatusInput::join_intent, failed, {}},
        // A leave intent announces, and turns a failure into a leave.
        {alive, StatusInput::leave_intent, leaving, {}},
        {leaving, StatusInput::leave_intent, leaving, {}},
        {left, StatusInput::leave_intent, left, {}},
        {failed, StatusInput::leave_intent, left, Kind::leave},
        // Gone: announced or not makes the difference. Twice is once.
        {alive, StatusInput::down, failed, Kind::failed, true},
        {leaving, StatusInput::down, left, Kind::leave, true},
        {left, StatusInput::down, none, {}, false, true},
        {failed, StatusInput::down, none, {}, false, true},
        // It announced its own leave: left, with or without an intent.
        {alive, StatusInput::gone, left, Kind::leave, true},
        {leaving, StatusInput::gone, left, Kind::leave, true},
        {left, StatusInput::gone, none, {}, false, true},
        {failed, StatusInput::gone, left, Kind::leave},
        // New metadata changes nothing else.
        {alive, StatusInput::changed, alive, Kind::update},
        {leaving, StatusInput::changed, leaving, Kind::update},
        {left, StatusInput::changed, left, Kind::update},
        {failed, StatusInput::changed, failed, Kind::update},
    };
}

TEST(RuleI1, EveryStatusAndInputMatchTable) {
    ASSERT_EQ(all_rows().size(), 24u);
    for (const Row& row : all_rows()) {
        SCOPED_TRACE(std::string{to_string(row.status)} + " with input " +
                     std::to_string(static_cast<int>(row.input)));
        const Change change = change_by(row.status, row.input);
        EXPECT_EQ(change.applies, !row.stale);
        EXPECT_EQ(change.status, row.then);
        EXPECT_EQ(change.event, row.event);
        EXPECT_EQ(change.departed, row.departed);
    }
}

constexpr Time kOutset{1000s};

// A member "m" in the given status, with the time of its last intent at 10.
class OneMember {
public:
    explicit OneMember(Status status) {
        up(kOutset);
        if (status == Status::failed) members.down(kOutset, "m");
        apply_intent(kOutset,
                     status == Status::leaving || status == Status::left ? IntentKind::leave
                                                                         : IntentKind::join,
                     10);
        if (status == Status::left) members.down(kOutset, "m");
        EXPECT_EQ(member().status, status);
        EXPECT_EQ(member().status_time, LamportTime{10});
    }
    Effect up(Time now) {
        return members.up(now, {.name = "m", .address = WireAddress::v4(10, 0, 0, 1), .port = 1},
                          {}, 60s);
    }
    Effect apply_intent(Time now, IntentKind kind, std::uint64_t time) {
        return members.apply_intent(now, "m", {.kind = kind, .time = LamportTime{time}});
    }
    Effect apply(Time now, StatusInput input) {
        switch (input) {
            case StatusInput::up:
                return up(now);
            case StatusInput::join_intent:
                return apply_intent(now, IntentKind::join, 11);
            case StatusInput::leave_intent:
                return apply_intent(now, IntentKind::leave, 11);
            case StatusInput::down:
                return members.down(now, "m");
            case StatusInput::gone:
                return members.gone(now, "m");
            case StatusInput::changed:
                return members.changed(
                    {.name = "m", .address = WireAddress::v4(10, 0, 0, 2), .port = 2});
        }
        return {};
    }
    [[nodiscard]] const Member& member() const { return *members.find("m"); }

    Members members;
};

TEST(RuleI1, MembersTimesListsAndCountsMatchTable) {
    for (const Row& row : all_rows()) {
        SCOPED_TRACE(std::string{to_string(row.status)} + " with input " +
                     std::to_string(static_cast<int>(row.input)));
        OneMember one{row.status};
        const Time later = kOutset + 90s;
        const Effect effect = one.apply(later, row.input);
        const Status expected = row.stale ? row.status : row.then;
        const Member& member = one.member();
        EXPECT_EQ(member.status, expected);
        EXPECT_EQ(effect.event, row.event);
        EXPECT_EQ(effect.fresh, !row.stale);
        EXPECT_TRUE(effect.known);

        const bool intent =
            row.input == StatusInput::join_intent || row.input == StatusInput::leave_intent;
        EXPECT_EQ(member.status_time, LamportTime{intent ? 11u : 10u});
        EXPECT_EQ(one.members.failed().size(), expected == Status::failed ? 1u : 0u);
        EXPECT_EQ(one.members.left().size(), expected == Status::left ? 1u : 0u);
        EXPECT_EQ(one.members.alive(), expected == Status::alive ? 1u : 0u);
        if (expected == Status::failed || expected == Status::left) {
            EXPECT_EQ(member.departed, row.departed ? later : kOutset);
        }
        EXPECT_EQ(member.port, row.input == StatusInput::changed ? 2 : 1);
    }
}

TEST(RuleI1, AnIntentThatIsNotNewerChangesNothingInAnyStatus) {
    for (const Status status : {Status::alive, Status::leaving, Status::left, Status::failed}) {
        for (const IntentKind kind : {IntentKind::join, IntentKind::leave}) {
            for (const std::uint64_t time :
                 {std::uint64_t{0}, std::uint64_t{9}, std::uint64_t{10}}) {
                OneMember one{status};
                const Effect effect = one.apply_intent(kOutset + 1s, kind, time);
                EXPECT_FALSE(effect.fresh);
                EXPECT_FALSE(effect.event);
                EXPECT_EQ(one.member().status, status);
                EXPECT_EQ(one.member().status_time, LamportTime{10});
            }
        }
    }
}

TEST(RuleI1, FirstAliveTakesWaitingIntent) {
    const MemberView seen{.name = "m", .address = WireAddress::v4(10, 0, 0, 1), .port = 1};
    struct Case {
        std::optional<Intent> waiting;
        Status then;
        std::uint64_t time;
    };
    for (const Case& c : {Case{{}, Status::alive, 0},
                          Case{Intent{IntentKind::join, LamportTime{7}}, Status::alive, 7},
                          Case{Intent{IntentKind::leave, LamportTime{8}}, Status::leaving, 8}}) {
        Members members;
        const Effect effect = members.up(kOutset, seen, c.waiting, 60s);
        EXPECT_EQ(effect.event, Kind::join);
        EXPECT_EQ(members.find("m")->status, c.then);
        EXPECT_EQ(members.find("m")->status_time, LamportTime{c.time});
    }
}

TEST(RuleI1, UnknownMembersAreNotChanged) {
    Members members;
    EXPECT_FALSE(members.down(kOutset, "x").known);
    EXPECT_FALSE(members.gone(kOutset, "x").known);
    EXPECT_FALSE(members.changed({.name = "x"}).known);
    EXPECT_FALSE(members.apply_intent(kOutset, "x", {.time = LamportTime{5}}).known);
    EXPECT_EQ(members.size(), 0u);
}

TEST(Members, ShortFailureIsAFlap) {
    for (const auto& [gone, flapped] : {std::pair{59s, true}, std::pair{60s, false}}) {
        OneMember one{Status::failed};
        EXPECT_EQ(one.up(kOutset + gone).flapped, flapped);
    }
}

TEST(Members, ListsStayCorrectInAnyOrder) {
    Members members;
    std::vector<std::string> names;
    for (int i = 0; i < 40; ++i) names.push_back("m" + std::to_string(i));
    for (const std::string& name : names) members.up(kOutset, {.name = name}, {}, 60s);
    for (std::size_t i = 0; i < names.size(); i += 2) members.down(kOutset, names[i]);
    for (std::size_t i = 0; i < names.size(); i += 4) {
        members.apply_intent(kOutset, names[i],
                             {.kind = IntentKind::leave, .time = LamportTime{2}});
    }
    for (std::size_t i = 0; i < names.size(); i += 8) members.erase(names[i]);
    EXPECT_EQ(members.size(), 35u);
    EXPECT_EQ(members.alive(), 20u);
    EXPECT_EQ(members.failed().size(), 10u);
    EXPECT_EQ(members.left().size(), 5u);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const Member* member = members.find(names[i]);
        if (i % 8 == 0) {
            EXPECT_EQ(member, nullptr);
            continue;
        }
        ASSERT_NE(member, nullptr);
        EXPECT_EQ(members.all()[member->place].get(), member);
        if (i % 4 == 0) {
            EXPECT_EQ(members.left()[member->list_place], member);
        } else if (i % 2 == 0) {
            EXPECT_EQ(members.failed()[member->list_place], member);
        }
    }
}

}  // namespace
}  // namespace rollcall::serf
