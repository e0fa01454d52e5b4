// SPDX-License-Identifier: Apache-2.0
//
// Whom a query is about: the filters it carries, tried on one member. All must match; one that
// cannot be read, is of a kind we do not know, or has a broken expression matches nobody. Rule E2.
//
//   filter = 00 array(name)            the member has one of these names
//          | 01 map(Tag, Expr)         Expr is found somewhere in the value of Tag
//
// Expressions come from strangers and building them is dear (some 50 us a byte at worst), so they
// are bounded in length, in memory, and in their sum per second. Knows no other part of a query.
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
    too_dear,  // undecided: this second's expressions are used up
};

class QueryFilters {
public:
    static constexpr std::size_t kMaxPattern = 1024;         // bytes of one expression
    static constexpr std::int64_t kMaxMemory = 256 << 10;    // of one compiled expression
    static constexpr std::size_t kPatternsPerSecond = 4096;  // bytes, each with its overhead
    static constexpr std::size_t kPatternOverhead = 16;      // so that empty ones cost too

    [[nodiscard]] FilterVerdict judge(Time now, std::span<const Bytes> filters,
                                      const AskedMember& member);

private:
    [[nodiscard]] FilterVerdict judge_tag(Time now, Bytes body, const Tags& tags);
    [[nodiscard]] bool affords(Time now, std::size_t cost);

    std::optional<Time> second_;  // when the current one began
    std::size_t spent_ = 0;
};

}  // namespace rollcall::serf
