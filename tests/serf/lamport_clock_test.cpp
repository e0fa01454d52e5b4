// SPDX-License-Identifier: Apache-2.0
//
// Rule C1: the Lamport clock by itself, and a model of several clocks and an attacker.
#include "serf/lamport_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/rng.h"

namespace rollcall::serf {
namespace {

using namespace std::chrono_literals;
using Followed = LamportClock::Followed;

constexpr LamportLimits kReal;
constexpr std::uint64_t kTop = std::numeric_limits<std::uint64_t>::max();

LamportTime lamport(std::uint64_t value) {
    return LamportTime{value};
}

// --- one clock -----------------------------------------------------------------------------------

class RuleC1 : public testing::Test {
protected:
    bool takes(std::uint64_t time) { return clock.witness(now, lamport(time)); }
    Followed follows(std::uint64_t next) { return clock.follow(now, lamport(next)); }
    [[nodiscard]] std::uint64_t time() const { return clock.time().value(); }

    LamportClock clock;
    Time now{1000s};
};

TEST_F(RuleC1, ClockStartsAtOneAndMovesForward) {
    EXPECT_EQ(time(), 1u);
    EXPECT_EQ(clock.increment(), lamport(1));
    EXPECT_EQ(time(), 2u);
    EXPECT_TRUE(takes(1));
    EXPECT_EQ(time(), 2u);
    EXPECT_TRUE(takes(2));
    EXPECT_EQ(time(), 3u);
    EXPECT_TRUE(takes(41));
    EXPECT_EQ(time(), 42u);
}

TEST_F(RuleC1, AnyTimeBelowTheLimitIsTaken) {
    for (const std::uint64_t far : {std::uint64_t{1} << 40, (std::uint64_t{1} << 41) - 8,
                                    (std::uint64_t{1} << 61), kReal.free - 1}) {
        EXPECT_TRUE(takes(far)) << far;
        EXPECT_EQ(time(), far + 1);
    }
}

TEST_F(RuleC1, AboveItOnlyAMinuteOfStepsIsTaken) {
    EXPECT_FALSE(takes(kReal.free + kReal.burst));
    LamportClock other;
    EXPECT_TRUE(other.witness(now, lamport(kReal.free + kReal.burst - 1)));
    EXPECT_FALSE(other.witness(now, lamport(kReal.free + kReal.burst)));
    EXPECT_FALSE(other.witness(now + 1ms, lamport(kReal.free + kReal.burst + (1u << 21))));
    EXPECT_TRUE(other.witness(now + 1s, lamport(kReal.free + kReal.burst + (1u << 28))));
}

// So that it comes nearer to its peers even while it refuses their messages.
TEST_F(RuleC1, ARefusedTimeMovesTheClockAsFarAsItMay) {
    EXPECT_FALSE(takes(kReal.free + 10 * kReal.burst));
    EXPECT_EQ(time(), kReal.free + kReal.burst);
    now += 1s;
    EXPECT_FALSE(takes(kReal.free + 10 * kReal.burst));
    EXPECT_EQ(time(), kReal.free + kReal.burst + kReal.per_second);
}

TEST_F(RuleC1, OwnMessagesOfAClusterAtTheLimitAreTaken) {
    LamportClock peer;
    ASSERT_TRUE(takes(kReal.free - 1));
    ASSERT_TRUE(peer.witness(now, lamport(kReal.free - 1)));
    for (int i = 0; i < 100000; ++i) {
        ASSERT_TRUE(peer.witness(now, clock.increment())) << i;
    }
}

TEST_F(RuleC1, AWalkOfAYearStaysFarFromTheEnd) {
    for (int i = 0; i < 365 * 24 * 60; ++i) {
        now += 1min;
        takes(std::min(time() + kReal.burst, kReal.end - 1));
    }
    EXPECT_LT(time(), kReal.free + (std::uint64_t{1} << 55));  // a hundredth of the way
}

TEST_F(RuleC1, AtTheEndNothingMovesIt) {
    clock = LamportClock{{.free = 10, .end = 20, .per_second = 100, .burst = 100}};
    EXPECT_FALSE(takes(20));
    EXPECT_FALSE(takes(kTop));
    EXPECT_EQ(time(), 1u);
    EXPECT_TRUE(takes(19));
    EXPECT_FALSE(takes(20));
    EXPECT_EQ(time(), 20u);
    EXPECT_TRUE(clock.impossible(lamport(21)));
    EXPECT_FALSE(clock.impossible(lamport(20)));
}

TEST_F(RuleC1, OwnTimesNeverWrap) {
    clock = LamportClock{{.free = kTop, .end = kTop}};
    ASSERT_TRUE(takes(kTop - 2));
    EXPECT_EQ(clock.increment(), lamport(kTop - 1));
    EXPECT_EQ(clock.increment(), lamport(kTop));
    EXPECT_EQ(clock.increment(), lamport(kTop));
    EXPECT_EQ(time(), kTop);
}

TEST_F(RuleC1, TheFirstStateIsFollowedAtOnce) {
    const std::uint64_t far = kReal.free + 1000 * kReal.burst;
    EXPECT_EQ(follows(far), Followed::up);
    EXPECT_EQ(time(), far);
    EXPECT_TRUE(takes(far));
}

TEST_F(RuleC1, LaterStatesAreFollowedWhenAllAreAhead) {
    const std::uint64_t far = kReal.free + 1000 * kReal.burst;
    follows(1);
    for (unsigned i = 1; i < LamportClock::kStatesToRise; ++i) {
        EXPECT_EQ(follows(far + i), Followed::no) << i;
    }
    EXPECT_EQ(follows(5), Followed::no);  // one that agrees with us
    for (unsigned i = 1; i < LamportClock::kStatesToRise; ++i) {
        EXPECT_EQ(follows(far + i), Followed::no) << i;
    }
    EXPECT_EQ(follows(far + 1000), Followed::up);
    EXPECT_EQ(time(), far + 1);  // the nearest of them
}

TEST_F(RuleC1, AClockThatIsAloneFallsBack) {
    const std::uint64_t far = kReal.free + 1000 * kReal.burst;
    follows(far);
    for (unsigned i = 1; i < LamportClock::kStatesToFall; ++i) {
        EXPECT_EQ(follows(50 + i), Followed::no) << i;
    }
    EXPECT_EQ(follows(far), Followed::no);  // it is not alone
    for (unsigned i = 1; i < LamportClock::kStatesToFall; ++i) {
        EXPECT_EQ(follows(50 + i), Followed::no) << i;
    }
    EXPECT_EQ(follows(50), Followed::down);
    EXPECT_EQ(time(), kReal.free);  // below, all members take all times
}

TEST_F(RuleC1, AClockAtTheEndBeginsAgain) {
    const std::uint64_t top = kReal.end - kReal.burst;
    EXPECT_EQ(follows(top), Followed::no);  // a peer there is about to begin again
    for (int i = 0; i < 10; ++i) follows(top - 1);
    EXPECT_EQ(time(), top - 1);
    EXPECT_EQ(clock.increment(), lamport(top - 1));
    EXPECT_EQ(follows(top - 1), Followed::down);
    EXPECT_EQ(time(), kReal.free);
}

TEST_F(RuleC1, BelowTheLimitStatesMoveNothingByThemselves) {
    EXPECT_EQ(follows(kReal.free), Followed::no);
    takes(1000000);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(follows(1), Followed::no);
    EXPECT_EQ(time(), 1000001u);
}

TEST_F(RuleC1, ARestoredTimeNeverIsolates) {
    clock.restore(lamport(40));
    EXPECT_EQ(time(), 41u);
    clock.restore(lamport((std::uint64_t{1} << 41) - 8));
    EXPECT_EQ(time(), (std::uint64_t{1} << 41) - 7);
    clock.restore(lamport(kReal.end - 1));  // others may be below: the first state decides
    EXPECT_EQ(time(), kReal.free);
    clock.restore(lamport(kTop));
    EXPECT_EQ(time(), kReal.free);
    EXPECT_EQ(follows(kReal.free + 5000 * kReal.burst), Followed::up);
}

// --- a model -------------------------------------------------------------------------------------
//
// Honest members as clocks, and an attacker who sends any time to any of them, in messages and in
// states. After the attacker has stopped, exchanges of states and a little time must make every
// pair of members take each other's times again.

class ClockModel {
public:
    ClockModel(std::size_t count, const LamportLimits& limits)
        : limits_{limits}, clocks_(count, LamportClock{limits}) {}

