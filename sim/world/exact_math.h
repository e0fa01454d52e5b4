// SPDX-License-Identifier: Apache-2.0
//
// Base-2 powers and logarithms in fixed point, with 32 fraction bits: the same on every machine.
// Accurate to about eight digits.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/check.h"

namespace rollcall::sim {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

inline constexpr unsigned kFixedBits = 32;
inline constexpr std::int64_t kFixedOne = std::int64_t{1} << kFixedBits;

// log2 of value / 2^32, in units of 2^-32. `value` above 0.
[[nodiscard]] constexpr std::int64_t fixed_log2(std::uint64_t value) {
    ROLLCALL_CHECK(value > 0);
    const int top = 63 - std::countl_zero(value);
    std::int64_t result = (static_cast<std::int64_t>(top) - kFixedBits) * kFixedOne;
    // The mantissa, in [1, 2) with 63 fraction bits; each squaring yields one bit.
    std::uint64_t mantissa = value << (63 - top);
    for (unsigned bit = 1; bit <= kFixedBits; ++bit) {
        const Wide square = static_cast<Wide>(mantissa) * mantissa;
        const bool two_or_more = (square >> 127) != 0;
        mantissa = static_cast<std::uint64_t>(square >> (two_or_more ? 64 : 63));
        if (two_or_more) result += kFixedOne >> bit;
    }
    return result;
}

// The square root of `square`, rounded down.
[[nodiscard]] constexpr std::uint64_t whole_root(Wide square) {
    std::uint64_t root = 0;
    for (int bit = 63; bit >= 0; --bit) {
        const std::uint64_t candidate = root | std::uint64_t{1} << bit;
        if (static_cast<Wide>(candidate) * candidate <= square) root = candidate;
    }
    return root;
}

// 2^(1/2), 2^(1/4), 2^(1/8)..., with 62 fraction bits.
inline constexpr std::array<std::uint64_t, kFixedBits> kRootsOfTwo = [] {
    std::array<std::uint64_t, kFixedBits> roots{};
    std::uint64_t previous = std::uint64_t{1} << 63;
    for (std::uint64_t& root : roots)
        root = previous = whole_root(static_cast<Wide>(previous) << 62);
    return roots;
}();

// factor * 2^(exponent / 2^32), rounded down. The caller keeps the exponent within -40 to 40 times
// 2^32 and the result below 2^62.
[[nodiscard]] constexpr std::int64_t scaled_exp2(std::int64_t factor, std::int64_t exponent) {
    ROLLCALL_CHECK(factor >= 0 && exponent >= -40 * kFixedOne && exponent <= 40 * kFixedOne);
    const std::int64_t whole = exponent >> kFixedBits;  // towards minus infinity
    const auto fraction = static_cast<std::uint64_t>(exponent - whole * kFixedOne);
    std::uint64_t power = std::uint64_t{1} << 62;
    for (unsigned i = 0; i < kFixedBits; ++i) {
        if ((fraction >> (kFixedBits - 1 - i) & 1) == 0) continue;
        power = static_cast<std::uint64_t>(static_cast<Wide>(power) * kRootsOfTwo[i] >> 62);
    }
    const Wide product = static_cast<Wide>(static_cast<std::uint64_t>(factor)) * power;
    const Wide scaled = product >> (62 - whole);
    ROLLCALL_CHECK(scaled >> 62 == 0);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(scaled));
}

}  // namespace rollcall::sim
