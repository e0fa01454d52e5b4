// SPDX-License-Identifier: Apache-2.0
//
// How a claim changes the state of another member: the whole table, from a second
// transcription of the rule, through a real Node. Rules S1, S5, S6.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "lone_node.h"
#include "membership/claims.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kKnown = 5;

// What is expected of one cell of the table.
struct Outcome {
    State state;
    std::uint32_t incarnation;
    bool gossiped = false;
    std::string event = {};  // "" for none
};

std::string event_word(const std::vector<Event>& events) {
    std::string text;
    for (const Event& event : events) {
        if (std::holds_alternative<MemberJoined>(event)) text += "join ";
        if (std::holds_alternative<MemberUpdated>(event)) text += "update ";
        if (std::holds_alternative<MemberSuspected>(event)) text += "suspect ";
        if (std::holds_alternative<SuspicionCleared>(event)) text += "cleared ";
        if (std::holds_alternative<MemberFailed>(event)) text += "failed ";
        if (std::holds_alternative<MemberLeft>(event)) text += "left ";
    }
    if (!text.empty()) text.pop_back();
    return text;
}

// A node that has x in `state` at incarnation 5, with no broadcasts left.
class Believing : public LoneNode {
public:
    explicit Believing(State believed) {
        know(4);
        alive({.node = "x", .incarnation = kKnown, .address = WireAddress::v4(10, 0, 0, 99)});
        if (believed == State::suspect) suspect("x", kKnown, "n2");
        if (believed == State::dead) dead("x", kKnown, "n2");
        if (believed == State::left) dead("x", kKnown, "x");
        EXPECT_EQ(state("x"), believed);
        EXPECT_EQ(incarnation("x"), kKnown);
        drain();
        forget_events();
    }
};

void expect(LoneNode& lone, const Outcome& wanted, const std::string& cell) {
    EXPECT_EQ(to_string(*lone.state("x")), to_string(wanted.state)) << cell;
    EXPECT_EQ(lone.incarnation("x"), wanted.incarnation) << cell;
    EXPECT_EQ(event_word(lone.events()), wanted.event) << cell;
    EXPECT_EQ(!lone.broadcasts().empty(), wanted.gossiped) << cell;
}

std::string cell_name(State state, const char* claim, std::uint32_t incarnation) {
    return std::string{to_string(state)} + ", " + claim + " " + std::to_string(incarnation);
}

TEST(RuleS1, AliveNeedsNewerIncarnation) {
    struct Row {
        State state;
        std::array<Outcome, 3> by_incarnation;  // 4, 5, 6
    };
    const std::vector<Row> rows{
        {State::alive, {{{State::alive, 5}, {State::alive, 5}, {State::alive, 6, true, ""}}}},
        {State::suspect,
         {{{State::suspect, 5}, {State::suspect, 5}, {State::alive, 6, true, "cleared"}}}},
        {State::dead, {{{State::dead, 5}, {State::dead, 5}, {State::alive, 6, true, "join"}}}},
        {State::left, {{{State::left, 5}, {State::left, 5}, {State::alive, 6, true, "join"}}}},
    };
    for (const Row& row : rows) {
        for (std::uint32_t i = 0; i < 3; ++i) {
            Believing lone{row.state};
            lone.alive({.node = "x",
                        .incarnation = kKnown - 1 + i,
                        .address = WireAddress::v4(10, 0, 0, 99)});
            expect(lone, row.by_incarnation[i], cell_name(row.state, "alive", kKnown - 1 + i));
        }
    }
}

TEST(RuleS1, AliveWithNewMetadataNeedsNewerIncarnation) {
    for (const State state : {State::alive, State::suspect}) {
        Believing lone{state};
        lone.alive({.node = "x",
                    .incarnation = kKnown,
                    .address = WireAddress::v4(10, 0, 0, 99),
                    .meta = "new"});
        EXPECT_EQ(lone.member("x")->meta(), "");
        lone.alive({.node = "x",
                    .incarnation = kKnown + 1,
                    .address = WireAddress::v4(10, 0, 0, 99),
                    .meta = "new"});
        EXPECT_EQ(lone.member("x")->meta(), "new");
        EXPECT_EQ(event_word(lone.events()), state == State::alive ? "update" : "cleared update");
    }
}

TEST(RuleS1, SuspectNeedsSameOrNewerIncarnationAndLiveMember) {
    struct Row {
        State state;
        std::array<Outcome, 3> by_incarnation;
    };
    // Dead and left members stay so. A suspicion of a dead member that is newer than its death is
    // no death at that incarnation, so nothing is recorded.
    const std::vector<Row> rows{
        {State::alive,
         {{{State::alive, 5},
           {State::suspect, 5, true, "suspect"},
           {State::suspect, 6, true, "suspect"}}}},
        {State::suspect,
         {{{State::suspect, 5}, {State::suspect, 5, true}, {State::suspect, 5, true}}}},
        {State::dead, {{{State::dead, 5}, {State::dead, 5}, {State::dead, 5}}}},
        {State::left, {{{State::left, 5}, {State::left, 5}, {State::left, 6}}}},
    };
    for (const Row& row : rows) {
        for (std::uint32_t i = 0; i < 3; ++i) {
            Believing lone{row.state};
            lone.suspect("x", kKnown - 1 + i, "n3");
            expect(lone, row.by_incarnation[i], cell_name(row.state, "suspect", kKnown - 1 + i));
        }
    }
}