    void message(std::size_t to, std::uint64_t time) {
        static_cast<void>(clocks_[to].witness(now_, lamport(time)));
    }
    void state(std::size_t to, std::uint64_t next) {
        LamportClock& clock = clocks_[to];
        if (next == 0 || clock.impossible(lamport(next))) return;
        clock.follow(now_, lamport(next));
        static_cast<void>(clock.witness(now_, lamport(next - 1)));
    }
    void exchange(std::size_t a, std::size_t b) {
        const std::uint64_t before_a = time(a), before_b = time(b);
        state(b, before_a);
        state(a, before_b);
    }
    void send(std::size_t from, std::size_t to) { message(to, clocks_[from].increment().value()); }
    void pass(Duration time) { now_ += time; }
    void restart(std::size_t which) {
        const LamportTime last{time(which) - 1};
        clocks_[which] = LamportClock{limits_};
        clocks_[which].restore(last);
    }
    [[nodiscard]] std::uint64_t time(std::size_t which) const {
        return clocks_[which].time().value();
    }
    [[nodiscard]] std::size_t size() const { return clocks_.size(); }

    // Push/pulls as in a cluster: twice an interval for each member, in changing order.
    void quiet(int intervals, Duration interval, Rng& rng) {
        for (int i = 0; i < intervals; ++i) {
            now_ += interval;
            for (std::size_t a = 0; a < size(); ++a) {
                const auto other = static_cast<std::size_t>(rng.below(size() - 1));
                exchange(a, other < a ? other : other + 1);
            }
        }
    }
    // A message of each reaches each other one, and is not behind by more than a ring's slots.
    [[nodiscard]] std::string disagreement(std::uint64_t slots) {
        for (std::size_t from = 0; from < size(); ++from) {
            for (std::size_t to = 0; to < size(); ++to) {
                if (from == to) continue;
                const LamportTime sent = clocks_[from].increment();
                const bool taken = clocks_[to].witness(now_, sent);
                if (taken && sent.value() + slots >= time(to)) continue;
                return std::to_string(to) + " at " + std::to_string(time(to)) + " refuses " +
                       std::to_string(from) + " at " + std::to_string(sent.value());
            }
        }
        return "";
    }

private:
    LamportLimits limits_;
    std::vector<LamportClock> clocks_;
    Time now_{1000s};
};

// Every sequence of three acts, of an attacker or of two members, on clocks of a few numbers.
TEST(RuleC1Model, NoSequenceOfAFewActsSeparatesTwoMembers) {
    constexpr LamportLimits kSmall{.free = 4, .end = 12, .per_second = 1, .burst = 2};
    constexpr std::uint64_t kNumbers = 14;
    constexpr std::uint64_t kActs = 4 * kNumbers + 4;
    const auto act = [](ClockModel& members, std::uint64_t which) {
        if (which < 4 * kNumbers) {
            const std::uint64_t to = which % 2;
            const std::uint64_t time = which / 4;
            return which / 2 % 2 == 0 ? members.message(to, time) : members.state(to, time);
        }
        switch (which - 4 * kNumbers) {
            case 0:
                return members.send(0, 1);
            case 1:
                return members.exchange(0, 1);
            case 2:
                return members.restart(0);
            default:
                return members.pass(1s);
        }
    };
    for (std::uint64_t number = 0; number < kActs * kActs * kActs; ++number) {
        ClockModel members{2, kSmall};
        for (std::uint64_t rest = number, i = 0; i < 3; ++i, rest /= kActs) {
            act(members, rest % kActs);
        }
        Rng rng{number};
        members.quiet(10, 5s, rng);
        ASSERT_EQ(members.disagreement(2), "") << "acts " << number;
    }
}

// Long lies with the real numbers, to clusters of two to five.
TEST(RuleC1Model, NoWalkSeparatesMembers) {
    for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
        Rng rng{seed};
        ClockModel members{static_cast<std::size_t>(2 + rng.below(4)), kReal};
        const auto any = [&] { return static_cast<std::size_t>(rng.below(members.size())); };
        const auto lie = [&]() -> std::uint64_t {
            const std::uint64_t base =
                std::array{kReal.free, kReal.end, members.time(any()),
                           members.time(any())}[static_cast<std::size_t>(rng.below(4))];
            const std::uint64_t off = rng.next() >> rng.below(64);
            return rng.below(2) == 0 ? base + off : base - off;
        };
        for (int i = 0; i < 300; ++i) {
            const std::size_t a = any(), b = any();
            switch (rng.below(7)) {
                case 0:
                case 1:
                    members.message(a, lie());
                    break;
                case 2:
                case 3:
                    members.state(a, lie());
                    break;
                case 4:
                    if (a != b) members.send(a, b);
                    break;
                case 5:
                    if (a != b) members.exchange(a, b);
                    break;
                default:
                    rng.below(10) == 0 ? members.restart(a)
                                       : members.pass(std::chrono::seconds{rng.below(100)});
            }
        }
        members.quiet(60, 30s, rng);
        ASSERT_EQ(members.disagreement(512), "") << "seed " << seed;
    }
}

}  // namespace
}  // namespace rollcall::serf
