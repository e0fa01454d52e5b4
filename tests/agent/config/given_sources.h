// SPDX-License-Identifier: Apache-2.0
//
// Sources of an agent's configuration, as tests give them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/settings_table.h"
#include "agent/config/sources.h"

namespace rollcall::agent::tests {

inline std::function<std::optional<std::string>(const std::string&)> environment(
    std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
}

inline RawSetting flag(std::string_view name, std::vector<std::string> texts) {
    for (const Setting& setting : all_settings()) {
        if (setting.flag == name) return {&setting, std::move(texts), "--" + std::string{name}};
    }
    ADD_FAILURE() << "no flag " << name;
    return {};
}

// All mistakes, a line each; "none" when there are none.
inline std::string problem(const ConfigSources& sources) {
    const auto loaded = load_config(sources);
    return loaded ? "none" : loaded.error();
}

}  // namespace rollcall::agent::tests
