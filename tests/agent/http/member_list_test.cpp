// SPDX-License-Identifier: Apache-2.0
//
// Lists of members that are written in steps while members come and go.
#include "agent/http/api/member_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "agent/http/budget.h"
#include "agent/session/scripted_agent.h"

namespace rollcall::agent::http {
namespace {

class MemberLists : public testing::Test {
protected:
    void add(std::string name) { agent_.all.push_back({.name = std::move(name)}); }
    void erase(const std::string& name) {
        std::erase_if(agent_.all, [&](const auto& member) { return member.name == name; });
    }
    // One that shows the bare names; a long one fills a slice.
    MemberList::Parts list() {
        return {.control = agent_,
                .head = "[",
                .tail = "]",
                .write = [this](const std::string& name, std::string& to) {
                    if (!agent_.detail_of(name)) return false;
                    to += name;
                    return true;
                }};
    }
    static std::string rest_of(MemberList& list) {
        std::string text;
        while (list.append(text) != Source::State::ended) {
        }
        return text;
    }
    static std::string long_name(char letter) { return std::string(kSlice, letter); }

    tests::ScriptedAgent agent_;
};

TEST_F(MemberLists, OfNoMembersAreHeadAndTail) {
    MemberList none{list()};
    EXPECT_EQ(rest_of(none), "[]");
}

TEST_F(MemberLists, LeaveOutWhoIsGoneAndMeetWhoJoinsBehindThePlace) {
    for (const char letter : {'b', 'd', 'f'}) add(long_name(letter));
    MemberList members{list()};
    std::string text;
    ASSERT_EQ(members.append(text), Source::State::more);
    EXPECT_EQ(text, "[" + long_name('b')) << "a slice is full";

    erase(long_name('b'));  // where the list stands
    erase(long_name('d'));
    add("a");
    add("e");
    EXPECT_EQ(rest_of(members), ",e," + long_name('f') + "]");
}

TEST_F(MemberLists, EndWhenAllOthersAreGone) {
    for (const char letter : {'b', 'd'}) add(long_name(letter));
    MemberList members{list()};
    std::string text;
    ASSERT_EQ(members.append(text), Source::State::more);
    agent_.all.clear();
    EXPECT_EQ(rest_of(members), "]");
}

TEST_F(MemberLists, BeginBehindANameThatNeedNotBeAMember) {
    for (const char* const name : {"a", "c", "d"}) add(name);
    for (const char* const after : {"b", "a"}) {
        MemberList::Parts parts = list();
        parts.after = after;
        MemberList members{std::move(parts)};
        EXPECT_EQ(rest_of(members), "[c,d]") << after;
    }
}

// Members that are filtered out take time as well.
TEST_F(MemberLists, EndAStepByTheClock) {
    static constexpr Duration kSlow = kStep / 3;
    for (int i = 10; i < 50; ++i) add("m" + std::to_string(i));
    std::size_t looked_at = 0;
    MemberList::Parts parts = list();
    parts.write = [&looked_at](const std::string&, std::string&) {
        ++looked_at;
        const Budget busy{kSlow};
        while (busy.left()) {
        }
        return false;
    };
    MemberList members{std::move(parts)};
    std::string text;
    std::size_t most = 0, before = 0;
    for (auto state = Source::State::more; state != Source::State::ended; before = looked_at) {
        state = members.append(text);
        most = std::max(most, looked_at - before);
    }
    EXPECT_EQ(looked_at, 40u);
    EXPECT_LE(most, 3u) << "a step goes on for no longer than its time";
    EXPECT_EQ(text, "[]");
}

}  // namespace
}  // namespace rollcall::agent::http
