// SPDX-License-Identifier: Apache-2.0
//
// Every setting of the agent, once: how it is called on the command line, in configuration files
// and in the environment, what it may be, whether it changes without a restart. The flags, the
// reader of files, `--check` and the table of docs/operations.md all come from here; whether a
// value makes sense is judged elsewhere (agent/config/config.h). Constant data.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/config/config.h"

namespace rollcall::agent {

// A timing of the profile, unless it is given.
template <class T>
struct OfProfile {
    std::optional<T> AgentConfig::*given;
    T membership::Config::*profile;
};

// A list of which a later source's takes the place of an earlier one's, as of a single value. One
// text may hold several, with commas between; a file may have a text or a list.
struct WholeList {
    std::vector<std::string> AgentConfig::*list;
};

using SettingTarget =
    std::variant<std::string AgentConfig::*, std::vector<std::string> AgentConfig::*, WholeList,
                 serf::Tags AgentConfig::*, bool AgentConfig::*, Duration AgentConfig::*,
                 unsigned AgentConfig::*, OfProfile<Duration>, OfProfile<unsigned>>;

enum class Change : std::uint8_t {
    reload,   // SIGHUP is enough
    restart,  // SIGHUP says that it has to wait
};

struct Setting {
    std::string_view flag;           // without dashes: "retry-join"
    std::string_view key;            // in files: Serf's, or else the flag's with underscores
    std::string_view placeholder;    // of the flag's value; "" for a switch
    std::string_view default_value;  // for people
    std::string_view allowed;        // for people
    SettingTarget target;
    Change change = Change::restart;
    std::string_view help;
    bool secret = false;   // never shown, and never empty by accident
    char separator = ',';  // of a list in the environment
};

[[nodiscard]] std::span<const Setting> all_settings();

// "ROLLCALL_RETRY_JOIN"
[[nodiscard]] std::string environment_name(const Setting& setting);
// By the name that a ConfigError uses, the flag's with underscores; null when there is none.
[[nodiscard]] const Setting* setting_of_field(std::string_view field);

// A list or tags: what is given in several places adds up.
[[nodiscard]] bool adds_up(const Setting& setting);
// Zero counts as not given, as with Serf. Not of settings for which zero has a meaning here.
[[nodiscard]] bool zero_is_unset(const Setting& setting);
// It may have several values.
[[nodiscard]] bool is_list(const Setting& setting);
// As --check shows it and reloading compares it: "30s", "a, b", "role=web". In clear.
[[nodiscard]] std::vector<std::string> value_of(const Setting& setting, const AgentConfig& config);

// The table of docs/operations.md.
[[nodiscard]] std::string settings_as_markdown();

}  // namespace rollcall::agent
