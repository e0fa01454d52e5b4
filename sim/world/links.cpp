// SPDX-License-Identifier: Apache-2.0
#include "sim/world/links.h"

#include "sim/world/ranges.h"

namespace rollcall::sim {
namespace {

bool happens(double probability, Rng& rng) {
    return probability > 0 && rng.unit() < probability;
}

Duration between(Duration low, Duration high, Rng& rng) {
    if (high <= low) return low;
    return low + Duration{static_cast<Duration::rep>(
                     rng.below(static_cast<std::uint64_t>((high - low).count()) + 1))};
}

}  // namespace

std::string LinkQuality::problem() const {
    constexpr Duration kLongest = Latency::kLongest;
    std::string wrong = out_of_range("latency_min", latency_min, {}, kLongest);
    if (wrong.empty()) wrong = out_of_range("latency_max", latency_max, latency_min, kLongest);
    if (wrong.empty()) wrong = no_share("loss", loss);
    if (wrong.empty() && bursts) wrong = bursts->problem();
    if (wrong.empty()) wrong = no_share("duplication", duplication);
    if (wrong.empty()) wrong = no_share("reordering", reordering);
    if (wrong.empty()) wrong = out_of_range("reordering_delay", reordering_delay, {}, kLongest);
    if (wrong.empty() && (mtu < 1 || mtu > wire::kMaxDatagram)) {
        wrong = "mtu is " + std::to_string(mtu) + " bytes; allowed is 1 to " +
                std::to_string(wire::kMaxDatagram);
    }
    return wrong;
}

std::string HostLoss::problem() const {
    std::string wrong = no_share("egress loss", egress);
    return wrong.empty() ? no_share("ingress loss", ingress) : wrong;
}

void Links::set_host_loss(HostId host, const HostLoss& loss) {
    if (host_loss_.size() <= host) host_loss_.resize(host + 1);
    host_loss_[host] = loss;
}

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

void Links::cut_one_way(std::span<const HostId> from, std::span<const HostId> to, Reason because) {
    for (const HostId a : from) {
        for (const HostId b : to) {
            if (a != b) cut_one_way(a, b, because);
        }
    }
}

void Links::mend_one_way(std::span<const HostId> from, std::span<const HostId> to) {
    for (const HostId a : from) {
        for (const HostId b : to) mend_one_way(a, b);
    }
}

void Links::heal() {
    special_.clear();
    host_loss_.clear();
    cut_.clear();
    group_.clear();
}

bool Links::connected(HostId from, HostId to) const {
    if (from == to) return true;
    const auto group = [&](HostId host) { return host < group_.size() ? group_[host] : 0; };
    return group(from) == group(to) && !cut_.contains(key(from, to));
}

bool Links::silent(HostId from, HostId to) const {
    return !connected(from, to) || quality(from, to).loss >= 1 || loss_of(from).egress >= 1 ||
           loss_of(to).ingress >= 1;
}

const LinkQuality& Links::quality(HostId from, HostId to) const {
    if (special_.empty()) return everywhere_;
    const auto found = special_.find(key(from, to));
    return found == special_.end() ? everywhere_ : found->second;
}

Duration Links::latency(HostId from, HostId to, Rng& rng) const {
    const LinkQuality& link = quality(from, to);
    if (link.latency) return link.latency->draw(rng);
    return between(link.latency_min, link.latency_max, rng);
}

std::optional<Duration> Links::carry(HostId from, HostId to, std::size_t size, Time now, Rng& rng) {
    const LinkQuality& link = quality(from, to);
    if (!connected(from, to) || size > link.mtu || happens(link.loss, rng)) return {};
    if (link.bursts && happens(bursts_[key(from, to)].loss(*link.bursts, now, rng), rng)) return {};
    if (!host_loss_.empty() &&
        (happens(loss_of(from).egress, rng) || happens(loss_of(to).ingress, rng))) {
        return {};
    }
    Duration takes = latency(from, to, rng);
    if (happens(link.reordering, rng)) takes += between({}, link.reordering_delay, rng);
    return takes;
}

bool Links::duplicates(HostId from, HostId to, Rng& rng) const {
    return happens(quality(from, to).duplication, rng);
}

}  // namespace rollcall::sim
