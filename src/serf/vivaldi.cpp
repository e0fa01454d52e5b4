// SPDX-License-Identifier: Apache-2.0
//
// Compiled without fused multiply-add (CMakeLists.txt): a product that is not rounded before it is
// added would give other last bits than Serf's, and on some machines only. Keep the order of the
// operations: each is as Serf's coordinate code has it.
#include "serf/vivaldi.h"

#include <algorithm>
#include <cmath>

namespace rollcall::serf {
namespace {

constexpr double kErrorGain = 0.25;     // Vivaldi's c_e
constexpr double kMovementGain = 0.25;  // Vivaldi's c_c
constexpr double kGravityRho = 150.0;
constexpr double kNearlyZero = 1e-6;

using Vector = std::array<double, kDimensions>;

double magnitude(const Vector& v) {
    double sum = 0;
    for (const double component : v) sum += component * component;
    return std::sqrt(sum);
}

struct Direction {
    Vector unit{};
    double magnitude = 0;  // 0: the two points are one, and the direction was drawn
};

Direction direction(const Vector& to, const Vector& from, Rng& dice) {
    Vector v{};
    for (std::size_t i = 0; i < kDimensions; ++i) v[i] = to[i] - from[i];
    const double size = magnitude(v);
    if (size > kNearlyZero) {
        for (double& component : v) component *= 1.0 / size;
        return {v, size};
    }
    for (double& component : v) component = dice.unit() - 0.5;
    const double drawn = magnitude(v);
    if (drawn > kNearlyZero) {
        for (double& component : v) component *= 1.0 / drawn;
        return {v, 0};
    }
    return {{1.0}, 0};
}

double raw_distance(const Coordinate& a, const Coordinate& b) {
    Vector v{};
    for (std::size_t i = 0; i < kDimensions; ++i) v[i] = a.vec[i] - b.vec[i];
    return magnitude(v) + a.height + b.height;
}

// Whole seconds and the rest are divided apart, as Go's durations are.
double seconds_of(Duration duration) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t ns = duration.count();
    const auto whole = ns / kSecond;
    return static_cast<double>(whole) + static_cast<double>(ns % kSecond) / 1e9;
}

}  // namespace

Duration distance(const Coordinate& a, const Coordinate& b) {
    const double raw = raw_distance(a, b);
    const double adjusted = raw + a.adjustment + b.adjustment;
    const double ns = (adjusted > 0 ? adjusted : raw) * 1e9;
    // Unreachable for plausible coordinates; a conversion that overflows would be undefined.
    constexpr double kTooMany = 0x1p62;
    if (!(ns < kTooMany)) return Duration{std::int64_t{1} << 62};
    return Duration{static_cast<std::int64_t>(ns)};
}

double LatencyFilter::add(double seconds) {
    samples_[next_] = seconds;
    next_ = static_cast<std::uint8_t>((next_ + 1) % kSamples);
    count_ = static_cast<std::uint8_t>(count_ < kSamples ? count_ + 1 : count_);
    const auto& [a, b, c] = samples_;
    if (count_ == 1) return a;
    if (count_ == 2) return std::max(a, b);
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

std::optional<CoordinateRefusal> Vivaldi::update(const Coordinate& other, Duration rtt,
                                                 LatencyFilter& filter) {
    if (const auto refusal = refusal_of(other)) return refusal;
    if (rtt < Duration::zero() || rtt > kLongestRoundTrip) return CoordinateRefusal::round_trip;
    const double seconds = filter.add(seconds_of(rtt));
    pull_towards(other, seconds);
    adjust(other, seconds);
    gravitate();
    // Beyond Serf, which waits until a number is no longer finite: peers like us would refuse it,
    // and a window with such errors would distort the next twenty results, too.
    if (refusal_of(coordinate_)) {
        coordinate_ = {};
        window_ = {};
        ++resets_;
    }
    return {};
}

// The one with the larger error moves further.
void Vivaldi::pull_towards(const Coordinate& other, double rtt) {
    const double estimate = seconds_of(distance(coordinate_, other));
    rtt = std::max(rtt, kNearlyZero);
    const double wrong = std::abs(estimate - rtt) / rtt;
    const double errors = std::max(coordinate_.error + other.error, kNearlyZero);
    const double weight = coordinate_.error / errors;
    const double error =
        kErrorGain * weight * wrong + coordinate_.error * (1.0 - kErrorGain * weight);
    coordinate_.error = std::min(error, kMostError);
    move(kMovementGain * weight * (rtt - estimate), other);
}

void Vivaldi::adjust(const Coordinate& other, double rtt) {
    window_[next_in_window_] = rtt - raw_distance(coordinate_, other);
    next_in_window_ = (next_in_window_ + 1) % kWindow;
    double sum = 0;
    for (const double sample : window_) sum += sample;
    coordinate_.adjustment = sum / (2.0 * static_cast<double>(kWindow));
}

// All coordinates together may drift, and only their distances matter: they are kept near the
// origin.
void Vivaldi::gravitate() {
    const Coordinate origin;
    const double share = seconds_of(distance(origin, coordinate_)) / kGravityRho;
    move(-1.0 * (share * share), origin);
}

void Vivaldi::move(double force, const Coordinate& other) {
    const Direction away = direction(coordinate_.vec, other.vec, rng_);
    for (std::size_t i = 0; i < kDimensions; ++i) coordinate_.vec[i] += away.unit[i] * force;
    if (away.magnitude > kNearlyZero) {
        const double height =
            (coordinate_.height + other.height) * force / away.magnitude + coordinate_.height;
        coordinate_.height = std::max(height, kLeastHeight);
    }
}

}  // namespace rollcall::serf
