// SPDX-License-Identifier: Apache-2.0
#include "sim/program/choice.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "files/small_file.h"
#include "sim/program/scenarios_built_in.h"
#include "sim/scenario/language/file.h"
#include "sim/scenario/language/units.h"

namespace rollcall::sim {
namespace {

// The name of a file's scenario: "sim/scenarios/crash.txt" is crash.
std::string name_of(const std::string& what) {
    return std::filesystem::path{what}.stem().string();
}

// Quotes one word for a shell.
std::string for_shell(const std::string& word) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+%@";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
    return quoted + "'";
}

}  // namespace

void ScenarioChoice::add_to(CLI::App& app) {
    app.add_option("SCENARIO", what, "A file, or the name of a built-in scenario (see list)")
        ->required();
    app.add_option("--nodes", nodes, "Number of nodes (overrides the scenario)");
    app.add_option("--set", settings, "NAME=VALUE: a setting of the protocol; can be repeated")
        ->check([](const std::string& text) {
            const bool fine = text.find('=') != std::string::npos && !text.starts_with('=');
            return fine ? std::string{}
                        : "'" + text +
                              "' is not allowed; allowed: NAME=VALUE, like "
                              "probe_interval=500ms";
        });
}

std::vector<std::pair<std::string, std::string>> ScenarioChoice::named_settings() const {
    std::vector<std::pair<std::string, std::string>> list;
    for (const std::string& setting : settings) {
        const std::size_t equals = setting.find('=');
        list.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    return list;
}

std::string ScenarioChoice::command_line() const {
    std::string line = for_shell(what);
    if (nodes) line += " --nodes " + std::to_string(*nodes);
    for (const std::string& setting : settings) line += " --set " + for_shell(setting);
    return line;
}

const std::vector<BuiltIn>& built_in_scenarios() {
    static const std::vector<BuiltIn> kList = [] {
        std::vector<BuiltIn> list;
        list.reserve(std::size(kBuiltInScenarios));
        for (const auto& [name, text] : kBuiltInScenarios) list.push_back({name, text});
        return list;
    }();
    return kList;
}

std::optional<std::string> read_file(const std::string& path, std::string& problem,
                                     std::size_t most_mebibytes) {
    auto text = rollcall::read_small_file(path, most_mebibytes << 20, Pipes::accept);
    if (text) return std::move(*text);
    switch (text.error().kind) {
        case FileError::Kind::not_a_regular_file:
            problem = "'" + path + "' is a directory; allowed: a file";
            break;
        case FileError::Kind::too_large:
            problem = "'" + path + "' is larger than " + std::to_string(most_mebibytes) +
                      " MiB; allowed: smaller files";
            break;
        case FileError::Kind::missing:
        case FileError::Kind::unreadable:
            problem = "cannot read '" + path + "': " + text.error().text;
    }
    return {};
}

std::optional<ChosenScenario> read_chosen(const ScenarioChoice& choice, const Console& console) {
    std::string text, problem;
    std::error_code error;
    const auto& built_in = built_in_scenarios();
    const auto known = std::ranges::find(built_in, choice.what, &BuiltIn::name);
    if (std::filesystem::exists(choice.what, error) && known == built_in.end()) {
        auto read = read_file(choice.what, problem);
        if (read) text = std::move(*read);
    } else if (known != built_in.end()) {
        text = known->text;
    } else {
        std::vector<std::string_view> names(built_in.size());
        std::ranges::transform(built_in, names.begin(), &BuiltIn::name);
        problem = "no file and no built-in scenario '" + choice.what +
                  "'; built-in scenarios: " + listed_words(names) +
                  did_you_mean(choice.what, names);
    }
    if (!problem.empty()) {
        console.print_error("rollcall-sim: " + problem + "\n");
        return {};
    }
    ScenarioFile file = read_scenario(text, name_of(choice.what),
                                      {.nodes = choice.nodes, .settings = choice.named_settings()});
    if (file.problems.empty()) return ChosenScenario{std::move(file.scenario), std::move(text)};
    for (const Problem& p : file.problems) {
        console.print_error(p.to_string(p.line > 0 ? choice.what : std::string{}) + "\n");
    }
    return {};
}

void warn_of_timings(const std::vector<const Scenario*>& scenarios, const Console& console) {
    std::set<std::string> warnings;
    for (const Scenario* const scenario : scenarios) {
        const auto profile = membership::Config::of_profile(scenario->profile_name);
        if (!profile) continue;
        const auto warning = scenario->profile.probe_timeout_warning(*profile);
        if (warning && warnings.insert(*warning).second) {
            console.print_error("warning: " + *warning + "\n");
        }
    }
}

}  // namespace rollcall::sim