TEST(RuleS1, DeadNeedsSameOrNewerIncarnationAndLiveMember) {
    struct Row {
        State state;
        std::array<Outcome, 3> by_incarnation;
    };
    const std::vector<Row> rows{
        {State::alive,
         {{{State::alive, 5}, {State::dead, 5, true, "failed"}, {State::dead, 6, true, "failed"}}}},
        {State::suspect,
         {{{State::suspect, 5},
           {State::dead, 5, true, "failed"},
           {State::dead, 6, true, "failed"}}}},
        {State::dead, {{{State::dead, 5}, {State::dead, 5}, {State::dead, 6}}}},
        {State::left, {{{State::left, 5}, {State::left, 5}, {State::left, 6}}}},
    };
    for (const Row& row : rows) {
        for (std::uint32_t i = 0; i < 3; ++i) {
            Believing lone{row.state};
            lone.dead("x", kKnown - 1 + i, "n3");
            expect(lone, row.by_incarnation[i], cell_name(row.state, "dead", kKnown - 1 + i));
        }
    }
}

TEST(RuleS1, SelfSignedDeadIsLeave) {
    for (const State state : {State::alive, State::suspect}) {
        for (std::uint32_t i = 0; i < 3; ++i) {
            Believing lone{state};
            lone.dead("x", kKnown - 1 + i, "x");
            const bool wins = i > 0;
            expect(lone,
                   {wins ? State::left : state, wins ? kKnown - 1 + i : kKnown, wins,
                    wins ? "left" : ""},
                   cell_name(state, "leave", kKnown - 1 + i));
        }
    }
    // Dead turns into left, but not by an older leave, and keeps the time of its death. Not back.
    for (std::uint32_t i = 0; i < 3; ++i) {
        Believing lone{State::dead};
        const Time died = lone.member("x")->state_changed;
        lone.advance(1s);
        lone.dead("x", kKnown - 1 + i, "x");
        const bool wins = i > 0;
        expect(lone,
               {wins ? State::left : State::dead, wins ? kKnown - 1 + i : kKnown, wins,
                wins ? "left" : ""},
               cell_name(State::dead, "leave", kKnown - 1 + i));
        EXPECT_EQ(lone.member("x")->state_changed, died);
    }
    Believing left{State::left};
    left.dead("x", kKnown, "n2");
    EXPECT_EQ(left.state("x"), State::left);
}

TEST(RuleS1, OnlyAliveAddsUnknownMembers) {
    LoneNode lone;
    lone.suspect("stranger", 3, "n2");
    lone.dead("stranger", 3, "n2");
    EXPECT_EQ(lone.member("stranger"), nullptr);
    EXPECT_TRUE(lone.broadcasts().empty());
    lone.alive({.node = "stranger", .incarnation = 3});
    EXPECT_EQ(lone.state("stranger"), State::alive);
    EXPECT_EQ(lone.take_events<MemberJoined>().size(), 1u);
    const auto reported = lone.broadcasts();
    ASSERT_EQ(reported.size(), 1u);
    EXPECT_EQ(reported[0].alive().node, "stranger");
    EXPECT_EQ(reported[0].alive().incarnation, Incarnation{3});
}

TEST(RuleS1, TheTimeOfAStateChangeMovesOnlyWithTheState) {
    Believing lone{State::alive};
    const Time before = lone.member("x")->state_changed;
    lone.advance(1min);
    lone.alive({.node = "x", .incarnation = 6, .address = WireAddress::v4(10, 0, 0, 99)});
    EXPECT_EQ(lone.member("x")->state_changed, before);
    lone.suspect("x", 6, "n2");
    EXPECT_EQ(lone.member("x")->state_changed, lone.now());
}

// The pure table against a separate transcription: for each state and claim, the verdict on an
// older, the same and a newer incarnation.
TEST(RuleS1, TableMatchesRule) {
    const char* const words[4][4] = {
        // alive   suspect  dead   leave      i adopt, c confirm, r record, - ignore;
        // older/same/newer
        {"--i", "-ii", "-ii", "-ii"},
        {"--i", "-cc", "-ii", "-ii"},
        {"--i", "---", "--r", "-ii"},
        {"--i", "--r", "--r", "--r"},
    };
    for (int state = 0; state < 4; ++state) {
        for (int claim = 0; claim < 4; ++claim) {
            for (std::uint32_t i = 0; i < 3; ++i) {
                const Verdict verdict =
                    judge_other(static_cast<State>(state), Incarnation{kKnown},
                                static_cast<ClaimKind>(claim), Incarnation{kKnown - 1 + i});
                const char letter = verdict == Verdict::adopt     ? 'i'
                                    : verdict == Verdict::confirm ? 'c'
                                    : verdict == Verdict::record  ? 'r'
                                                                  : '-';
                EXPECT_EQ(letter, words[state][claim][i]) << state << ' ' << claim << ' ' << i;
            }
        }
    }
}

