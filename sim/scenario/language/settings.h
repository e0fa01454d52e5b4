// SPDX-License-Identifier: Apache-2.0
//
// The table of the cores' settings that a scenario, or `--set name=value`, can change. Ranges are
// checked by the cores' mistakes().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "sim/scenario/language/problem.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

struct Setting {
    using Field = std::variant<Duration*, unsigned*, std::size_t*, bool*, std::optional<unsigned>*>;

    std::string_view name;
    Field (*field)(Scenario&);
    bool serf = false;  // a setting of the Serf layer: needs `core serf`

    // "a time", "a count", "on or off", "a count, or off".
    [[nodiscard]] std::string_view form() const;
};
[[nodiscard]] std::span<const Setting> settings();
[[nodiscard]] const Setting* setting(std::string_view name);

// Sets the value without a range check; a problem when it cannot be parsed or the name is unknown.
[[nodiscard]] std::optional<Problem> set(Scenario& scenario, std::string_view name,
                                         std::string_view value);
// As a scenario file writes it.
[[nodiscard]] std::string value_of(const Scenario& scenario, const Setting& setting);
// All errors that the cores find in the settings: ranges and conflicts.
[[nodiscard]] Problems check_settings(const Scenario& scenario);

}  // namespace rollcall::sim
