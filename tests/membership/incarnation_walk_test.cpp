// SPDX-License-Identifier: Apache-2.0
//
// Nobody walks a member's incarnation to where its owner cannot follow. Rule S5.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <string>
#include <tuple>

#include "attacker.h"
#include "lone_node.h"
#include "membership/claims.h"
#include "membership/doubts.h"
#include "membership/upper_steps.h"

namespace rollcall::membership {
namespace {

using namespace std::chrono_literals;
using sim::SimCluster;
using Options = sim::ClusterOptions<Node>;

constexpr std::uint32_t kFormer = 1u << 31;
constexpr std::uint32_t kStep = kIncarnations.upper_step;
const WireAddress kHomeOfX = WireAddress::v4(10, 0, 0, 99);

// --- a model of one owner and one peer
// ------------------------------------------------------------

// The same rules with a range so small that every state can be visited.
constexpr IncarnationRange kTiny{.highest_alive = Incarnation{13},
                                 .highest_accusation = Incarnation{12},
                                 .highest_former_life = Incarnation{4},
                                 .upper_step = 2,
                                 .highest_by_others = Incarnation{10}};
constexpr std::uint32_t kTinyTop = 15;  // claims up to here are tried
constexpr std::uint32_t kTinyJump = 3;

struct World {
    std::uint32_t owner = 1;  // what it says of itself
    std::uint32_t known = 1;  // what the peer holds of it
    State state = State::alive;
    bool alike = true;  // the peer has the metadata that the owner announces at `known`
    friend auto operator<=>(const World&, const World&) = default;
};

void peer_hears(World& w, ClaimKind kind, std::uint32_t at, bool by_itself, bool genuine) {
    const Incarnation known{w.known}, theirs{at};
    const bool good = by_itself ? beatable(kind, theirs, kTiny)
                                : believable_from_others(kind, known, theirs, kTinyJump, kTiny);
    if (!good) return;
    switch (judge_other(w.state, known, kind, theirs)) {
        case Verdict::ignore:
        case Verdict::confirm:
            return;
        case Verdict::record:
            w.known = at;
            return;
        case Verdict::adopt:
            w.known = at;
            break;
    }
    if (kind == ClaimKind::alive) w.alike = genuine;
    w.state = kind == ClaimKind::alive     ? State::alive
              : kind == ClaimKind::suspect ? State::suspect
              : kind == ClaimKind::dead    ? State::dead
                                           : State::left;
}

void owner_hears(World& w, ClaimKind kind, std::uint32_t at, bool same) {
    const auto verdict =
        judge_self(false, Incarnation{w.owner}, kind, Incarnation{at}, same, kTiny);
    if (verdict == SelfVerdict::refute) {
        w.owner = at + 1;
        w.alike = false;  // until the peer hears that claim
    }
}

// The two exchange their states by a stream that the owner opened.
void exchange(World& w) {
    const World before = w;
    const ClaimKind told = before.state == State::alive  ? ClaimKind::alive
                           : before.state == State::left ? ClaimKind::leave
                                                         : ClaimKind::suspect;
    owner_hears(w, told, before.known, before.alike);
    if (own_word_counts(Incarnation{w.known}, Incarnation{before.owner}, kTiny)) {
        w.known = before.owner;
        w.state = State::alive;
        w.alike = w.owner == before.owner;
        return;
    }
    peer_hears(w, ClaimKind::alive, before.owner, true, true);
    if (w.known == w.owner && w.owner == before.owner) w.alike = true;
}

bool receives(World w) {
    for (int i = 0; i < 3; ++i) exchange(w);
    return w.known == w.owner && w.state == State::alive && w.alike;
}

// Announces other metadata, as far as the range goes.
void update(World& w) {
    if (Incarnation{w.owner} < kTiny.highest_alive) ++w.owner;
    w.alike = false;
}

TEST(RuleS5, InNoReachableStateIsTheOwnerUnheard) {
    std::set<World> seen{World{}};
    std::deque<World> open{World{}};
    const auto visit = [&](const World& w) {
        if (seen.insert(w).second) open.push_back(w);
    };
    constexpr std::array kinds{ClaimKind::alive, ClaimKind::suspect, ClaimKind::dead,
                               ClaimKind::leave};
    while (!open.empty()) {
        const World w = open.front();
        open.pop_front();
        ASSERT_TRUE(receives(w)) << "owner " << w.owner << ", peer " << w.known << ' '
                                 << to_string(w.state);
        World changed = w;
        update(changed);
        ASSERT_TRUE(receives(changed)) << "update at " << w.owner << ", peer " << w.known;
        visit(changed);
        World restarted = w;
        restarted.owner = 1;
        restarted.alike = false;
        ASSERT_TRUE(receives(restarted)) << "restarted, peer " << w.known;
        visit(restarted);
        World exchanged = w;
        exchange(exchanged);
        visit(exchanged);
        for (const ClaimKind kind : kinds) {
            for (std::uint32_t at = 0; at <= kTinyTop; ++at) {
                World told = w;
                owner_hears(told, kind, at, false);
                visit(told);
                for (const bool forged_source : {false, true}) {
                    World lied = w;
                    const bool by_itself = forged_source && kind == ClaimKind::alive;
                    peer_hears(lied, kind, at, by_itself, false);
                    visit(lied);
                }
            }
        }
    }
    EXPECT_GT(seen.size(), 500u);
}

// --- one node ------------------------------------------------------------------------------------

struct KnowsX : LoneNode {
    explicit KnowsX(std::uint32_t incarnation) {
        know(3);
        by_others(incarnation);
        drain();
        forget_events();
    }
    void by_others(std::uint32_t incarnation) {
        alive({.node = "x", .incarnation = incarnation, .address = kHomeOfX}, host(9));
    }
    void by_stream(std::uint32_t incarnation, Endpoint from) {
        peer_state({.nodes = {{.name = "x",
                               .address = kHomeOfX,
                               .port = 7946,
                               .incarnation = Incarnation{incarnation},
                               .versions = wire::kSerfVersions}}},
                   from);
    }
};

TEST(RuleS5, OthersRaiseAMemberAboveTheLimitInSmallStepsOnly) {
    KnowsX lone{kFormer + 1};
    lone.by_others(kFormer + 1 + kStep + 1);
    EXPECT_EQ(lone.incarnation("x"), kFormer + 1);
    lone.suspect("x", kFormer + 1 + kStep + 1, "n2");
    EXPECT_EQ(lone.state("x"), State::alive);
    lone.by_others(kFormer + 1 + kStep);
    EXPECT_EQ(lone.incarnation("x"), kFormer + 1 + kStep);
    EXPECT_EQ(lone.node().stats().claims_unbeatable, 2u);
    // An accusation as high as the member is never too fast.
    lone.suspect("x", kFormer + 1 + kStep, "n2");
    EXPECT_EQ(lone.state("x"), State::suspect);
}

TEST(RuleS5, StepsAboveTheLimitAreSlow) {
    KnowsX lone{kFormer + 1};
    std::uint32_t at = kFormer + 1;
    for (unsigned claim = 0; claim < 256; ++claim) {
        lone.by_others(at + kStep);
        at = lone.incarnation("x");
    }
    EXPECT_EQ(at, kFormer + 1 + kStep);
    lone.advance(990ms);
    lone.by_others(at + UpperSteps::kPerSecond);
    EXPECT_EQ(lone.incarnation("x"), at);
    lone.advance(20ms);
    lone.by_others(at + UpperSteps::kPerSecond);
    EXPECT_EQ(lone.incarnation("x"), at + UpperSteps::kPerSecond);
}

TEST(RuleS5, OthersDoNotRaiseAMemberIntoTheLastNumbers) {
    const std::uint32_t last = kIncarnations.highest_by_others.value();
    KnowsX lone{last - 1};
    lone.by_others(last);
    EXPECT_EQ(lone.incarnation("x"), last);
    lone.advance(100s);
    lone.by_others(last + 1);
    EXPECT_EQ(lone.incarnation("x"), last);
    lone.alive({.node = "x", .incarnation = last + 1, .address = kHomeOfX}, host(99));
    EXPECT_EQ(lone.incarnation("x"), last + 1);
}

// Its source may be forged.
struct DoubtsX : KnowsX {
    explicit DoubtsX(std::uint32_t incarnation = kFormer + 1) : KnowsX{incarnation} {
        (void)take_streams();
    }
    void from_its_address(std::uint32_t incarnation) {
        alive({.node = "x", .incarnation = incarnation, .address = kHomeOfX}, host(99));
    }
    // Streams that were opened to x in that time.
    [[nodiscard]] std::size_t asked(Duration time) {
        advance(time);
        std::size_t count = 0;
        for (const SentStream& stream : take_streams()) {
            if (stream.action.verb != StreamVerb::open) continue;
            EXPECT_EQ(stream.action.to, host(99));
            ++count;
        }
        return count;
    }
};

TEST(RuleS5, LongStepFromItsOwnAddressIsCheckedByStream) {
    DoubtsX lone;
    lone.from_its_address(kFormer + 1 + kStep);
    EXPECT_EQ(lone.asked(10s), 0u);
    lone.from_its_address(0xf0000000);
    EXPECT_EQ(lone.incarnation("x"), 0xf0000000);
    EXPECT_EQ(lone.asked(10ms), 1u);
    EXPECT_EQ(lone.asked(1980ms), 0u);
    EXPECT_EQ(lone.asked(20ms), 1u);  // no answer so far
    lone.by_stream(5, host(9, 40000));
    EXPECT_EQ(lone.asked(2s), 1u);
    lone.by_stream(5, host(99, 40000));
    EXPECT_EQ(lone.incarnation("x"), 5u);
    EXPECT_EQ(lone.asked(1min), 0u);
}

TEST(RuleS5, LongStepByAStreamOfItsOwnIsNotChecked) {
    DoubtsX lone;
    lone.by_stream(0xf0000000, host(99, 40000));
    EXPECT_EQ(lone.incarnation("x"), 0xf0000000);
    EXPECT_EQ(lone.asked(1min), 0u);
}

TEST(RuleS5, MemberThatOthersIntroduceAboveTheLimitIsChecked) {
    EXPECT_EQ(DoubtsX{kFormer + 1 + kStep}.asked(1s), 0u);
    EXPECT_EQ(DoubtsX{kFormer + 2 + kStep}.asked(1s), 1u);
}

TEST(RuleS5, ChecksEndWhenTheMemberKeepsSilent) {
    DoubtsX silent;
    silent.from_its_address(0xf0000000);
    EXPECT_EQ(silent.asked(90s), Doubts::kTries);
    // Its death may be forged as well.
    DoubtsX dead;
    dead.from_its_address(0xf0000000);
    dead.dead("x", 0xf0000000, "x");
    EXPECT_EQ(dead.asked(10ms), 1u);
}

// A claim in the middle may be lost, and the first that its owner hears be above it.
TEST(RuleS5, StepsFromBelowCountFromTheMiddle) {
    LoneNode lone;
    lone.suspect("me", kFormer + 1 + kStep, "n2");
    EXPECT_EQ(lone.incarnation("me"), kFormer + 1 + kStep + 1);
    LoneNode far;
    far.suspect("me", kFormer + 1 + kStep + 1, "n2");
    EXPECT_EQ(far.incarnation("me"), 1u);
    KnowsX others{1};
    others.by_others(kFormer + 1 + kStep);
    EXPECT_EQ(others.incarnation("x"), kFormer + 1 + kStep);
    KnowsX beyond{1};
    beyond.by_others(kFormer + 1 + kStep + 1);
    EXPECT_EQ(beyond.incarnation("x"), 1u);
}

TEST(RuleS5, OwnerExchangesStatesWithTheOneThatToldItANumberBeyondReach) {
    LoneNode lone;
    lone.know(5);
    (void)lone.take_streams();
    lone.alive({.node = "me", .incarnation = 0xf0000000, .address = WireAddress::v4(10, 0, 0, 1)},
               host(4));
    lone.advance(10ms);
    const auto streams = lone.take_streams();
    ASSERT_EQ(streams.size(), 1u);
    EXPECT_EQ(streams[0].action.to, host(4));
    // The source may be forged: nobody else is asked.
    lone.alive({.node = "me", .incarnation = 0xf0000001, .address = WireAddress::v4(10, 0, 0, 1)},
               host(44));
    lone.advance(500ms);
    EXPECT_TRUE(lone.take_streams().empty());
}

TEST(RuleS5, ChecksAreBoundedAndSpread) {
    Doubts doubts;
    for (std::uint32_t n = 0; n < 2 * Doubts::kMost; ++n) doubts.add(Time{}, MemberId{n});
    std::set<std::uint32_t> asked;
    std::size_t all = 0;
    for (Time now{}; now < Time{70s}; now += 50ms) {
        for (; const auto id = doubts.pop_due(now); ++all) asked.insert(id->value());
    }
    EXPECT_EQ(asked.size(), Doubts::kMost);
    EXPECT_EQ(all, static_cast<std::size_t>(70s / Doubts::kPause));
}

TEST(RuleS5, OwnStreamIsBelievedAboveTheLimitWhateverTheNumbers) {
    KnowsX lone{0xf0000000};
    lone.by_stream(1, host(9, 40000));  // not its own
    EXPECT_EQ(lone.incarnation("x"), 0xf0000000u);
    lone.dead("x", 0xf0000000, "x");
    EXPECT_EQ(lone.state("x"), State::left);
    lone.by_stream(1, host(99, 40000));
    EXPECT_EQ(lone.incarnation("x"), 1u);
    EXPECT_EQ(lone.state("x"), State::alive);
    // Below the limit the table of rule S1 decides.
    KnowsX low{kFormer};
    low.by_stream(1, host(99, 40000));
    EXPECT_EQ(low.incarnation("x"), kFormer);
}

TEST(RuleS5, OwnerAnswersStepsThatOthersMayTake) {
    LoneNode lone;
    lone.suspect("me", kFormer, "n2");
    ASSERT_EQ(lone.incarnation("me"), kFormer + 1);
    lone.suspect("me", kFormer + 1 + kStep, "n2");
    const std::uint32_t at = kFormer + 1 + kStep + 1;
    EXPECT_EQ(lone.incarnation("me"), at);
    lone.suspect("me", at + kStep, "n2");  // too fast
    EXPECT_EQ(lone.incarnation("me"), at);
    EXPECT_EQ(lone.node().stats().claims_unbeatable, 1u);
    for (unsigned i = 0; i < 100; ++i) lone.suspect("me", at + i, "n2");  // plain accusations
    EXPECT_EQ(lone.incarnation("me"), at + 100);
    lone.advance(40s);
    lone.suspect("me", at + 100 + kStep, "n2");
    EXPECT_EQ(lone.incarnation("me"), at + 100 + kStep + 1);
}

// What it cannot outbid it contradicts by streams of its own, at once.
TEST(RuleS5, OwnerThatIsBeyondReachExchangesStatesSoon) {
    LoneNode lone{[](Config& c) { c.push_pull_interval = 1h; }};
    lone.know(2);
    lone.advance(10s);
    EXPECT_TRUE(lone.take_streams().empty());
    lone.suspect("me", 0xf0000000, "n2");
    lone.sleep_through(0s);
    lone.advance(3s);
    EXPECT_FALSE(lone.take_streams().empty());
}

// --- a cluster -----------------------------------------------------------------------------------

TEST(IncarnationStories, TagsOfAWalkedMemberAreSeenAgainWithinAMinute) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        SimCluster cluster{Options{.nodes = 5, .seed = seed}};
        cluster.start_joined();
        Attacker attacker{cluster};
        const Endpoint home = cluster.node("n5").endpoint();
        for (std::uint64_t step = 0; step < 300; ++step) {
            const Incarnation at{static_cast<std::uint32_t>(
                std::min<std::uint64_t>(kFormer - (16u << 24) + (step << 24), 0xfffffffe))};
            for (const char* to : {"n1", "n2", "n3", "n4"}) {
                attacker.alive(to, "n5", at, home, "forged");
            }
            cluster.run_for(10ms);
        }
        cluster.node("n5").command([](Node& node, Time at, Outbox& out) {
            return static_cast<bool>(node.update_meta(at, as_bytes("true"), 5s, out));
        });
        const bool seen = cluster.run_until(
            [&] {
                return std::ranges::all_of(cluster.nodes(), [](const auto& node) {
                    const auto member = node->core().members().find("n5");
                    return member && member->is_live() && member->meta() == "true";
                });
            },
            60s);
        EXPECT_TRUE(seen) << seed << '\n' << cluster.story();
        EXPECT_TRUE(cluster.never_saw("n5", State::dead)) << seed << '\n' << cluster.story();
    }
}

}  // namespace
}  // namespace rollcall::membership
