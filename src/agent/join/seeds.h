// SPDX-License-Identifier: Apache-2.0
//
// When to try which seeds. Three phases, one after the other: the start (--join), once, and the
// agent ends when nobody answers; retrying (--retry-join) with growing, jittered delays until
// somebody answers; then watching, for as long as the agent runs: seeds that are not alive members
// are tried again, so that two halves of a cluster that lost and forgot each other find together.
// Seeds stay names: whoever carries an attempt out looks them up anew each time. Pure: told the
// time and the outcome, contacts nobody.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/rng.h"
#include "base/time.h"

namespace rollcall::agent {

// The wait after `failures` attempts in a row that failed: interval, 2, 4, then 8 times that, each
// a quarter shorter to a quarter longer as `dice` in [0, 1) has it, so that a thousand agents that
// lost the same seed do not come back to it in step.
[[nodiscard]] Duration seed_delay(Duration interval, unsigned failures, double dice);

class Seeds {
public:
    struct Options {
        std::vector<HostPort> join;
        std::vector<HostPort> retry_join;
        Duration interval{};
        unsigned max_attempts = 0;  // of the retrying phase; 0: no limit
    };
    enum class Phase : std::uint8_t { start, retry, watch, idle, failed };

    Seeds(Options options, std::uint64_t dice_seed);

    // Begins. The first attempt, if there are seeds, is due at once.
    void begin(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }
    // The seeds to try now, empty when nothing is due. Until attempt_ended() nothing else is due.
    [[nodiscard]] std::vector<HostPort> take_due(Time now);
    // Of the attempt taken: how many answered. While watching only `missing` counts, the number of
    // seeds that were no alive members: one that answers under another address than it announces is
    // missing each time, and must not be asked for its state every half minute by everybody.
    void attempt_ended(Time now, unsigned contacted, unsigned missing);
    // Nobody else answered, and some of the seeds are this agent itself: the first of a cluster has
    // its own address in the list that all share. It does not end for want of others. `others`:
    // there were other seeds to try.
    void attempt_met_ourselves(Time now, bool others);
    // Nobody could be asked, for a reason of this host's own. It does not count as an attempt.
    void attempt_held(Time now);
    // That reason is gone: what is due later is due now.
    void go_on(Time now);
    // A member was lost: seeds are looked at after one plain interval again.
    void member_lost(Time now);

    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] unsigned attempts() const { return attempts_; }  // of this phase
    [[nodiscard]] const std::vector<HostPort>& all() const { return all_; }

private:
    void enter(Time now, Phase phase);
    void wait(Time now, unsigned failures);

    Options options_;
    std::vector<HostPort> all_;  // both lists, each seed once
    Rng dice_;
    Phase phase_ = Phase::idle;
    unsigned attempts_ = 0;
    unsigned failures_ = 0;  // in a row
    std::optional<Time> due_;
};

// Which addresses of a seed to ask: those that are no alive members. One of a host's two families
// may never be announced, so a family in which nobody is a member does not count beside one in
// which somebody is. Of a name that stands for many hosts each one counts: two halves of a cluster
// that lost each other both know some of them.
[[nodiscard]] std::vector<Endpoint> strangers_among(
    const std::vector<Endpoint>& addresses, const std::function<bool(const Endpoint&)>& is_member);

// "n2/seed.example:7946", as an operator would write it.
[[nodiscard]] std::string to_text(const HostPort& seed);

}  // namespace rollcall::agent
