// SPDX-License-Identifier: Apache-2.0
//
// Which members are compatible with us (rule Y2). memberlist refuses a whole exchange when one
// member's versions do not fit, so that a single bad announcement locks all members out. We judge
// each member separately: an incompatible one is skipped, whatever its source, and the others are
// not affected.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "wire/messages.h"

namespace rollcall::membership {

enum class VersionFault : std::uint8_t { none, malformed, protocol, application };

[[nodiscard]] constexpr VersionFault judge_versions(const wire::Versions& ours,
                                                    const wire::Versions& theirs) {
    if (theirs.pmin == 0 || theirs.pmax == 0 || theirs.pmin > theirs.pmax) {
        return VersionFault::malformed;
    }
    const auto fits = [](unsigned min_a, unsigned max_a, unsigned cur_a, unsigned min_b,
                         unsigned max_b, unsigned cur_b) {
        const unsigned low = std::max(min_a, min_b);
        const unsigned high = std::min(max_a, max_b);
        return low <= cur_a && cur_a <= high && low <= cur_b && cur_b <= high;
    };
    if (!fits(ours.pmin, ours.pmax, ours.pcur, theirs.pmin, theirs.pmax, theirs.pcur)) {
        return VersionFault::protocol;
    }
    if (!fits(ours.dmin, ours.dmax, ours.dcur, theirs.dmin, theirs.dmax, theirs.dcur)) {
        return VersionFault::application;
    }
    return VersionFault::none;
}

// "member 'x': protocol versions 9 to 9, using 9 do not fit ours: 1 to 5, using 2".
[[nodiscard]] inline std::string describe(VersionFault fault, std::string_view name,
                                          const wire::Versions& ours,
                                          const wire::Versions& theirs) {
    const auto range = [](unsigned min, unsigned max, unsigned cur) {
        return std::to_string(min) + " to " + std::to_string(max) + ", using " +
               std::to_string(cur);
    };
    const bool app = fault == VersionFault::application;
    return "member '" + std::string{name} + "': " + (app ? "application" : "protocol") +
           " versions " +
           (app ? range(theirs.dmin, theirs.dmax, theirs.dcur)
                : range(theirs.pmin, theirs.pmax, theirs.pcur)) +
           " do not fit ours: " +
           (app ? range(ours.dmin, ours.dmax, ours.dcur) : range(ours.pmin, ours.pmax, ours.pcur));
}

}  // namespace rollcall::membership
