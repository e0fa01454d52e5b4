// SPDX-License-Identifier: Apache-2.0
//
// What the events of membership show beyond its counters: round trips of probes, and why members
// were suspected and declared failed. Plain counters since the start, by values of enumerations
// only, so their number does not depend on the cluster. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "agent/metrics/families.h"
#include "base/duration_counts.h"
#include "membership/events.h"

namespace rollcall::agent {

inline constexpr std::array<std::chrono::microseconds, 13> kRttBounds{
    std::chrono::microseconds{100},    std::chrono::microseconds{250},
    std::chrono::microseconds{500},    std::chrono::microseconds{1000},
    std::chrono::microseconds{2500},   std::chrono::microseconds{5000},
    std::chrono::microseconds{10000},  std::chrono::microseconds{25000},
    std::chrono::microseconds{50000},  std::chrono::microseconds{100000},
    std::chrono::microseconds{250000}, std::chrono::microseconds{500000},
    std::chrono::microseconds{1000000}};

// Why this agent began to suspect a member. The first four: its own probe failed, and the strongest
// finding of the probe.
enum class SuspicionCause : std::uint8_t {
    refused,     // its host answers that no process is there
    no_route,    // this host has no way to it
    not_sent,    // this host could not send
    unanswered,  // neither it nor a relay answered
    claim,       // another member suspects it
    push_pull,   // in the state of a peer it was suspect or dead
};
inline constexpr std::size_t kSuspicionCauses = 6;
// Why it came to consider a member failed.
enum class FailureCause : std::uint8_t {
    unanswered,  // the verdict of its own vigil (rule F4)
    refused,     // likewise: its host answers that no process is there
    expired,     // a suspicion ran out here
    claim,       // another member declared it
};
inline constexpr std::size_t kFailureCauses = 4;

[[nodiscard]] SuspicionCause cause_of(const membership::MemberSuspected& event);
[[nodiscard]] FailureCause cause_of(const membership::MemberFailed& event);

class EventCounts {
public:
    void handle(const membership::Event& event);
    void add_metrics(Families& families) const;

private:
    DurationCounts<kRttBounds.size()> rtt_;
    std::array<std::uint64_t, kSuspicionCauses> suspicions_{};
    std::array<std::uint64_t, kFailureCauses> failures_{};
    std::uint64_t cleared_ = 0;
    std::array<std::uint64_t, 4> refuted_{};  // by ClaimKind
    std::uint64_t abandoned_ = 0;
    std::uint64_t udp_blocked_ = 0;
};

}  // namespace rollcall::agent