TEST(RuleS5, UnbeatableClaimIsRefusedAndCounted) {
    Believing lone{State::alive};
    lone.suspect("x", 0xffffffff, "n2");
    lone.dead("x", 0xffffffff, "n2");
    lone.dead("x", 0xfffffffe, "n2");
    lone.alive({.node = "x", .incarnation = 0xffffffff, .address = WireAddress::v4(10, 0, 0, 99)});
    EXPECT_EQ(lone.state("x"), State::alive);
    EXPECT_EQ(lone.incarnation("x"), kKnown);
    EXPECT_TRUE(lone.events().empty());
    EXPECT_TRUE(lone.broadcasts().empty());
    EXPECT_EQ(lone.node().stats().claims_unbeatable, 4u);
}

TEST(RuleS5, ThirdPartyJumpIsRefused) {
    Believing lone{State::alive};
    const std::uint32_t jump = lone.config().max_incarnation_jump;
    lone.suspect("x", kKnown + jump + 1, "n2");
    EXPECT_EQ(lone.state("x"), State::alive);
    lone.suspect("x", kKnown + jump, "n2");
    EXPECT_EQ(lone.state("x"), State::suspect);
}

TEST(RuleS5, MemberItselfMayJump) {
    Believing lone{State::alive};
    const AliveClaim claim{
        .node = "x", .incarnation = 0xf0000000, .address = WireAddress::v4(10, 0, 0, 99)};
    lone.alive(claim, host(9));
    EXPECT_EQ(lone.incarnation("x"), kKnown);
    lone.alive(claim, host(99));
    EXPECT_EQ(lone.incarnation("x"), 0xf0000000u);
}

TEST(RuleS5, ThirdPartyJumpToBeatableIncarnationIsAccepted) {
    Believing lone{State::alive};
    AliveClaim claim{
        .node = "x", .incarnation = 0x80000202, .address = WireAddress::v4(10, 0, 0, 99)};
    lone.alive(claim, host(9));
    EXPECT_EQ(lone.incarnation("x"), kKnown);
    claim.incarnation = 0x80000201;  // one step above the answer to the highest of a former life
    lone.alive(claim, host(9));
    EXPECT_EQ(lone.incarnation("x"), 0x80000201u);
}

TEST(RuleS6, InvalidClaimsNeverEnterTable) {
    LoneNode lone;
    const std::size_t before = lone.node().members().size();
    const std::string long_name(600, 'x');
    const std::vector<AliveClaim> invalid{
        {.node = ""},
        {.node = "x", .incarnation = 0},
        {.node = "x", .address = {}},
        {.node = "x", .versions = std::nullopt},
        {.node = "x", .versions = wire::Versions{0, 5, 2, 2, 5, 5}},
        {.node = "x", .versions = wire::Versions{1, 0, 2, 2, 5, 5}},
        {.node = "x", .versions = wire::Versions{3, 2, 2, 2, 5, 5}},
        {.node = "x", .versions = wire::Versions{}},
        {.node = long_name},
    };
    std::uint64_t counted = lone.node().stats().claims_invalid;
    for (const AliveClaim& claim : invalid) {
        lone.alive(claim);
        EXPECT_EQ(lone.node().stats().claims_invalid, ++counted);
    }
    EXPECT_EQ(lone.node().members().size(), before);
    EXPECT_TRUE(lone.broadcasts().empty());
    EXPECT_TRUE(lone.events().empty());
}

TEST(RuleS6, PortZeroMeansOurBindPort) {
    LoneNode lone{[](Config& c) { c.bind_port = 7777; }};
    lone.alive({.node = "x", .port = 0});
    EXPECT_EQ(lone.member("x")->port(), 7777);
}

TEST(RuleS6, OnlyAllowedNetworksMayJoin) {
    LoneNode lone{[](Config& c) { c.allowed_networks = {*Network::parse("10.0.0.0/24")}; }};
    lone.alive({.node = "in", .address = WireAddress::v4(10, 0, 0, 7)});
    lone.alive({.node = "out", .address = WireAddress::v4(10, 0, 1, 7)});
    EXPECT_EQ(lone.state("in"), State::alive);
    EXPECT_EQ(lone.member("out"), nullptr);
    EXPECT_EQ(lone.node().stats().claims_outside_networks, 1u);
}

TEST(RuleS6, FullTableRefusesNewMembers) {
    LoneNode lone{[](Config& c) { c.max_members = 3; }};
    lone.know(5);
    EXPECT_EQ(lone.node().members().size(), 3u);
    EXPECT_EQ(lone.node().stats().members_refused, 3u);
    EXPECT_EQ(lone.state("n2"), State::alive);
    EXPECT_EQ(lone.state("n3"), State::alive);
}

}  // namespace
}  // namespace rollcall::membership
