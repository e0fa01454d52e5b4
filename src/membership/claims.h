// SPDX-License-Identifier: Apache-2.0
//
// How a claim changes the state of a member: the decision tables, pure functions, no state.
//
//   Rule S1 (others), docs/protocol.md. SWIM section 4.2 gives the order of preference; where
//   memberlist differs we follow memberlist, since all members of a mixed cluster must reach the
//   same state: dead and left are not final (a newer alive revives), and a suspect claim about a
//   suspect only confirms, it never raises the incarnation. Two local additions: a dead or left
//   member's stored incarnation follows newer deaths, so that an alive claim that is older than its
//   death revives no one; and a dead member that turns out to have left becomes left. Rule S4
//   (ourselves): which claims need a refutation. Rule S5: which incarnations are accepted at all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/ids.h"
#include "membership/events.h"
#include "membership/member_table.h"

namespace rollcall::membership {

enum class Verdict : std::uint8_t {
    ignore,
    adopt,    // the claim becomes the member's state
    confirm,  // confirms a running suspicion
    record,   // only stores the incarnation
};

// Rule S1.
constexpr Verdict judge_other(State believed, Incarnation ours, ClaimKind claim,
                              Incarnation theirs) {
    using enum Verdict;
    enum class Needs : std::uint8_t { same_or_newer, newer };
    using enum Needs;
    struct Rule {
        Needs incarnation;
        Verdict then;
    };
    // clang-format off
    constexpr Rule rules[4][4] = {
        //  claim ->    alive            suspect                   dead                      leave
        /* alive   */ {{newer, adopt},  {same_or_newer, adopt},   {same_or_newer, adopt},   {same_or_newer, adopt}},
        /* suspect */ {{newer, adopt},  {same_or_newer, confirm}, {same_or_newer, adopt},   {same_or_newer, adopt}},
        /* dead    */ {{newer, adopt},  {newer, ignore},        {newer, record},        {same_or_newer, adopt}},
        /* left    */ {{newer, adopt},  {newer, record},        {newer, record},        {newer, record}},
    };
    // clang-format on
    const Rule rule = rules[static_cast<std::size_t>(believed)][static_cast<std::size_t>(claim)];
    const bool holds = rule.incarnation == newer ? theirs > ours : theirs >= ours;
    return holds ? rule.then : ignore;
}

// Rule S5: which incarnations are accepted. A refutation is one above the claim, and others must be
// able to believe it in turn.
struct IncarnationRange {
    Incarnation highest_alive{std::numeric_limits<std::uint32_t>::max() - 1};
    Incarnation highest_accusation{std::numeric_limits<std::uint32_t>::max() - 2};
    // A restarted member begins at 1 and must outbid the incarnation that the cluster stored of its
    // previous life, however high it is. One step a second takes 68 years to reach this value, so a
    // higher one was never ours.
    Incarnation highest_former_life{1u << 31};
    // Above that, others raise a member only in steps that it answers: at most so far in one claim,
    // and never into the last numbers, which are kept for the member's own claims.
    std::uint32_t upper_step = 512;
    Incarnation highest_by_others{std::numeric_limits<std::uint32_t>::max() - (1u << 24)};
};
inline constexpr IncarnationRange kIncarnations;
inline constexpr Incarnation kHighestAlive = kIncarnations.highest_alive;
inline constexpr Incarnation kHighestAccusation = kIncarnations.highest_accusation;
inline constexpr Incarnation kHighestFormerLife = kIncarnations.highest_former_life;

[[nodiscard]] constexpr bool beatable(ClaimKind claim, Incarnation theirs,
                                      const IncarnationRange& range = kIncarnations) {
    return theirs <= (claim == ClaimKind::alive ? range.highest_alive : range.highest_accusation);
}

// No member raises its incarnation that far between two of its claims.
[[nodiscard]] constexpr bool within_jump(Incarnation ours, Incarnation theirs,
                                         std::uint32_t max_jump) {
    return theirs <= ours || theirs.value() - ours.value() <= max_jump;
}

// Whether a claim raises a member in the upper half of the range, where the steps are counted.
[[nodiscard]] constexpr bool is_upper_step(Incarnation known, Incarnation theirs,
                                           const IncarnationRange& range = kIncarnations) {
    return theirs > known && theirs > range.highest_former_life.next();
}

// How far a claim raises a member there. From below, any claim up to the middle is believed, so the
// step counts from there.
[[nodiscard]] constexpr std::uint32_t upper_step(Incarnation known, Incarnation theirs,
                                                 const IncarnationRange& range = kIncarnations) {
    const Incarnation base = std::max(known, range.highest_former_life.next());
    return theirs > base ? theirs.value() - base.value() : 0;
}

// A step there that others could not have made: the member itself did, or one that forged its
// address. From {}: of a member that was unknown.
[[nodiscard]] constexpr bool is_doubtful_step(Incarnation known, Incarnation theirs,
                                              const IncarnationRange& range = kIncarnations) {
    return upper_step(known, theirs, range) > range.upper_step;
}

// A claim of others about a member whose incarnation we know.
[[nodiscard]] constexpr bool believable_from_others(ClaimKind claim, Incarnation known,
                                                    Incarnation theirs, std::uint32_t max_jump,
                                                    const IncarnationRange& range = kIncarnations) {
    if (!beatable(claim, theirs, range)) return false;
    if (is_upper_step(known, theirs, range)) {
        return theirs <= range.highest_by_others &&
               upper_step(known, theirs, range) <= range.upper_step;
    }
    if (within_jump(known, theirs, max_jump)) return true;
    // The member itself outbids its previous life up to that value, and peers that learn of it from
    // others must follow: with the old incarnation they would send accusations that it ignores.
    return claim == ClaimKind::alive && theirs <= range.highest_former_life.next();
}

// In the upper half a member may be unable to outbid what others said in its name. What it says
// itself, by a stream of its own, counts whatever the numbers.
[[nodiscard]] constexpr bool own_word_counts(Incarnation known, Incarnation theirs,
                                             const IncarnationRange& range = kIncarnations) {
    return known > range.highest_former_life && theirs <= known;
}

enum class SelfVerdict : std::uint8_t {
    ignore,
    refute,
    insist,  // it cannot or should not be outbid: we repeat our current claim
};

// Rules S4 and S5: a claim about ourselves from another member. `same`: an alive claim with our
// metadata and versions. Once we are leaving we do not answer.
constexpr SelfVerdict judge_self(bool leaving, Incarnation ours, ClaimKind claim,
                                 Incarnation theirs, bool same,
                                 const IncarnationRange& range = kIncarnations) {
    if (leaving || theirs < ours) return SelfVerdict::ignore;
    if (claim == ClaimKind::alive && theirs == ours && same) return SelfVerdict::ignore;
    // Others judge the answer as an alive claim, and it must leave room for one more accusation.
    if (!beatable(ClaimKind::suspect, theirs, range)) return SelfVerdict::insist;
    if (theirs > ours && theirs > range.highest_former_life) {
        const bool answered = theirs <= range.highest_by_others &&
                              upper_step(ours, theirs, range) <= range.upper_step;
        return answered ? SelfVerdict::refute : SelfVerdict::insist;
    }
    return SelfVerdict::refute;
}

static_assert(kHighestFormerLife < kHighestAccusation);
static_assert(kIncarnations.highest_by_others < kHighestAccusation);
static_assert(judge_other(State::dead, Incarnation{7}, ClaimKind::alive, Incarnation{8}) ==
              Verdict::adopt);
static_assert(judge_other(State::dead, Incarnation{7}, ClaimKind::suspect, Incarnation{8}) ==
              Verdict::ignore);

}  // namespace rollcall::membership
