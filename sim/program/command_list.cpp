// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim list`: the built-in scenarios, each with the first sentence of its comment; with a
// name, the text of that scenario, as a template.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "sim/program/choice.h"
#include "sim/program/commands.h"
#include "sim/scenario/language/file.h"

namespace rollcall::sim {
namespace {

std::string first_sentence(const std::string& why) {
    const std::size_t end = std::min(why.find(". "), why.find('\n'));
    std::string sentence = why.substr(0, end);
    while (sentence.ends_with('.')) sentence.pop_back();
    return sentence;
}

int list_scenarios(const std::string& name, const Console& console) {
    const auto& all = built_in_scenarios();
    if (!name.empty()) {
        const auto found = std::ranges::find(all, name, &BuiltIn::name);
        if (found != all.end()) return console.print(found->text), kHolds;
        // Prints that there is none, and which there are.
        (void)read_chosen({.what = name}, console);
        return kUsage;
    }
    std::size_t width = 0;
    for (const BuiltIn& one : all) width = std::max(width, one.name.size());
    for (const BuiltIn& one : all) {
        const ScenarioFile file = read_scenario(one.text, std::string{one.name});
        std::string line{one.name};
        line.resize(width + 2, ' ');
        line += first_sentence(file.scenario.why);
        if (line.size() > console.width) {
            line.resize(line.find_last_of(' ', console.width - 4));
            line += " ...";
        }
        console.print(line + "\n");
    }
    return kHolds;
}

}  // namespace

Job describe_list(CLI::App& app) {
    const auto name = std::make_shared<std::string>();
    app.add_option("NAME", *name, "Print the text of this scenario");
    return [name](const Console& console) { return list_scenarios(*name, console); };
}

}  // namespace rollcall::sim
