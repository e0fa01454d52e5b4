// SPDX-License-Identifier: Apache-2.0
//
// Every setting of the cores that a scenario, or `--set name=value`, can change: one table of
// names. Ranges are those of the cores' own validate().
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
    bool serf = false;  // of the Serf layer: only where the scenario has one

    // "a time", "a count", "on or off", "a count, or off".
    [[nodiscard]] std::string_view form() const;
};
[[nodiscard]] std::span<const Setting> settings();
[[nodiscard]] const Setting* setting(std::string_view name);

// Takes over the value, whatever its range; the problem when it is none, or nobody has that name.
[[nodiscard]] std::optional<Problem> set(Scenario& scenario, std::string_view name,
                                         std::string_view value);
// As it would be written.
[[nodiscard]] std::string value_of(const Scenario& scenario, const Setting& setting);
// What the cores say to all of them together: every conflict.
[[nodiscard]] Problems check_settings(const Scenario& scenario);

}  // namespace rollcall::sim
