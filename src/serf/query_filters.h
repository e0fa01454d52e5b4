// SPDX-License-Identifier: Apache-2.0
//
// Whether the filters of a query match a member. All must match; a filter that cannot be read, is
// of an unknown kind, or has an invalid expression matches no member. Rule E2.
//
//   filter = 00 array(name)            the member has one of these names
//          | 01 map(Tag, Expr)         Expr is found somewhere in the value of Tag
//
// Expressions come from the network and are expensive to compile, so they are bounded
// (serf/patterns.h). Independent of the rest of a query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time_budget.h"
#include "serf/config.h"
#include "serf/patterns.h"

namespace rollcall::serf {

struct AskedMember {
    std::string_view name;
    const Tags& tags;
};

// The filters of a query of ours: one for the names, if there are any, and one for each tag.
[[nodiscard]] std::vector<std::vector<std::byte>> encode_filters(std::span<const std::string> names,
                                                                 const Tags& expressions);

enum class FilterVerdict : std::uint8_t {
    match,
    no_match,
    over_budget,  // undecided: expressions have taken too much time
};

class QueryFilters {
public:
    explicit QueryFilters(WorkClock& clock) : patterns_{clock} {}

    [[nodiscard]] FilterVerdict judge(std::span<const Bytes> filters, const AskedMember& member);

private:
    [[nodiscard]] FilterVerdict judge_tag(Bytes body, const Tags& tags);

    Patterns patterns_;
};

}  // namespace rollcall::serf
