// SPDX-License-Identifier: Apache-2.0
//
// The allowed values of a setting, apart from its type: a range, a set of words, or a form that
// only its own parser can check. Used for the check, the error, the help and the manual. Pure
// functions.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"

namespace rollcall::agent {

// "10ms to 1h", "0 (off) or 1ms to 1h".
struct DurationRange {
    Duration least{}, most{};
    std::string_view zero = {};     // what 0 means where it is allowed below `least`
    bool raises = false;            // a shorter one counts as `least`, with a warning, as with Serf
    std::string_view most_is = {};  // another setting is the upper bound; checked with that one
};

// "1 to 64", "0 (never) or 4096 or more".
struct NumberRange {
    unsigned least = 0, most = std::numeric_limits<unsigned>::max();
    std::string_view zero = {};
    std::string_view besides = {};  // a further condition: ", and must fit into a packet"
};

// "1 to 255 bytes".
struct ByteRange {
    std::size_t least = 0, most = 0;
    std::string_view besides = {};  // " of UTF-8"
};

// Exactly one of these.
struct OneOf {
    std::span<const std::string_view> words;
};

// In words; literal text is in backticks, "{}" is replaced by `limit`.
struct Form {
    std::string_view text;
    std::size_t limit = 0;
};

using Allowed = std::variant<Form, DurationRange, NumberRange, ByteRange, OneOf>;

// For a terminal: "serf or none".
[[nodiscard]] std::string in_text(const Allowed& allowed);
// For the manual: "`serf` or `none`".
[[nodiscard]] std::string in_markdown(const Allowed& allowed);

[[nodiscard]] bool is_in(const DurationRange& range, Duration value);
[[nodiscard]] bool is_in(const NumberRange& range, unsigned value);
[[nodiscard]] bool is_in(const ByteRange& range, std::string_view value);
[[nodiscard]] bool is_in(const OneOf& words, std::string_view value);

}  // namespace rollcall::agent
