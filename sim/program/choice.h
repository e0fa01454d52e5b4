// SPDX-License-Identifier: Apache-2.0
//
// Which scenario a command is about: a file, or one that is built in, with what the command line
// changes in it. Common to all commands that take one.
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
    // The words that choose the same again: "crash --nodes 50".
    [[nodiscard]] std::string command_line() const;
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> named_settings() const;
};

struct ChosenScenario {
    Scenario scenario;
    std::string text;  // of the file
};
// nullopt: it cannot be read or something in it is wrong, and the console was told all of it.
[[nodiscard]] std::optional<ChosenScenario> read_chosen(const ScenarioChoice& choice,
                                                        const Console& console);

// What these settings will cost, on standard error, each thing once. Nothing about a profile as it
// is.
void warn_of_timings(const std::vector<const Scenario*>& scenarios, const Console& console);

// Built in, by name.
struct BuiltIn {
    std::string_view name;
    std::string_view text;
};
[[nodiscard]] const std::vector<BuiltIn>& built_in_scenarios();

// The largest file that is read, in MiB: of people, and of what a run of ours wrote.
inline constexpr std::size_t kLargestScenario = 1;
inline constexpr std::size_t kLargestResult = 256;

// A whole file; nullopt, and `problem` says why.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::string& problem,
                                                   std::size_t most_mebibytes = kLargestScenario);

}  // namespace rollcall::sim
