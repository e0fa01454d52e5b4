// SPDX-License-Identifier: Apache-2.0
//
// A scenario: a cluster, a schedule of faults and actions, and expectations. Plain data, read from
// a file (file.h) or drawn from a seed (drawn.h), and run by the runner (runner.h). Nodes are
// numbered from 1; node 7 is called n7 until it is renamed. Docs: docs/simulation.md, "Scenarios".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "membership/config.h"
#include "membership/core.h"
#include "membership/member_table.h"
#include "serf/config.h"
#include "sim/scenario/language/adversary.h"
#include "sim/world/bandwidth.h"
#include "sim/world/links.h"
#include "wire/keyring.h"

namespace rollcall::sim {

// Node numbers, ascending, each once.
using Nodes = std::vector<std::uint32_t>;

// Keys are numbered; an encrypted cluster begins with key 1. At most as many as a keyring holds.
inline constexpr unsigned kMostKeys = wire::Keyring::kMaxKeys;

// --- actions on a cluster ------------------------------------------------------------------------

namespace action {

struct Crash {
    Nodes who;
};  // the host loses power
struct Kill {
    Nodes who;
};  // the process ends; its host answers "port unreachable"
struct Start {
    Nodes who;
};                // starts a stopped process, which joins the first node that it reaches
struct Restart {  // kills a running process, then starts it, and it joins again
    Nodes who;
    bool new_address = false;
    bool new_name = false;  // n7 comes back as n7b, then n7c, ...
    // Comes back at the address of this node, unless that runs; 0: unset. Not with new_address.
    std::uint32_t address_of = 0;
};
struct Readdress {
    Nodes who;
};  // the hosts get new addresses while their processes run on
struct Join {
    Nodes who;
    std::uint32_t via = 1;
};
struct Leave {
    Nodes who;
};  // graceful; the process ends once it has left
struct Pause {
    Nodes who;
};
struct Resume {
    Nodes who;
};
struct Freeze {
    Nodes who;
};  // the whole host stands still and answers nothing
struct Thaw {
    Nodes who;
};
struct Slow {
    Nodes who;
    Duration service_time{};
};  // per packet handled; 0 ends it
struct Block {
    Nodes who;
    Duration blocked{}, running{};
};  // blocked and running in turns; 0 ends it
struct Drift {
    Nodes who;
    double parts_per_million = 0;
};
struct ClockJump {
    Nodes who;
    Duration forward{};
};
struct Partition {
    std::vector<Nodes> groups;
};            // those not named form one more group
struct Cut {  // one way
    Nodes from, to;
    // The error that the hosts' own systems return to the sender; nullopt: silence.
    std::optional<membership::SendError::Kind> because = {};
};
struct Mend {
    Nodes from, to;
};
struct SetLinks {
    LinkQuality quality;
};  // everywhere
struct SetLink {
    Nodes from, to;
    LinkQuality quality;
};
struct HostLoss {
    Nodes who;
    double ingress = 0, egress = 0;
};
struct Narrow {
    Nodes who;
    Bandwidth bandwidth;  // {}: no limit
};                        // limits what the hosts send and receive
struct Heal {};           // ends partitions, cuts, changes of single links, host loss
struct UpdateMeta {
    Nodes who;
};  // announces new metadata
struct SendEvent {
    Nodes who;
};  // each sends a user event; Serf layer only, as the next two
struct SendQuery {
    Nodes who;
};  // each sends a query, and every member that receives it answers at once
struct RotateKeys {
    Nodes who;  // the first of them that runs
    unsigned key = 1;
    bool without_failed = false;
};  // replaces all keys with that one, unless a rotation is already running
struct Tune {
    Nodes who;                        // the first of them that runs asks all of them
    std::vector<std::string> values;  // "probe-interval=10ms", as serf/tune_values.h has them
    Duration revert_after{};
};  // timings by query, prepared and then applied by those that were reached; each undoes it
struct Attack {
    Nodes who;  // whom it is about, or who receives it: AttackWord::about
    AttackKind kind = AttackKind::forge_suspicions;
    unsigned rate = 1;  // packets or exchanges a second, 1 to kFastestAttack
};                      // the adversary begins; an attack of the same kind is replaced
struct Retreat {
    std::optional<AttackKind> kind = {};  // unset: all
};                                        // the adversary ends it

}  // namespace action

using Action =
    std::variant<action::Crash, action::Kill, action::Start, action::Restart, action::Join,
                 action::Leave, action::Pause, action::Resume, action::Slow, action::Block,
                 action::Drift, action::ClockJump, action::Partition, action::Cut, action::Mend,
                 action::SetLinks, action::SetLink, action::HostLoss, action::Narrow, action::Heal,
                 action::UpdateMeta, action::SendEvent, action::SendQuery, action::RotateKeys,
                 action::Readdress, action::Freeze, action::Thaw, action::Attack, action::Retreat,
                 action::Tune>;

struct Step {
    Duration at{};  // since the start of the run
    Action what;
    unsigned line = 0;  // of the file; 0: drawn
};

// --- expectations --------------------------------------------------------------------------------

namespace expect {

// At `by`, every running node but `about` itself considers it to be in `state`.
struct Seen {
    Nodes about;
    membership::State state = membership::State::alive;
    Duration by{};
};
// For each of `about`: within `first_within` of `since` at least one node considers it to be in
// `state`; within `last_within` every running node does. 0: not checked.
struct Detected {
    Nodes about;
    Duration since{}, first_within{}, last_within{};
    membership::State state = membership::State::dead;
};
// No node considered `about` (empty: any node) to be in `state` in [from, to].
struct Never {
    Nodes about;
    membership::State state = membership::State::dead;
    Duration from{}, to{};
};
// At `by`, every running node considers exactly the running nodes alive.
struct Converged {
    Duration by{};
};
// At `by`, every running node has that key and no other.
struct KeyAlone {
    unsigned key = 1;
    Duration by{};
};
// A figure of the run (judge/figures.h) lies in [least, most].
struct Figure {
    std::string name;
    std::optional<double> least, most;
};

}  // namespace expect

struct Expectation {
    std::variant<expect::Seen, expect::Detected, expect::Never, expect::Converged, expect::KeyAlone,
                 expect::Figure>
        what;
    std::string text;   // as written in the file
    unsigned line = 0;  // of the file
};

// --- scenario ------------------------------------------------------------------------------------

// The settings of a node that is as published: memberlist's protocol, without rules F1 to F7.
[[nodiscard]] inline membership::Config published_lan() {
    membership::Config config = membership::Config::lan();
    config.variant.looking = false;
    return config;
}

enum class Beginning : std::uint8_t {
    joined,   // every node knows all others before the schedule starts
    alone,    // every node runs, none knows another
    stopped,  // hosts only
};

struct Scenario {
    std::string name;
    std::string why;  // the paragraph at the head of the file
    unsigned nodes = 5;
    bool serf = false;  // the whole Serf layer instead of the membership core alone
    bool encrypted = false;
    AdversaryPowers adversary;
    Beginning beginning = Beginning::joined;
    std::string profile_name = "lan";  // `profile` before the settings were applied
    membership::Config profile = membership::Config::lan();
    // These nodes have lan as published instead: as members that run Serf.
    Nodes published;
    serf::Config serf_layer;  // with `serf`; its own `membership` is not used
    LinkQuality links;
    Duration wake_delay{};    // timers fire up to this late
    std::vector<Step> steps;  // by time; equal times in the order written
    Duration length{};        // of the run
    // After the run all faults end, all nodes are started, and within this time all must agree.
    // 0: no such check.
    Duration healing{};
    std::vector<Expectation> expectations;
    std::vector<std::string> metrics;   // figures to print, by name; empty: all
    std::optional<std::uint64_t> seed;  // default seed
    std::optional<std::uint64_t> hash;  // expected hash of the run with that seed
};

}  // namespace rollcall::sim
