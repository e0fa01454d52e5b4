// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

namespace rollcall {

// A number with a type of its own: two tags never mix, and it has no arithmetic.
template <class Tag, std::unsigned_integral Rep>
class Strong {
public:
    constexpr Strong() = default;
    constexpr explicit Strong(Rep value) : value_{value} {}
    [[nodiscard]] constexpr Rep value() const { return value_; }
    friend constexpr bool operator==(Strong, Strong) = default;

private:
    Rep value_ = 0;
};

}  // namespace rollcall
