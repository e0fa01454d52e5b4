// SPDX-License-Identifier: Apache-2.0
#include "sim/program/stored_run.h"

#include <algorithm>

#include "sim/program/answer/output_file.h"
#include "sim/program/answer/run_report.h"
#include "sim/scenario/language/line_reader.h"

namespace rollcall::sim {

std::string stored_text(std::string_view text, const ScenarioChoice& choice, std::uint64_t seed,
                        std::uint64_t hash) {
    const auto settings = choice.named_settings();
    // Lines that are replaced by the lines appended below.
    const auto replaced = [&](const std::vector<std::string_view>& words) {
        if (words.empty()) return false;
        if (words[0] == "seed" || words[0] == "hash") return true;
        if (words[0] == "nodes") return choice.nodes.has_value();
        return words[0] == "set" && words.size() > 1 &&
               std::ranges::any_of(settings, [&](const auto& s) { return s.first == words[1]; });
    };
    std::string stored;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!replaced(words_of(line))) stored += std::string{line} + "\n";
    }
    stored += "\n";
    if (choice.nodes) stored += "nodes " + std::to_string(*choice.nodes) + "\n";
    for (const auto& [name, value] : settings) {
        stored.append("set ").append(name).append(" ").append(value).append("\n");
    }
    return stored + "seed " + std::to_string(seed) + "\nhash " + hash_text(hash) + "\n";
}

std::string store_run(const std::string& path, std::string_view text, const ScenarioChoice& choice,
                      const RunResult& result, const Console& console) {
    return write_file(path, stored_text(text, choice, result.seed, result.hash), console);
}

}  // namespace rollcall::sim
