// SPDX-License-Identifier: Apache-2.0
//
// The target of a request: its path as decoded segments, and the parameters of its query. "+" is a
// plus sign in a path and a space in a query, as browsers and forms write them. Pure; the bytes are
// hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace rollcall::agent::http {

struct Target {
    // "/v1/members/a%2Fb" is {"v1", "members", "a/b"}; "/" is {}. A slash at the end is a segment
    // "", so it is another path.
    std::vector<std::string> path;
    std::vector<std::pair<std::string, std::string>> query;  // in order, repeated ones too
    std::optional<std::string> authority;  // of "http://AUTHORITY/path", which replaces Host
};

// The error is text for the client.
[[nodiscard]] Result<Target, std::string> parse_target(std::string_view text);

// As a segment of a path: all but letters, digits and "-._~" as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace rollcall::agent::http
