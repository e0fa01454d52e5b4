// SPDX-License-Identifier: Apache-2.0
//
// Reads a scenario from its text. Every wrong line is reported, with what is allowed there; nothing
// is guessed. Lines about the cluster are read first, in any order. The language is described in
// docs/simulation.md, "Scenarios", which has the three tables of phrases below, word for word.
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

// Overrides from the command line.
struct FileOptions {
    std::optional<unsigned> nodes;
    std::vector<std::pair<std::string, std::string>> settings;  // by name, after those of the file
};

struct ScenarioFile {
    Scenario scenario;  // valid when there are no problems
    Problems problems;  // by line
};
// `name`: of the scenario. Errors are reported in `problems` only.
[[nodiscard]] ScenarioFile read_scenario(std::string_view text, std::string name,
                                         const FileOptions& options = {});

struct Phrase {
    std::string_view word;  // the first word, which identifies the phrase
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
