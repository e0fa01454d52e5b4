// SPDX-License-Identifier: Apache-2.0
//
// The names of settings in the environment and in errors, and settings by their names.
#include <unistd.h>

#include <algorithm>

#include "agent/config/settings_table.h"
#include "agent/service/service_environment.h"
#include "base/check.h"

namespace rollcall::agent {
namespace {

std::string with_underscores(std::string_view flag) {
    std::string name{flag};
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace

std::string environment_name(const Setting& setting) {
    std::string name = "ROLLCALL_" + with_underscores(setting.flag);
    for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

bool is_secret_variable(std::string_view variable) {
    const std::string_view name = variable.substr(0, variable.find('='));
    if (name == kSerfTokenVariable) return true;
    return std::ranges::any_of(all_settings(), [&](const Setting& setting) {
        return setting.more.secret && environment_name(setting) == name;
    });
}

std::vector<std::string> environment_for_scripts() {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        if (is_secret_variable(*variable) || is_service_variable(*variable)) continue;
        variables.emplace_back(*variable);
    }
    return variables;
}

const Setting& setting_of_flag(std::string_view flag) {
    const auto all = all_settings();
    const auto found = std::ranges::find(all, flag, &Setting::flag);
    ROLLCALL_CHECK(found != all.end());
    return *found;
}

std::string field_of(const Setting& setting) {
    return with_underscores(setting.flag);
}

const Setting* setting_of_field(std::string_view field) {
    if (field == "name") field = "node";
    if (field == "tags") field = "tag";
    if (field == "layers.label") field = "label";
    const auto all = all_settings();
    const auto found =
        std::ranges::find_if(all, [&](const Setting& s) { return field_of(s) == field; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace rollcall::agent
