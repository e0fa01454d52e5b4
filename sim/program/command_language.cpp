// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim language`: every line that a scenario file can have, every setting and every
// figure.
#include <CLI/CLI.hpp>
#include <array>

#include "sim/program/commands.h"
#include "sim/program/language.h"
#include "sim/scenario/language/figure_words.h"
#include "sim/scenario/language/file.h"
#include "sim/scenario/language/settings.h"

namespace rollcall::sim {
namespace {

// Escapes bars, which would end a table cell.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string phrase_table(std::string_view title, std::span<const Phrase> phrases) {
    std::string text = "| " + std::string{title} + " | |\n| --- | --- |\n";
    for (const Phrase& phrase : phrases) {
        text += "| `" + cell(phrase.form) + "` | " + cell(phrase.meaning) + " |\n";
    }
    return text + "\n";
}

std::string setting_table() {
    std::array<Scenario, 5> profiles;
    profiles[0].profile = membership::Config::lan();
    profiles[1].profile = membership::Config::wan();
    profiles[2].profile = membership::Config::local();
    profiles[3].profile = membership::Config::fast();
    profiles[4].profile = membership::Config::fast_wan();
    std::string text =
        "| `set` | | lan | wan | local | fast | fast-wan |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n";
    for (const Setting& setting : settings()) {
        text += "| `" + std::string{setting.name} + "` | " + std::string{setting.form()} +
                (setting.serf ? "; with `core serf`" : "");
        for (const Scenario& scenario : profiles) text += " | " + value_of(scenario, setting);
        text += " |\n";
    }
    return text;
}

}  // namespace

std::string language_tables() {
    return phrase_table("The cluster", cluster_phrases()) +
           phrase_table("`at TIME ...`", action_phrases()) +
           phrase_table("Expectations", expectation_phrases()) + setting_table();
}

std::string figure_table() {
    std::string text = "| figure | unit | |\n| --- | --- | --- |\n";
    for (const FigureWord& figure : figure_words()) {
        text += "| `" + std::string{figure.name} + "` | " + std::string{figure.unit} + " | " +
                std::string{figure.meaning} + " |\n";
    }
    return text;
}

Job describe_language(CLI::App&) {
    return [](const Console& console) {
        console.print(language_tables() + "\n" + figure_table());
        return kHolds;
    };
}

}  // namespace rollcall::sim
