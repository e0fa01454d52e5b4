// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/timings.h"

#include "serf/tune_values.h"

namespace rollcall::agent {
namespace {

constexpr std::size_t kMostDifferences = 6;

}  // namespace

Timings timings_of(const membership::Config& config) {
    const auto values = serf::tune_values(membership::TimingSettings::of(config));
    return {values.begin(), values.end()};
}

std::string difference(const Timings& here, const Timings& there) {
    std::string text;
    std::size_t count = 0;
    const auto value_in = [](const Timings& timings, const std::string& name) {
        const auto found = timings.find(name);
        return found == timings.end() ? std::string{"not set"} : found->second;
    };
    Timings names = here;
    names.insert(there.begin(), there.end());
    for (const auto& [name, unused] : names) {
        const std::string ours = value_in(here, name);
        const std::string theirs = value_in(there, name);
        if (ours == theirs || ++count > kMostDifferences) continue;
        if (!text.empty()) text += "; ";
        text.append(name).append(" ").append(ours).append(" here, ").append(theirs) += " there";
    }
    return text;
}

}  // namespace rollcall::agent
