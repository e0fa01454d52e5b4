// SPDX-License-Identifier: Apache-2.0
//
// Rule E7: event coalescing. The window is 3 s, the quiet time 1 s, as in a Serf agent.
#include "serf/coalescer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr CoalesceTimes kTimes{.window = 3s, .quiet = 1s};
constexpr Time kBegin{100s};

UserEventReceived user_event(std::string name, std::uint64_t time, bool coalesce = true,
                             std::string_view payload = {}) {
    const Bytes bytes = as_bytes(payload);
    return {.time = LamportTime{time},
            .name = std::move(name),
            .payload = {bytes.begin(), bytes.end()},
            .coalesce = coalesce};
}
std::vector<std::string> names_of(const UserEventCoalescer::Due& due) {
    std::vector<std::string> lines;
    for (const auto& e : due) lines.push_back(e.name + " " + std::to_string(e.time.value()));
    return lines;
}
MemberEvent member_event(MemberEventKind kind, std::string name) {
    MemberEvent event{.kind = kind};
    event.member.name = std::move(name);
    return event;
}
std::vector<std::string> lines_of(const MemberEventCoalescer::Due& due) {
    std::vector<std::string> lines;
    for (const auto& group : due) {
        std::string line{to_string(group.kind)};
        for (const auto& member : group.members) line += " " + member.name;
        lines.push_back(line);
    }
    return lines;
}

TEST(RuleE7, NewestOfEachNameIsReportedAfterQuietTime) {
    UserEventCoalescer events{kTimes};
    EXPECT_THAT(events.offer(kBegin, user_event("deploy", 5)), IsEmpty());
    EXPECT_THAT(events.offer(kBegin + 500ms, user_event("deploy", 7)), IsEmpty());
    EXPECT_THAT(events.offer(kBegin + 600ms, user_event("deploy", 6)), IsEmpty());
    EXPECT_THAT(events.offer(kBegin + 700ms, user_event("backup", 2)), IsEmpty());
    EXPECT_THAT(events.expire(kBegin + 1699ms), IsEmpty());
    EXPECT_EQ(events.deadline(), kBegin + 1700ms);
    EXPECT_THAT(names_of(events.expire(kBegin + 1700ms)), ElementsAre("backup 2", "deploy 7"));
    EXPECT_FALSE(events.deadline());
}

TEST(RuleE7, EventsOfOneTimeAreAllKept) {
    UserEventCoalescer events{kTimes};
    EXPECT_THAT(events.offer(kBegin, user_event("deploy", 5, true, "x")), IsEmpty());
    EXPECT_THAT(events.offer(kBegin, user_event("deploy", 5, true, "y")), IsEmpty());
    EXPECT_THAT(names_of(events.expire(kBegin + 1s)), ElementsAre("deploy 5", "deploy 5"));
}

TEST(RuleE7, NonCoalescingEventsPassAtOnce) {
    UserEventCoalescer events{kTimes};
    EXPECT_THAT(events.offer(kBegin, user_event("deploy", 5)), IsEmpty());
    EXPECT_THAT(names_of(events.offer(kBegin, user_event("now", 6, false))), ElementsAre("now 6"));
}

TEST(RuleE7, ContinuousEventsAreReportedOncePerWindow) {
    UserEventCoalescer events{kTimes};
    for (int i = 0; i < 6; ++i) {
        const Time now = kBegin + i * 500ms;
        EXPECT_THAT(events.offer(now, user_event("deploy", 5 + static_cast<unsigned>(i))),
                    IsEmpty());
    }
    EXPECT_EQ(events.deadline(), kBegin + 3s);
    EXPECT_THAT(names_of(events.expire(kBegin + 3s)), ElementsAre("deploy 10"));
}

TEST(RuleE7, DelayedEventsAreBounded) {
    UserEventCoalescer events{kTimes};
    std::size_t reported = 0;
    for (std::size_t i = 0; i < UserEventCoalescer::kMostHeld; ++i) {
        reported += events.offer(kBegin, user_event("e" + std::to_string(i), 1)).size();
    }
    EXPECT_EQ(reported, UserEventCoalescer::kMostHeld);
    EXPECT_FALSE(events.deadline());
}

TEST(RuleE7, MembersAreGroupedByLastEvent) {
    using enum MemberEventKind;
    MemberEventCoalescer events{kTimes};
    EXPECT_THAT(events.offer(kBegin, member_event(join, "c")), IsEmpty());
    EXPECT_THAT(events.offer(kBegin, member_event(join, "b")), IsEmpty());
    EXPECT_THAT(events.offer(kBegin, member_event(failed, "d")), IsEmpty());
    EXPECT_THAT(events.offer(kBegin, member_event(join, "e")), IsEmpty());
    EXPECT_THAT(events.offer(kBegin, member_event(failed, "e")), IsEmpty());
    EXPECT_THAT(lines_of(events.expire(kBegin + 1s)),
                ElementsAre("member-join b c", "member-failed d e"));
}

TEST(RuleE7, RepeatedKindIsDroppedExceptUpdates) {
    using enum MemberEventKind;
    MemberEventCoalescer events{kTimes};
    EXPECT_THAT(events.offer(kBegin, member_event(join, "b")), IsEmpty());
    EXPECT_THAT(lines_of(events.expire(kBegin + 1s)), ElementsAre("member-join b"));
    EXPECT_THAT(events.offer(kBegin + 2s, member_event(failed, "b")), IsEmpty());
    EXPECT_THAT(events.offer(kBegin + 2s, member_event(join, "b")), IsEmpty());
    EXPECT_THAT(events.expire(kBegin + 3s), IsEmpty());
    for (int i = 4; i < 8; i += 2) {
        EXPECT_THAT(events.offer(kBegin + i * 1s, member_event(update, "b")), IsEmpty());
        EXPECT_THAT(lines_of(events.expire(kBegin + (i + 1) * 1s)), ElementsAre("member-update b"));
    }
}

}  // namespace
}  // namespace rollcall::serf
