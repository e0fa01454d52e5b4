// SPDX-License-Identifier: Apache-2.0
//
// The worlds in which detection is measured: a clean network and clusters that ail in one way each.
// Worlds and bars were written down before the first run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/papers/fast/illness.h"
#include "sim/papers/fast/profiles.h"
#include "sim/papers/frame/experiment.h"

namespace rollcall::sim::papers {

// Sizes of the cluster, and how many seeds each effort runs of one.
struct WorldSize {
    unsigned members = 0;
    unsigned quick = 0, normal = 0, full = 0;

    [[nodiscard]] unsigned seeds(const Scale& scale) const;
};

struct DetectionWorld {
    // How the members that really die do so.
    enum class Death : std::uint8_t {
        host,     // the whole host, silently; four in a run, one after the other
        process,  // the process alone: its host answers that nobody is there
        many,     // the hosts of 30 % of the members at once
    };
    std::string id;    // "D1"
    std::string slug;  // in the ids of experiments
    std::string target, scenario;
    std::vector<WorldSize> sizes;  // the largest first: their jobs take longest
    const std::vector<ComparedProfile>& (*profiles)() = usual_profiles;
    Death death = Death::host;
    double loss = 0;       // of all datagrams
    bool distant = false;  // 100 ms one way

    Illness illness = {};
    double ill_share = 0;    // of the members
    unsigned ill_count = 0;  // or so many
    // Those that ail are not healthy: their failures are another column. False where everybody is
    // in the same condition.
    bool ill_are_sick = true;

    [[nodiscard]] std::string experiment() const { return "fast/" + slug; }
    [[nodiscard]] std::size_t ill_of(unsigned members) const;
};

[[nodiscard]] const std::vector<DetectionWorld>& detection_worlds();

// One run. All profiles get the same seeds, and with them the same illnesses and deaths.
struct WorldJob {
    const ComparedProfile* profile = nullptr;
    unsigned members = 0;
    unsigned repetition = 0;
};
[[nodiscard]] std::vector<WorldJob> world_jobs(const DetectionWorld& world, const Scale& scale);

}  // namespace rollcall::sim::papers
