// SPDX-License-Identifier: Apache-2.0
//
// The Vivaldi algorithm: each measured round trip is a spring between two coordinates, and it moves
// ours a little. Rule N1, docs/protocol.md. From Dabek, Cox, Kaashoek, Morris, "Vivaldi:
// A Decentralized Network Coordinate System", with the latency filter and gravity of Ledlie,
// Gardner, Seltzer, "Network Coordinates in the Wild", and the adjustment of Lee and others, "On
// Suitability of Euclidean Embedding for Host-Based Network Coordinate Systems".
//
// A cluster's coordinates are consistent only if all members compute them in the same way, so every
// floating-point operation and its order is Serf's, to the last bit. Has no clock; draws random
// numbers only to move away from a coordinate that equals ours.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/rng.h"
#include "base/time.h"
#include "serf/coordinate.h"

namespace rollcall::serf {

// The estimated round trip between two, in whole nanoseconds. Never negative for plausible
// coordinates.
[[nodiscard]] Duration distance(const Coordinate& a, const Coordinate& b);

// The median of a peer's last three round trips: a single slow one has no effect.
class LatencyFilter {
public:
    // Adds one, in seconds; returns the median so far, of two the larger.
    double add(double seconds);

private:
    static constexpr std::size_t kSamples = 3;
    std::array<double, kSamples> samples_{};
    std::uint8_t count_ = 0, next_ = 0;
};

class Vivaldi {
public:
    explicit Vivaldi(std::uint64_t seed, const Coordinate& start = {})
        : coordinate_{start}, rng_{seed} {}

    // A peer at `other` answered after `rtt`; `filter` is of that peer. A refusal changes nothing,
    // not even the filter.
    [[nodiscard]] std::optional<CoordinateRefusal> update(const Coordinate& other, Duration rtt,
                                                          LatencyFilter& filter);

    [[nodiscard]] const Coordinate& coordinate() const { return coordinate_; }
    // How often ours became implausible and was reset to the origin.
    [[nodiscard]] std::uint64_t resets() const { return resets_; }

private:
    static constexpr std::size_t kWindow = 20;

    void pull_towards(const Coordinate& other, double rtt);
    void adjust(const Coordinate& other, double rtt);
    void gravitate();
    void move(double force, const Coordinate& other);

    Coordinate coordinate_;
    Rng rng_;
    std::array<double, kWindow> window_{};  // errors of recent distances
    std::size_t next_in_window_ = 0;
    std::uint64_t resets_ = 0;
};

}  // namespace rollcall::serf
