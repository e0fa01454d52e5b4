// SPDX-License-Identifier: Apache-2.0
//
// Whether the filters of a query match a member. All must match; a filter that cannot be read, is
// of an unknown kind, or has an invalid expression matches no member. Rule E2.
//
//   filter = 00 array(name)            the member has one of these names
//          | 01 map(Tag, Expr)         Expr is found somewhere in the value of Tag
//
// Expressions come from the network and are expensive to compile (some 50 us a byte at worst), so
// their length, memory, and total per second are bounded. Independent of the rest of a query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "serf/config.h"

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
    over_budget,  // undecided: this second's budget for expressions is used up
};

class QueryFilters {
public:
    static constexpr std::size_t kMaxPattern = 1024;         // bytes of one expression
    static constexpr std::int64_t kMaxMemory = 256 << 10;    // of one compiled expression
    static constexpr std::size_t kPatternsPerSecond = 4096;  // bytes, each with its overhead
    static constexpr std::size_t kPatternOverhead = 16;      // so that empty ones count too

    [[nodiscard]] FilterVerdict judge(Time now, std::span<const Bytes> filters,
                                      const AskedMember& member);

private:
    [[nodiscard]] FilterVerdict judge_tag(Time now, Bytes body, const Tags& tags);
    [[nodiscard]] bool affords(Time now, std::size_t cost);

    std::optional<Time> second_;  // when the current one began
    std::size_t spent_ = 0;
};

}  // namespace rollcall::serf
