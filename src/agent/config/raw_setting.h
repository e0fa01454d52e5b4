// SPDX-License-Identifier: Apache-2.0
//
// The raw text of one setting and its origin: a file, the environment, or a flag. apply() parses it
// into its member of AgentConfig: a later value replaces an earlier one, lists are appended and
// tags merge. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/settings_table.h"

namespace rollcall::agent {

struct RawSetting {
    const Setting* setting = nullptr;
    // One text; for a list any number; for tags KEY=VALUE each.
    std::vector<std::string> texts;
    std::string place;  // "/etc/rollcall/a.json:12: retry_interval", "$ROLLCALL_NODE", "--node"
};

// The places that each setting's value comes from, in the order given; no entry for a default.
using Origins = std::map<const Setting*, std::vector<std::string>>;

// Returns one mistake for each wrong text, with place, value and what is allowed; `config` is then
// unchanged. An empty secret is refused: an unset variable must not disable encryption or
// authentication. Any other empty text counts as not given, and so does zero where
// Setting::More::zero_is_unset is set.
[[nodiscard]] std::vector<std::string> apply(const RawSetting& given, AgentConfig& config,
                                             Origins& origins);

// What the types switch and number allow; ranges are checked later.
inline constexpr std::string_view kTrueOrFalse = "true or false";
[[nodiscard]] std::string whole_number();

// "PLACE: 'value' is not allowed; allowed: ..."
[[nodiscard]] std::string refusal(std::string_view place, std::string_view value,
                                  std::string_view allowed);

// The items of "a,b,c" (of an environment variable), without empty ones.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text, char separator);

}  // namespace rollcall::agent
