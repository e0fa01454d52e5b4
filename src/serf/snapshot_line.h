// SPDX-License-Identifier: Apache-2.0
//
// One line of a snapshot file (rule H1), from text and to text. The format is Serf's. Serf skips
// lines that begin with '#': these contain what only we record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/ids.h"

namespace rollcall::serf {

struct SnapshotLine {
    enum class Kind : std::uint8_t {
        alive,        // alive: NAME ADDRESS
        failed,       // # failed: NAME ADDRESS
        gone,         // not-alive: NAME
        clock,        // clock: TIME
        event_clock,  // event-clock: TIME
        query_clock,  // query-clock: TIME
        leave,        // leave
        sum,          // # sum: EIGHT HEX DIGITS, of the bytes since the last such line
        nothing,      // another comment, a coordinate of an old Serf, an empty line
    };
    Kind kind = Kind::nothing;
    std::string_view name = {};  // points into the text
    Endpoint endpoint = {};
    LamportTime time = {};
    std::uint32_t sum = 0;

    // Nullopt: not a line that we or Serf write. `text` has no newline.
    [[nodiscard]] static std::optional<SnapshotLine> parse(std::string_view text);
    // With its newline.
    [[nodiscard]] std::string to_text() const;
};

// Whether this name fits into a line: no control characters, not empty, not longer than allowed.
[[nodiscard]] bool fits_a_line(std::string_view name);

}  // namespace rollcall::serf
