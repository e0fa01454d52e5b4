// SPDX-License-Identifier: Apache-2.0
//
// What a claim does to what we believe: the decision tables, pure functions, no state.
//
//   Rule S1 (others), docs/protocol.md. SWIM section 4.2 gives the order of preference; where
//   memberlist differs we follow it, since all members of a mixed cluster must come to the same
//   belief: dead and left are not final (a newer alive revives), and a suspect claim about a
//   suspect only confirms, it never raises the incarnation. Two local additions: a dead or left
//   member's stored incarnation follows newer accusations, so that an alive claim that is older
//   than its death revives nobody; and a dead member that turns out to have left has left. Rule S4
//   (ourselves): what must be answered with a refutation. Rule S5: which incarnations are believed
//   at all.
#pragma once

#include <cstdint>
#include <limits>

#include "base/ids.h"
#include "membership/events.h"
#include "membership/member_table.h"

namespace rollcall::membership {

enum class Verdict : std::uint8_t {
    ignore,
    adopt,     // it becomes our belief
    confirm,   // of a suspicion that runs
    remember,  // only the incarnation
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
        /* dead    */ {{newer, adopt},  {newer, remember},        {newer, remember},        {same_or_newer, adopt}},
        /* left    */ {{newer, adopt},  {newer, remember},        {newer, remember},        {newer, remember}},
    };
    // clang-format on
    const Rule rule = rules[static_cast<std::size_t>(believed)][static_cast<std::size_t>(claim)];
    const bool holds = rule.incarnation == newer ? theirs > ours : theirs >= ours;
    return holds ? rule.then : ignore;
}

// Rule S5. A refutation is one above the claim, and others must be able to believe it in turn.
inline constexpr Incarnation kHighestAlive{std::numeric_limits<std::uint32_t>::max() - 1};
inline constexpr Incarnation kHighestAccusation{std::numeric_limits<std::uint32_t>::max() - 2};
// Whoever restarts begins at 1 and must outbid what the cluster remembers of the former life,
// however high that is. One step a second takes 68 years to here, so what claims more was never
// ours.
inline constexpr Incarnation kHighestFormerLife{1u << 31};

[[nodiscard]] constexpr bool beatable(ClaimKind claim, Incarnation theirs) {
    return theirs <= (claim == ClaimKind::alive ? kHighestAlive : kHighestAccusation);
}

enum class SelfVerdict : std::uint8_t {
    ignore,
    refute,
    insist,  // no answer could be above it, or should be: we say again what we said
};

// Rules S4 and S5: a claim about ourselves that came from somebody else. `same`: an alive claim
// that says what we say (metadata and versions). Once we are leaving we answer nothing.
constexpr SelfVerdict judge_self(bool leaving, Incarnation ours, ClaimKind claim,
                                 Incarnation theirs, bool same) {
    if (leaving || theirs < ours) return SelfVerdict::ignore;
    if (claim == ClaimKind::alive && theirs == ours && same) return SelfVerdict::ignore;
    // The answer is judged by others as an alive claim, and must leave room to be accused once
    // more.
    if (!beatable(ClaimKind::suspect, theirs)) return SelfVerdict::insist;
    if (theirs > ours && theirs > kHighestFormerLife) return SelfVerdict::insist;
    return SelfVerdict::refute;
}

// No member raises itself that far between two of its news.
[[nodiscard]] constexpr bool within_jump(Incarnation ours, Incarnation theirs,
                                         std::uint32_t max_jump) {
    return theirs <= ours || theirs.value() - ours.value() <= max_jump;
}

static_assert(kHighestFormerLife < kHighestAccusation);
static_assert(judge_other(State::dead, Incarnation{7}, ClaimKind::alive, Incarnation{8}) ==
              Verdict::adopt);
static_assert(judge_other(State::dead, Incarnation{7}, ClaimKind::suspect, Incarnation{7}) ==
              Verdict::ignore);

}  // namespace rollcall::membership
