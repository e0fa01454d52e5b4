// SPDX-License-Identifier: Apache-2.0
//
// The scenario of a command: a file or a built-in one, with the changes of the command line. Common
// to all commands that take one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/program/answer/console.h"
#include "sim/scenario/language/scenario.h"

namespace CLI {
class App;
}

namespace rollcall::sim {

struct ScenarioChoice {
    std::string what;                   // a path, or a built-in name
    std::optional<unsigned> nodes;      // --nodes
    std::vector<std::string> settings;  // --set NAME=VALUE

    // SCENARIO, --nodes and --set.
    void add_to(CLI::App& app);
    // The arguments that choose the same again: "crash --nodes 50".
    [[nodiscard]] std::string command_line() const;
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> named_settings() const;
};

struct ChosenScenario {
    Scenario scenario;
    std::string text;  // of the file
};
// nullopt: it cannot be read or is wrong; all errors have been printed.
[[nodiscard]] std::optional<ChosenScenario> read_chosen(const ScenarioChoice& choice,
                                                        const Console& console);

// Prints warnings about risky settings to standard error, each once. Unchanged profiles have none.
void warn_of_timings(const std::vector<const Scenario*>& scenarios, const Console& console);

// Built-in scenarios, by name.
struct BuiltIn {
    std::string_view name;
    std::string_view text;
};
[[nodiscard]] const std::vector<BuiltIn>& built_in_scenarios();

// The largest file that is read, in MiB: a scenario, and a result of this program.
inline constexpr std::size_t kLargestScenario = 1;
inline constexpr std::size_t kLargestResult = 256;

// Reads a whole file. nullopt: `problem` has the error.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::string& problem,
                                                   std::size_t most_mebibytes = kLargestScenario);

}  // namespace rollcall::sim
