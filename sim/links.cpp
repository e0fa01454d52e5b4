// SPDX-License-Identifier: Apache-2.0
#include "sim/links.h"

namespace rollcall::sim {
namespace {

// No dice are drawn for what cannot happen, so that switching a fault off leaves the rest of a run
// as it was.
bool happens(double probability, Rng& rng) {
    return probability > 0 && rng.unit() < probability;
}

Duration between(Duration low, Duration high, Rng& rng) {
    if (high <= low) return low;
    return low + Duration{static_cast<Duration::rep>(
                     rng.below(static_cast<std::uint64_t>((high - low).count()) + 1))};
}

}  // namespace

void Links::partition(const std::vector<std::vector<HostId>>& groups) {
    group_.clear();
    std::uint32_t number = 0;
    for (const auto& group : groups) {
        ++number;
        for (const HostId host : group) {
            if (group_.size() <= host) group_.resize(host + 1, 0);
            group_[host] = number;
        }
    }
}

void Links::heal() {
    special_.clear();
    cut_.clear();
    group_.clear();
}

bool Links::connected(HostId from, HostId to) const {
    if (from == to) return true;
    const auto group = [&](HostId host) { return host < group_.size() ? group_[host] : 0; };
    return group(from) == group(to) && !cut_.contains(key(from, to));
}

const LinkQuality& Links::quality(HostId from, HostId to) const {
    if (special_.empty()) return everywhere_;
    const auto found = special_.find(key(from, to));
    return found == special_.end() ? everywhere_ : found->second;
}

Duration Links::latency(HostId from, HostId to, Rng& rng) const {
    const LinkQuality& link = quality(from, to);
    return between(link.latency_min, link.latency_max, rng);
}

std::optional<Duration> Links::carry(HostId from, HostId to, std::size_t size, Rng& rng) const {
    const LinkQuality& link = quality(from, to);
    if (!connected(from, to) || size > link.mtu || happens(link.loss, rng)) return {};
    Duration takes = latency(from, to, rng);
    if (happens(link.reordering, rng)) takes += between({}, link.reordering_delay, rng);
    return takes;
}

bool Links::duplicates(HostId from, HostId to, Rng& rng) const {
    return happens(quality(from, to).duplication, rng);
}

}  // namespace rollcall::sim
