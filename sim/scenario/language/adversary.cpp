// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/adversary.h"

namespace rollcall::sim {
namespace {

using enum AttackKind;

// In the order of the enumeration.
constexpr std::array<AttackWord, kAttackKinds> kAttackWords{{
    {.kind = forge_suspicions, .verb = "forge", .what = "suspicions", .about = true},
    {.kind = forge_deaths, .verb = "forge", .what = "deaths", .about = true},
    {.kind = forge_leaves, .verb = "forge", .what = "leaves", .about = true},
    {.kind = forge_takeovers, .verb = "forge", .what = "takeovers", .about = true},
    {.kind = forge_prunes, .verb = "forge", .what = "prunes", .serf = true, .about = true},
    {.kind = forge_claims, .verb = "forge", .what = "claims", .about = true},
    {.kind = flood_pings, .verb = "flood", .what = "pings"},
    {.kind = flood_relays, .verb = "flood", .what = "relays"},
    {.kind = flood_states, .verb = "flood", .what = "states"},
    {.kind = flood_joins, .verb = "flood", .what = "joins"},
    {.kind = replay_packets, .verb = "replay", .what = {}},
    {.kind = walk_clocks, .verb = "walk", .what = "clocks", .serf = true},
    {.kind = walk_incarnations, .verb = "walk", .what = "incarnations", .about = true},
    {.kind = lie_ghosts, .verb = "lie", .what = "ghosts"},
    {.kind = lie_states, .verb = "lie", .what = "states"},
}};

}  // namespace

const std::array<AttackWord, kAttackKinds>& attack_words() {
    return kAttackWords;
}

const AttackWord& word_of(AttackKind kind) {
    return kAttackWords[static_cast<std::size_t>(kind)];
}

std::string attack_text(AttackKind kind) {
    const AttackWord& word = word_of(kind);
    std::string text{word.verb};
    if (!word.what.empty()) text += " " + std::string{word.what};
    return text;
}

}  // namespace rollcall::sim
