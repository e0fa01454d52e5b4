// SPDX-License-Identifier: Apache-2.0
//
// How a member finds its place: each measured round trip is a spring between two coordinates, and
// ours gives way a little. Rule N1, docs/protocol.md. From Dabek, Cox, Kaashoek, Morris, "Vivaldi:
// A Decentralized Network Coordinate System", with the latency filter and gravity of Ledlie,
// Gardner, Seltzer, "Network Coordinates in the Wild", and the adjustment of Lee and others, "On
// Suitability of Euclidean Embedding for Host-Based Network Coordinate Systems".
//
// A cluster's coordinates fit together only if all members compute alike, so every floating-point
// operation and its order is Serf's, to the last bit. Knows no clock; draws only to get apart from
// a coordinate that equals ours.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/rng.h"
#include "base/time.h"
#include "serf/coordinate.h"

namespace rollcall::serf {

// The estimated round trip between two, in whole nanoseconds. Never negative for coordinates that
// are plausible.
[[nodiscard]] Duration distance(const Coordinate& a, const Coordinate& b);

// The median of a peer's last three round trips: a single slow one moves nobody.
class LatencyFilter {
public:
    // Takes one more, in seconds; answers the median so far, of two the larger.
    double add(double seconds);

private:
    static constexpr std::size_t kSamples = 3;
    std::array<double, kSamples> samples_{};
    std::uint8_t count_ = 0, next_ = 0;
};

class Vivaldi {
public:
    explicit Vivaldi(std::uint64_t seed, const Coordinate& start = {})
        : coordinate_{start}, dice_{seed} {}

    // A peer at `other` answered after `rtt`; `filter` is of that peer. A refusal changes nothing,
    // not even the filter.
    [[nodiscard]] std::optional<CoordinateRefusal> update(const Coordinate& other, Duration rtt,
                                                          LatencyFilter& filter);

    [[nodiscard]] const Coordinate& coordinate() const { return coordinate_; }
    // How often ours became implausible and began anew at the origin.
    [[nodiscard]] std::uint64_t resets() const { return resets_; }

private:
    static constexpr std::size_t kWindow = 20;

    void be_pulled(const Coordinate& other, double rtt);
    void adjust(const Coordinate& other, double rtt);
    void gravitate();
    void move(double force, const Coordinate& other);

    Coordinate coordinate_;
    Rng dice_;
    std::array<double, kWindow> window_{};  // by how much distances were wrong
    std::size_t next_in_window_ = 0;
    std::uint64_t resets_ = 0;
};

}  // namespace rollcall::serf
