// SPDX-License-Identifier: Apache-2.0
//
// Every setting of the agent, once: how it is called on the command line, in configuration files
// and in the environment, its type, its range, its default, and what a reload does with it. The
// flags and their help, the reader of files, the check of ranges, `--check`, the reload and the
// table of docs/operations/settings.md all come from here; what settings have to be beside each
// other is judged in agent/config/config.h. Constant data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/config/allowed.h"
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

// What SIGHUP does with a value that changed: nothing until a restart, or one of the steps of
// agent/config/reload.h, which take it over in this order. There is no other way to say that a
// setting reloads.
enum class OnReload : std::uint8_t {
    restart,  // SIGHUP says that it has to wait
    timings,  // what the core can be given while it runs, the profile's included; it may refuse
    tags,
    event_handlers,
    signals,
    log_level,
};

struct Setting {
    std::string_view flag;         // without dashes: "retry-join"
    std::string_view key;          // in files: Serf's, or else the flag's with underscores
    std::string_view placeholder;  // of the flag's value; "" for a switch, or for OneOf: its words
    SettingTarget target;          // and what it begins with: the default
    Allowed allowed;
    OnReload on_reload = OnReload::restart;
    std::string_view help;
    struct More {
        std::string_view default_words = {};  // where the target's first value is not it
        std::string_view beside = {};         // flag of the setting that it is judged beside
        bool zero_is_unset = false;           // 0 counts as not given, as with Serf
        bool secret = false;                  // never shown, and never empty by accident
        char separator = ',';                 // of a list in the environment
    } more = {};
};

[[nodiscard]] std::span<const Setting> all_settings();

// "ROLLCALL_RETRY_JOIN"
[[nodiscard]] std::string environment_name(const Setting& setting);
// By its flag; there must be one.
[[nodiscard]] const Setting& setting_of_flag(std::string_view flag);
// The name that a ConfigError uses, the flag's with underscores; and by it, null when there is
// none.
[[nodiscard]] std::string field_of(const Setting& setting);
[[nodiscard]] const Setting* setting_of_field(std::string_view field);

// A timing of the profile, unless it is given.
[[nodiscard]] bool of_profile(const Setting& setting);
// A list or tags: what is given in several places adds up.
[[nodiscard]] bool adds_up(const Setting& setting);
// It may have several values.
[[nodiscard]] bool is_list(const Setting& setting);
// As --check shows it and reloading compares it: "30s", "a, b", "role=web". In clear.
[[nodiscard]] std::vector<std::string> value_of(const Setting& setting, const AgentConfig& config);

// For people: "30s", "off", "none", "the profile's".
[[nodiscard]] std::string default_of(const Setting& setting);
// Of the flag's value: "DURATION", "lan|wan|local"; "" for a switch.
[[nodiscard]] std::string placeholder_of(const Setting& setting);
// What is wrong with a value when only its own range is looked at; nullopt when it is in it, or not
// given. Of a secret it shows the size.
[[nodiscard]] std::optional<ConfigError> out_of_range(const Setting& setting,
                                                      const AgentConfig& config);

// The table of docs/operations/settings.md.
[[nodiscard]] std::string settings_as_markdown();

}  // namespace rollcall::agent
