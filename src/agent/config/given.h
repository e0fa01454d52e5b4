// SPDX-License-Identifier: Apache-2.0
//
// What somebody gave for one setting, as text, and where: in a file, in the environment, or as a
// flag. apply() turns it into a member of AgentConfig: a later value replaces an earlier one, lists
// get longer and tags merge. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/settings_table.h"

namespace rollcall::agent {

struct Given {
    const Setting* setting = nullptr;
    // One text; for a list any number; for tags KEY=VALUE each.
    std::vector<std::string> texts;
    std::string place;  // "/etc/rollcall/a.json:12: retry_interval", "$ROLLCALL_NODE", "--node"
};

// Where each setting's value comes from, in the order given; nothing for a default.
using Origins = std::map<const Setting*, std::vector<std::string>>;

// Mistakes name the place, the value and what is allowed, one for each text that is wrong; then
// `config` is as before. A secret that is empty is refused: a variable that is not set must not
// mean "without". Anything else that is empty counts as not given, and so does zero where it says
// nothing (Setting::More::zero_is_unset).
[[nodiscard]] std::vector<std::string> apply(const Given& given, AgentConfig& config,
                                             Origins& origins);

// What is allowed of a switch and of a number before their ranges are looked at.
inline constexpr std::string_view kTrueOrFalse = "true or false";
[[nodiscard]] std::string whole_number();

// "PLACE: 'value' is not allowed; allowed: ..."
[[nodiscard]] std::string refusal(std::string_view place, std::string_view value,
                                  std::string_view allowed);

// From "a,b,c" (of an environment variable): what stands between the separators.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text, char separator);

}  // namespace rollcall::agent
