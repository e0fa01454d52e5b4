// SPDX-License-Identifier: Apache-2.0
//
// The words of a scenario for an adversary: what it can do, and what it does. The adversary is one
// host that is no node of the cluster. docs/simulation.md, "Adversaries".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::sim {

// Everything that it can do beside sending packets to addresses that it knows, also with the
// source addresses of others.
struct AdversaryPowers {
    bool present = false;
    bool key = false;     // it has the first key of an encrypted cluster
    bool path = false;    // it reads every packet and every message of a stream
    bool member = false;  // it announces itself as a member, and answers pings and push/pulls
};

// Only this many packets or exchanges a second, so that a run stays affordable.
inline constexpr unsigned kFastestAttack = 1000;

enum class AttackKind : std::uint8_t {
    forge_suspicions,   // accusations in the names of others
    forge_deaths,       // dead claims in the names of others
    forge_leaves,       // dead claims in the name of the member itself
    forge_takeovers,    // a leave, then the same name at the adversary's address
    forge_prunes,       // Serf's leave intents that erase the member
    forge_claims,       // alive claims with higher incarnations and other metadata
    flood_pings,        // pings with the source addresses of others
    flood_relays,       // requests to ping a third address, likewise
    flood_states,       // requests for a push/pull
    flood_joins,        // alive claims of invented names
    replay_packets,     // what it read, again, at random later times
    walk_clocks,        // Serf's Lamport clocks, in steps as large as they are accepted
    walk_incarnations,  // the incarnations of members, likewise
    lie_ghosts,         // push/pulls with invented members
    lie_states,         // push/pulls with wrong states of true members
};
inline constexpr std::size_t kAttackKinds = 15;

struct AttackWord {
    AttackKind kind;
    std::string_view verb;
    std::string_view what;  // "" for a verb that has one meaning
    bool serf = false;      // only against the Serf layer
    bool about = false;     // its nodes are those that it lies about; else those that receive it
};
[[nodiscard]] const std::array<AttackWord, kAttackKinds>& attack_words();
[[nodiscard]] const AttackWord& word_of(AttackKind kind);
// "forge suspicions".
[[nodiscard]] std::string attack_text(AttackKind kind);

}  // namespace rollcall::sim
