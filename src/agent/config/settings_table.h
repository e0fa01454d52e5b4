// SPDX-License-Identifier: Apache-2.0
//
// The table of all settings of the agent: each one's name on the command line, in configuration
// files and in the environment, its type, range and default, and what a reload does with it. The
// flags and their help, the file reader, the range checks, `--check`, the reload and the table of
// docs/operations/settings.md are made from it. Settings that depend on each other are checked in
// agent/config/config.h. Constant data.
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

// A timing, or a switch that belongs to them, that defaults to the profile's.
template <class T>
struct OfProfile {
    std::optional<T> AgentConfig::*given;
    T membership::Config::*profile;
};

// A list that a later source replaces as a whole, like a single value. One text may hold several
// items, separated by commas; a file may have a text or a list.
struct WholeList {
    std::vector<std::string> AgentConfig::*list;
};

using SettingTarget =
    std::variant<std::string AgentConfig::*, std::vector<std::string> AgentConfig::*, WholeList,
                 serf::Tags AgentConfig::*, bool AgentConfig::*, Duration AgentConfig::*,
                 unsigned AgentConfig::*, OfProfile<Duration>, OfProfile<unsigned>,
                 OfProfile<bool>>;

// What SIGHUP does with a changed value: nothing until a restart, or one of the steps of
// agent/config/reload.h, which run in this order. This is the only place that says whether a
// setting reloads.
enum class OnReload : std::uint8_t {
    restart,  // SIGHUP only logs that the change takes effect after a restart
    timings,  // those that the running core can change, the profile's included; it may refuse
    tags,
    event_handlers,
    signals,
    log_level,
    encryption,
    tls,  // the certificates, which are read again
};

struct Setting {
    std::string_view flag;         // without dashes: "retry-join"
    std::string_view key;          // in files: Serf's, or else the flag's with underscores
    std::string_view placeholder;  // of the flag's value; "" for a switch, and for OneOf
    SettingTarget target;          // its initial value is the default
    Allowed allowed;
    OnReload on_reload = OnReload::restart;
    std::string_view help;
    struct More {
        std::string_view default_words = {};  // where the target's initial value is not the default
        std::string_view depends_on = {};     // flag of the setting that its check depends on
        bool zero_is_unset = false;           // 0 counts as not given, as with Serf
        bool secret = false;                  // never shown; an empty text is a mistake
        std::string_view secret_in_file = {};  // flag of the secret that is in the file it names
        std::string_view credential = {};      // of the service manager, instead of a path
        char separator = ',';                  // of a list in the environment
    } more = {};
};

[[nodiscard]] std::span<const Setting> all_settings();

// Settings of one purpose, which follow each other in the table.
struct SettingGroup {
    std::string_view title;  // "Joining"
    std::string_view first;  // flag of its first setting; the next group's ends it
};
[[nodiscard]] std::span<const SettingGroup> setting_groups();
// The group of each setting, in the order of all_settings().
[[nodiscard]] std::vector<std::string_view> group_titles();

// "ROLLCALL_RETRY_JOIN"
[[nodiscard]] std::string environment_name(const Setting& setting);
// The token of a control client in Serf's environment, which our commands read too.
inline constexpr std::string_view kSerfTokenVariable = "SERF_RPC_AUTH";
// Whether "NAME=VALUE" of the environment gives a secret.
[[nodiscard]] bool is_secret_variable(std::string_view variable);
// The variables of this process that scripts inherit: without secrets, and without those by which a
// service manager speaks to this process only.
[[nodiscard]] std::vector<std::string> environment_for_scripts();
// Looks up by flag; the flag must exist.
[[nodiscard]] const Setting& setting_of_flag(std::string_view flag);
// The name in a ConfigError: the flag with underscores. setting_of_field() is null for an unknown
// one.
[[nodiscard]] std::string field_of(const Setting& setting);
[[nodiscard]] const Setting* setting_of_field(std::string_view field);

// Whether it defaults to the profile's.
[[nodiscard]] bool of_profile(const Setting& setting);
// Whether it is on or off, and its flag needs no value.
[[nodiscard]] bool is_switch(const Setting& setting);
// A list or tags: values from several sources add up.
[[nodiscard]] bool adds_up(const Setting& setting);
// Whether it may have several values.
[[nodiscard]] bool is_list(const Setting& setting);
// As --check shows it and reloading compares it: "30s", "a, b", "role=web". Secrets in clear text.
[[nodiscard]] std::vector<std::string> value_of(const Setting& setting, const AgentConfig& config);

// For help and docs: "30s", "off", "none", "the profile's".
[[nodiscard]] std::string default_of(const Setting& setting);
// Placeholder of the flag's value: "DURATION", "text|json"; "" for a switch.
[[nodiscard]] std::string placeholder_of(const Setting& setting);
// The error of a value outside its own range; nullopt when it is in range or not given. Of a secret
// the error shows only the size.
[[nodiscard]] std::optional<ConfigError> out_of_range(const Setting& setting,
                                                      const AgentConfig& config);

// The tables of docs/operations/settings.md, one for each group.
[[nodiscard]] std::string settings_as_markdown();

}  // namespace rollcall::agent
