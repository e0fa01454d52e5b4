// SPDX-License-Identifier: Apache-2.0
//
// Plans when to try which seeds, in three phases: start (--join), once, and the agent ends if no
// seed answers; retry (--retry-join), with growing, jittered delays until a seed answers; then
// watch, as long as the agent runs: seeds that are not alive members are tried again, so that two
// halves of a cluster that reaped each other merge again. Seeds are names, resolved at each
// attempt. Pure: takes the time and the results as arguments, and sends nothing.
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

// The wait after `failures` failed attempts in a row: the interval times 1, 2, 4, then 8, each with
// a jitter of up to a quarter by `dice` in [0, 1), so that many agents that lost the same seed do
// not contact it at the same time.
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
    // The seeds to try now, empty when nothing is due. Nothing else is due until attempt_ended().
    [[nodiscard]] std::vector<HostPort> take_due(Time now);
    // `contacted`: how many answered. In the watch phase only `missing` counts, the number of seeds
    // that are not alive members: a seed that advertises another address is missing each time, and
    // its state must not be requested by every member each half minute.
    void attempt_ended(Time now, unsigned contacted, unsigned missing);
    // Only this agent itself answered: the first agent of a cluster has its own address in a list
    // that all share, and does not end because of it. `others`: there were other seeds to try.
    void attempt_met_ourselves(Time now, bool others);
    // Nothing could be contacted because of this host's addresses. Does not count as an attempt.
    void attempt_held(Time now);
    // The addresses changed: makes the next attempt due now.
    void resume(Time now);
    // A member failed: the next check of the seeds is after one plain interval.
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

// The addresses of a seed to contact: those that are not alive members. A host may advertise only
// one of its two families, so a family without members is ignored if the other one has a member. Of
// a name that stands for many hosts each one counts: after a split both halves of a cluster have
// some of them.
[[nodiscard]] std::vector<Endpoint> strangers_among(
    const std::vector<Endpoint>& addresses, const std::function<bool(const Endpoint&)>& is_member);

// "n2/seed.example:7946", as an operator would write it.
[[nodiscard]] std::string to_text(const HostPort& seed);

}  // namespace rollcall::agent
