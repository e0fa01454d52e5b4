// SPDX-License-Identifier: Apache-2.0
//
// What the table of settings must fulfil; checked when it is compiled (settings_table.cpp).
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "agent/config/settings_table.h"

namespace rollcall::agent {

constexpr const Setting* setting_with_flag(std::span<const Setting> settings,
                                           std::string_view flag) {
    for (const Setting& setting : settings) {
        if (setting.flag == flag) return &setting;
    }
    return nullptr;
}

// The first group begins with the first setting, and they come in the order of the table.
constexpr bool groups_follow_the_settings(std::span<const Setting> settings,
                                          std::span<const SettingGroup> groups) {
    const Setting* at = nullptr;
    for (const SettingGroup& group : groups) {
        const Setting* const first = setting_with_flag(settings, group.first);
        if (first == nullptr) return false;
        if (at == nullptr ? first != settings.data() : first <= at) return false;
        at = first;
    }
    return true;
}

template <class... Ts>
constexpr bool is_any_of(const auto& variant) {
    return (std::holds_alternative<Ts>(variant) || ...);
}

constexpr bool has_a_range_of_its_type(const Setting& setting) {
    using A = AgentConfig;
    const bool duration = is_any_of<Duration A::*, OfProfile<Duration>>(setting.target);
    const bool number = is_any_of<unsigned A::*, OfProfile<unsigned>>(setting.target);
    const bool text = is_any_of<std::string A::*>(setting.target);
    if (duration) return is_any_of<DurationRange>(setting.allowed);
    if (number) return is_any_of<NumberRange>(setting.allowed);
    return is_any_of<Form>(setting.allowed) ||
           (text && is_any_of<ByteRange, OneOf>(setting.allowed));
}

// All changes to the running core are one step; it takes the profile and what overrides it, and of
// the other settings only durations.
constexpr bool reloads_by_a_step_for_its_type(const Setting& setting) {
    using A = AgentConfig;
    const bool overrides =
        is_any_of<OfProfile<Duration>, OfProfile<unsigned>, OfProfile<bool>>(setting.target);
    switch (setting.on_reload) {
        case OnReload::restart:
            return !overrides;
        case OnReload::timings:
            return overrides || is_any_of<Duration A::*>(setting.target) ||
                   setting.key == "profile";
        case OnReload::tags:
            return setting.key == "tags" || setting.key == "role";
        case OnReload::event_handlers:
            return setting.key.starts_with("event_handler");
        case OnReload::signals:
            return is_any_of<bool A::*>(setting.target);
        case OnReload::log_level:
            return setting.key == "log_level";
        case OnReload::encryption:
            return setting.key == "encryption";
        case OnReload::tls:
            return setting.key.starts_with("tls_");
    }
    return false;
}

constexpr bool depends_on_an_existing_setting(std::span<const Setting> settings,
                                              const Setting& setting) {
    return setting.more.depends_on.empty() ||
           setting_with_flag(settings, setting.more.depends_on) != nullptr;
}

constexpr bool has_the_file_of_a_secret(std::span<const Setting> settings, const Setting& setting) {
    if (setting.more.secret_in_file.empty()) return true;
    const Setting* const secret = setting_with_flag(settings, setting.more.secret_in_file);
    return secret != nullptr && secret->more.secret;
}

}  // namespace rollcall::agent
