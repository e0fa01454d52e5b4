// SPDX-License-Identifier: Apache-2.0
//
// Reads a scenario from its text. Every line that is wrong is told, each with what would have been
// right; nothing is guessed. Whatever order the lines are in, those about the cluster are read
// first. The language: docs/simulation.md, "Scenario files", which has the three tables of phrases
// below, word for word.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scenario/language/problem.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

// What the command line says instead of the file.
struct FileOptions {
    std::optional<unsigned> nodes;
    std::vector<std::pair<std::string, std::string>> settings;  // by name, after those of the file
};

struct ScenarioFile {
    Scenario scenario;  // valid when there are no problems
    Problems problems;  // by line
};
// `name`: of the scenario. Never fails otherwise than with problems.
[[nodiscard]] ScenarioFile read_scenario(std::string_view text, std::string name,
                                         const FileOptions& options = {});

struct Phrase {
    std::string_view word;  // by which it is known
    std::string_view form;
    std::string_view meaning;
};
[[nodiscard]] std::span<const Phrase> cluster_phrases();
[[nodiscard]] std::span<const Phrase> action_phrases();
[[nodiscard]] std::span<const Phrase> expectation_phrases();

inline constexpr unsigned kMostNodes = 100'000;
inline constexpr std::size_t kMostSteps = 100'000;
inline constexpr std::size_t kMostNamed = 10'000'000;  // nodes, in all steps together

}  // namespace rollcall::sim
