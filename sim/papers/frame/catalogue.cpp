// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/frame/catalogue.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "sim/papers/frame/rows.h"

namespace rollcall::sim::papers {
namespace {

constexpr std::array kPapers = std::to_array<Paper>({
    {"swim", "Das, Gupta, Motivala: SWIM, DSN 2002"},
    {"lifeguard", "Dadgar, Phillips, Currey: Lifeguard, arXiv 1707.00788v2"},
    {"rapid", "Suresh et al.: Stable and Consistent Membership at Scale with Rapid, ATC 2018"},
    {"epidemic", "Demers et al.: Epidemic Algorithms, CSL-89-1, and other figures about gossip"},
    {"fast", "How fast a crash is known, by profile", false},
});

Catalogue make() {
    Catalogue all;
    for (const auto add : kAllRows) add(all);
    for (const Row& row : all.rows) {
        for (const std::string& id : row.experiments) {
            ROLLCALL_CHECK(std::ranges::count(all.experiments, id, &Experiment::id) == 1);
        }
    }
    return all;
}

}  // namespace

std::span<const Paper> papers() {
    return kPapers;
}

const Catalogue& catalogue() {
    static const Catalogue all = make();
    return all;
}

std::vector<const Row*> rows_named(std::string_view name) {
    std::vector<const Row*> found;
    for (const Row& row : catalogue().rows) {
        const bool wanted = name == "all" ? is_published(row) : name == row.paper || name == row.id;
        if (wanted) found.push_back(&row);
    }
    return found;
}

bool is_published(const Row& row) {
    const auto paper = std::ranges::find(kPapers, row.paper, &Paper::name);
    return paper == kPapers.end() || paper->published;
}

std::vector<const Experiment*> all_experiments() {
    std::vector<const Experiment*> all;
    for (const Experiment& experiment : catalogue().experiments) all.push_back(&experiment);
    return all;
}

std::vector<const Experiment*> experiments_of(const std::vector<const Row*>& rows) {
    std::vector<const Experiment*> needed;
    for (const Experiment& experiment : catalogue().experiments) {
        const bool needs = std::ranges::any_of(rows, [&](const Row* row) {
            return std::ranges::find(row->experiments, experiment.id) != row->experiments.end();
        });
        if (needs) needed.push_back(&experiment);
    }
    return needed;
}

}  // namespace rollcall::sim::papers
