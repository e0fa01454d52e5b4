// SPDX-License-Identifier: Apache-2.0
//
// A scenario: what a cluster is like, what is done to it and when, what is expected of it. Plain
// data, made by reading a file (file.h) or by drawing from a seed (drawn.h), carried out by the
// runner (runner.h). Nodes are meant by number from 1: node 7 is called n7 until it is renamed.
// Docs: docs/simulation.md, "Scenarios".
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
#include "sim/world/bandwidth.h"
#include "sim/world/links.h"
#include "wire/keyring.h"

namespace rollcall::sim {

// Numbers of nodes, ascending, each once.
using Nodes = std::vector<std::uint32_t>;

// Keys have numbers; an encrypted cluster begins with number 1. No more than a keyring holds.
inline constexpr unsigned kMostKeys = wire::Keyring::kMaxKeys;

// --- what can be done to a cluster ---------------------------------------------------------------

namespace action {

struct Crash {
    Nodes who;
};  // the host is gone, silent
struct Kill {
    Nodes who;
};  // the process is gone; its host answers "port unreachable"
struct Start {
    Nodes who;
};                // a process that does not run starts anew and joins through `Join::via`'s rule
struct Restart {  // kills what still runs, then starts and joins again
    Nodes who;
    bool new_address = false;
    bool new_name = false;  // n7 comes back as n7b, then n7c, ...
    // Comes back at the address of this node, unless that runs; 0: not. Not with new_address.
    std::uint32_t address_of = 0;
};
struct Readdress {
    Nodes who;
};  // the hosts get other addresses while their processes run on
struct Join {
    Nodes who;
    std::uint32_t via = 1;
};
struct Leave {
    Nodes who;
};  // gracefully; the process ends once it has left
struct Pause {
    Nodes who;
};
struct Resume {
    Nodes who;
};
struct Slow {
    Nodes who;
    Duration service_time{};
};  // per packet handled; 0: fast again
struct Block {
    Nodes who;
    Duration blocked{}, running{};
};  // blocked and running in turns; 0: ends
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
    // The hosts' own systems refuse to send that way, and tell their processes; nullopt: silence.
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
    Bandwidth bandwidth;  // {}: no limit any more
};                        // what the hosts can send and receive
struct Heal {};           // ends partitions, cuts, special links, host loss
struct UpdateMeta {
    Nodes who;
};  // announces new metadata
struct SayEvent {
    Nodes who;
};  // each tells everybody a user event; the Serf layer only, as what follows
struct AskQuery {
    Nodes who;
};  // each asks everybody something, and whoever hears it answers at once
struct RotateKeys {
    Nodes who;  // the first of them that runs
    unsigned key = 1;
    bool without_failed = false;
};  // replaces all keys by that one, unless somebody is at it already

}  // namespace action

using Action =
    std::variant<action::Crash, action::Kill, action::Start, action::Restart, action::Join,
                 action::Leave, action::Pause, action::Resume, action::Slow, action::Block,
                 action::Drift, action::ClockJump, action::Partition, action::Cut, action::Mend,
                 action::SetLinks, action::SetLink, action::HostLoss, action::Narrow, action::Heal,
                 action::UpdateMeta, action::SayEvent, action::AskQuery, action::RotateKeys,
                 action::Readdress>;

struct Step {
    Duration at{};  // since the run's beginning
    Action what;
    unsigned line = 0;  // of the file; 0: drawn
};

// --- what is expected ----------------------------------------------------------------------------

namespace expect {

// Every running node but `about` itself holds it for `state` at `by`, or earlier and ever since.
struct Seen {
    Nodes about;
    membership::State state = membership::State::alive;
    Duration by{};
};
// Somebody came to hold each of them for `state` within `first_within` of `since`; everybody who
// runs holds each of them so within `last_within`. 0: not asked.
struct Detected {
    Nodes about;
    Duration since{}, first_within{}, last_within{};
    membership::State state = membership::State::dead;
};
// Nobody held `about` (empty: anybody) for `state` in [from, to].
struct Never {
    Nodes about;
    membership::State state = membership::State::dead;
    Duration from{}, to{};
};
// Every running node holds exactly the running nodes for alive at `by`.
struct Converged {
    Duration by{};
};
// Every running node has that key and no other at `by`.
struct KeyAlone {
    unsigned key = 1;
    Duration by{};
};
// A figure of the run (metrics.h) lies in [least, most].
struct Figure {
    std::string name;
    std::optional<double> least, most;
};

}  // namespace expect

struct Expectation {
    std::variant<expect::Seen, expect::Detected, expect::Never, expect::Converged, expect::KeyAlone,
                 expect::Figure>
        what;
    std::string text;   // as written
    unsigned line = 0;  // of the file
};

// --- the whole -----------------------------------------------------------------------------------

enum class Beginning : std::uint8_t {
    joined,   // everybody knows everybody before time begins to count
    alone,    // everybody runs, nobody knows anybody
    stopped,  // hosts only
};

struct Scenario {
    std::string name;
    std::string why;  // the paragraph at the head of the file
    unsigned nodes = 5;
    bool serf = false;  // the whole Serf layer instead of the membership core alone
    bool encrypted = false;
    Beginning beginning = Beginning::joined;
    std::string profile_name = "lan";  // which `profile` began as
    membership::Config profile = membership::Config::lan();
    serf::Config serf_layer;  // with `serf`; its own `membership` is not used
    LinkQuality links;
    Duration wake_delay{};    // timers fire up to this late
    std::vector<Step> steps;  // by time; equal times in the order written
    Duration length{};        // how long the run takes
    // Checks invariants.h throughout; and after the end, with everything healed, started again and
    // given this long, that everybody agrees. 0: no such check.
    Duration healing{};
    std::vector<Expectation> expectations;
    std::vector<std::string> metrics;   // figures to print, by name; empty: all
    std::optional<std::uint64_t> seed;  // to run with unless another is asked for
    std::optional<std::uint64_t> hash;  // what the run with that seed must come to
};

}  // namespace rollcall::sim
