// SPDX-License-Identifier: Apache-2.0
#include "serf/keys.h"

#include <algorithm>
#include <array>

namespace rollcall::serf {
namespace {

// In the order of KeyCommand.
constexpr std::array<std::string_view, 4> kKeyQueries{"_serf_install-key", "_serf_use-key",
                                                      "_serf_remove-key", "_serf_list-keys"};

std::string of_all(std::size_t some, std::size_t all) {
    return std::to_string(some) + "/" + std::to_string(all);
}

}  // namespace

std::string_view query_of(KeyCommand command) {
    return kKeyQueries[static_cast<std::size_t>(command)];
}

std::optional<KeyCommand> key_command_of(std::string_view query) {
    const auto found = std::ranges::find(kKeyQueries, query);
    if (found == kKeyQueries.end()) return {};
    return static_cast<KeyCommand>(found - kKeyQueries.begin());
}

std::size_t KeyCommandFinished::failures() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(answers, [](const KeyAnswer& answer) { return !answer.ok; }));
}

KeyCommandFinished::Counts KeyCommandFinished::key_counts() const {
    Counts counts;
    for (const KeyAnswer& answer : answers) {
        for (const std::string& key : answer.keys) ++counts[key];
    }
    return counts;
}

KeyCommandFinished::Counts KeyCommandFinished::primary_counts() const {
    Counts counts;
    for (const KeyAnswer& answer : answers) {
        if (!answer.primary.empty()) ++counts[answer.primary];
    }
    return counts;
}

std::string KeyCommandFinished::error() const {
    if (const std::size_t failed = failures(); failed > 0) {
        return of_all(failed, nodes) + " nodes reported failure";
    }
    if (answers.size() == nodes) return {};
    return of_all(answers.size(), nodes) + " nodes reported success";
}

}  // namespace rollcall::serf
