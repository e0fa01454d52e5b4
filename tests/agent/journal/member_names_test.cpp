// SPDX-License-Identifier: Apache-2.0
//
// The names of all members in order: walked without a copy while members come and go, and the same
// as Serf's own table after every way to get into it and out of it.
#include "agent/journal/member_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/rng.h"
#include "serf/lone.h"

namespace rollcall::agent {
namespace {

using namespace std::chrono_literals;
using serf::MemberEventKind;
using testing::ElementsAre;
using testing::IsEmpty;

serf::MemberEvent report_of(MemberEventKind kind, std::string name) {
    return {.kind = kind, .member = {.name = std::move(name)}};
}

std::vector<std::string> walked(const MemberNames& names) {
    std::vector<std::string> all;
    for (const std::string* name = names.after(""); name != nullptr; name = names.after(*name)) {
        all.push_back(*name);
    }
    return all;
}

// --- walking
// --------------------------------------------------------------------------------------

MemberNames names_of(const std::vector<std::string>& joined) {
    MemberNames names;
    for (const std::string& name : joined) names.handle(report_of(MemberEventKind::join, name));
    return names;
}

TEST(MemberNames, AreWalkedInOrder) {
    EXPECT_EQ(MemberNames{}.after(""), nullptr);
    const MemberNames names = names_of({"c", "a", "b\xff", "b"});
    EXPECT_THAT(walked(names), ElementsAre("a", "b", "b\xff", "c"));
    EXPECT_EQ(names.size(), 4u);
}

TEST(MemberNames, GoOnFromANameThatIsGone) {
    MemberNames names = names_of({"a", "b", "c"});
    names.handle(report_of(MemberEventKind::reap, "b"));
    ASSERT_NE(names.after("b"), nullptr);
    EXPECT_EQ(*names.after("b"), "c");
    EXPECT_EQ(names.after("c"), nullptr);
    EXPECT_EQ(names.after("zzz"), nullptr) << "behind all";
}

TEST(MemberNames, MeetAMemberThatJoinedBehindThePlaceOnly) {
    MemberNames names = names_of({"b", "d"});
    const std::string place = *names.after("");
    names.handle(report_of(MemberEventKind::join, "a"));
    names.handle(report_of(MemberEventKind::join, "c"));
    EXPECT_EQ(*names.after(place), "c");
}

TEST(MemberNames, OfMembersThatFailLeaveOrChangeStay) {
    MemberNames names = names_of({"a"});
    for (const auto kind : {MemberEventKind::failed, MemberEventKind::leave,
                            MemberEventKind::update, MemberEventKind::join}) {
        names.handle(report_of(kind, "a"));
        EXPECT_THAT(walked(names), ElementsAre("a"));
    }
}

// --- the same as Serf's table
// ---------------------------------------------------------------------

class MemberNamesOfSerf : public testing::Test {
protected:
    static serf::Lone lone() {
        return serf::Lone{[](serf::Config& config) {
            config.reconnect_timeout = config.tombstone_timeout = 600s;
            config.reap_interval = 60s;
            config.membership.max_members = 12;
        }};
    }
    // As CoreEvents passes them on: in order, each once.
    void read_events() {
        for (; read_ < a_.events.size(); ++read_) {
            const auto* const event = std::get_if<serf::MemberEvent>(&a_.events[read_]);
            if (event != nullptr) names_.handle(*event);
        }
    }
    std::vector<std::string> names() {
        read_events();
        return walked(names_);
    }
    std::vector<std::string> table() const {
        std::vector<std::string> all;
        for (const auto& member : a_.serf.members()) all.push_back(member.name);
        return all;
    }
    void force_leave(const std::string& name, bool prune) {
        a_.command([&](serf::Serf& serf, Time now, serf::Serf::Outbox& out) {
            return static_cast<bool>(serf.force_leave(now, name, prune, out));
        });
    }
    void add(const std::string& name) { a_.add_member(name, port_++); }

    serf::Lone a_ = lone();
    MemberNames names_;
    std::size_t read_ = 0;
    std::uint16_t port_ = 8001;
};

TEST_F(MemberNamesOfSerf, BeginWithItsOwn) {
    EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(MemberNamesOfSerf, AreThereUntilTheMemberIsErased) {
    for (const char* const name : {"b", "c", "d", "e"}) add(name);
    EXPECT_THAT(names(), ElementsAre("a", "b", "c", "d", "e"));

    a_.declare_dead("b");
    EXPECT_THAT(names(), ElementsAre("a", "b", "c", "d", "e")) << "it failed, and is still listed";
    force_leave("b", false);
    EXPECT_THAT(names(), ElementsAre("a", "b", "c", "d", "e")) << "left, and is still listed";
    force_leave("b", true);
    EXPECT_THAT(names(), ElementsAre("a", "c", "d", "e"));

    a_.deliver(serf::leave_of("c", 50, true));  // a prune of a member that leaves waits
    a_.advance(10s);
    EXPECT_THAT(names(), ElementsAre("a", "c", "d", "e")) << "it still answers";
    a_.declare_dead("c");
    a_.advance(2s);
    EXPECT_THAT(names(), ElementsAre("a", "d", "e"));

    a_.declare_dead("d");
    a_.declare_dead("e", true);
    a_.advance(500s);
    EXPECT_THAT(names(), ElementsAre("a", "d", "e")) << "not yet reaped";
    a_.advance(200s);
    EXPECT_THAT(names(), ElementsAre("a"));

    add("d");
    EXPECT_THAT(names(), ElementsAre("a", "d")) << "it came back";
    a_.command([](serf::Serf& serf, Time now, serf::Serf::Outbox& out) {
        return static_cast<bool>(serf.leave(now, out));
    });
    a_.advance(60s);
    EXPECT_THAT(names(), ElementsAre("a", "d")) << "our own leave erases none";
    EXPECT_EQ(names(), table());
}

TEST_F(MemberNamesOfSerf, AreBoundedAsItIs) {
    for (int i = 0; i < 50; ++i) {
        const std::string name = "ghost" + std::to_string(i);
        add(name);
        a_.declare_dead(name);
        a_.advance(40s);
        ASSERT_EQ(names(), table());
    }
    EXPECT_LE(names_.size(), 12u) << "reaping alone would leave 15";
}

TEST_F(MemberNamesOfSerf, AreTheSameAfterAnyStory) {
    Rng rng{2026};
    std::string story;
    std::set<std::string> seen;  // a member that was pruned may still run, and fail later
    for (int step = 0; step < 2000; ++step) {
        const std::string name = "m" + std::to_string(rng.below(40));
        switch (rng.below(6)) {
            case 0:
            case 1:
                story += " add-" + name;
                add(name);
                seen.insert(name);
                break;
            case 2:
                if (!seen.contains(name)) continue;
                story += " dead-" + name;
                a_.declare_dead(name, rng.below(2) == 0);
                break;
            case 3: {
                const bool prune = rng.below(2) == 0;
                story += (prune ? " prune-" : " force-leave-") + name;
                force_leave(name, prune);
                break;
            }
            case 4:
                story += " intent-" + name;
                a_.deliver(serf::leave_of(name, 1000 + static_cast<std::uint64_t>(step),
                                          rng.below(2) == 0));
                break;
            default:
                story += " wait";
                a_.advance(std::chrono::seconds{1 + rng.below(120)});
        }
        ASSERT_EQ(names(), table()) << story;
    }
    EXPECT_GT(a_.serf.stats().reaped, 50u) << "without prunes and reaps it shows nothing";
}

}  // namespace
}  // namespace rollcall::agent
