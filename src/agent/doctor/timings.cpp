// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/timings.h"

#include "base/duration_text.h"
#include "serf/view_checksum.h"

namespace rollcall::agent {
namespace {

constexpr std::size_t kMostDifferences = 6;

}  // namespace

Timings timings_of(const membership::Config& config) {
    Timings timings{
        {"probe_interval", duration_text(config.probe_interval)},
        {"probe_timeout", duration_text(config.probe_timeout)},
        {"gossip_interval", duration_text(config.gossip_interval)},
        {"push_pull_interval", duration_text(config.push_pull_interval)},
        {"suspicion_mult", std::to_string(config.suspicion_mult)},
        {"fast_verdicts", config.fast_verdicts ? "on" : "off"},
        {"ring_watch", config.ring_watch ? "on" : "off"},
    };
    if (config.fast_verdicts) timings["detection_span"] = duration_text(config.detection_span);
    return timings;
}

std::string fingerprint(const Timings& timings) {
    std::string all;
    for (const auto& [name, value] : timings) all.append(name).append("=").append(value) += '\n';
    return serf::checksum_text(serf::view_hash(all));
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
