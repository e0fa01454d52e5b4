// SPDX-License-Identifier: Apache-2.0
//
// The effective configuration, as `rollcall agent --check` shows it: every setting, its value and
// its origin. Keys and tokens are masked. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "agent/config/sources.h"

namespace rollcall::agent {

struct EffectiveSetting {
    const Setting* setting = nullptr;
    std::vector<std::string> values;  // secrets are masked
    std::string from;                 // "default", "profile lan", or where it was given
};
[[nodiscard]] std::vector<EffectiveSetting> effective(const LoadedConfig& loaded);
[[nodiscard]] std::string effective_text(const LoadedConfig& loaded);
[[nodiscard]] std::string effective_json(const LoadedConfig& loaded);

}  // namespace rollcall::agent
