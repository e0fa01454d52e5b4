// SPDX-License-Identifier: Apache-2.0
//
// How SWIM's paper scales suspicions and transmissions with the size of the group (rule V4;
// sections 4.1 and 5): by the natural logarithm of the live members, where memberlist takes the
// decimal logarithm of the table size.
#pragma once

#include <cmath>
#include <cstddef>

namespace rollcall::membership {

// ceil(ln(living + 1)): 2 for 2 to 6, 3 for 7 to 19, 4 for 20 to 53; `living` includes ourselves.
[[nodiscard]] inline unsigned swim_scale(std::size_t living) {
    return static_cast<unsigned>(std::ceil(std::log(static_cast<double>(living) + 1.0)));
}

}  // namespace rollcall::membership
