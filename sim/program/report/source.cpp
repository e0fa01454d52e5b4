// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/source.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <vector>

#include "sim/program/report/page.h"
#include "sim/scenario/language/settings.h"
#include "sim/scenario/language/write.h"

namespace rollcall::sim {
namespace {

constexpr std::size_t kMostLinks = 3;

bool in_a_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

// The indices in `names` of the names that occur in `text`, each once.
std::vector<std::size_t> named(std::string_view text, const nlohmann::json& names) {
    std::vector<std::size_t> found;
    while (!text.empty() && found.size() < kMostLinks) {
        const auto begin = std::ranges::find_if(text, in_a_word);
        const auto end = std::find_if_not(begin, text.end(), in_a_word);
        const std::string word{begin, end};
        text = std::string_view{end, text.end()};
        const auto name = std::find(names.begin(), names.end(), word);
        if (word.empty() || name == names.end()) continue;
        const auto place = static_cast<std::size_t>(name - names.begin());
        if (std::ranges::find(found, place) == found.end()) found.push_back(place);
    }
    return found;
}

}  // namespace

std::string source_text(const RunReport& report) {
    Scenario same = report.scenario;
    same.seed = report.result.seed;
    same.hash.reset();  // may be that of another run
    return write_scenario(same);
}

std::string source_section(const RunReport& report) {
    const Scenario& scenario = report.scenario;
    Scenario usual;
    Scenario actual = scenario;
    std::string rows;
    for (const Setting& setting : settings()) {
        if (setting.serf && !scenario.serf) continue;
        const std::string value = value_of(actual, setting);
        const std::string standard = value_of(usual, setting);
        rows += std::string{"<tr"} + (value == standard ? "" : " class=\"changed\"") +
                "><td class=\"mono\">" + html_text(setting.name) + "</td><td class=\"n\">" +
                html_text(value) + "</td><td>" +
                (value == standard ? "" : "default: " + html_text(standard)) + "</td></tr>\n";
    }
    return "<section id=\"source\" aria-labelledby=\"source-title\">\n<h2 id=\"source-title\">"
           "What produced this page</h2>\n<p class=\"lead\">The scenario as it ran, with the seed "
           "and every change made on the command line. Saved to a file, rollcall-sim run FILE "
           "repeats the run.</p>\n<details open><summary>Scenario</summary><pre "
           "class=\"command\"><code>" +
           html_text(source_text(report)) +
           "</code></pre></details>\n<details><summary>Settings</summary><div class=\"scroll\">"
           "<table><thead><tr><th scope=\"col\">setting</th><th class=\"n\" scope=\"col\">value"
           "</th><th scope=\"col\"></th></tr></thead><tbody>\n" +
           rows + "</tbody></table></div></details>\n</section>\n";
}

std::string story_links(std::string_view measured, std::string_view text,
                        const nlohmann::json& recorded) {
    const nlohmann::json names = recorded.value("names", nlohmann::json::array());
    std::vector<std::size_t> members = named(measured, names);
    if (members.empty()) members = named(text, names);
    if (members.empty()) {
        const bool accused = text.starts_with("false_");
        const auto member = recorded.value(accused ? "accused" : "victim", std::int64_t{-1});
        if (member >= 0) members.push_back(static_cast<std::size_t>(member));
    }
    std::string links;
    for (const std::size_t member : members) {
        if (member >= names.size()) continue;
        links += " <a class=\"see\" href=\"#story/" + std::to_string(member) + "\">story of " +
                 html_text(names[member].get<std::string>()) + "</a>";
    }
    return links;
}

}  // namespace rollcall::sim
