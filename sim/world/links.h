// SPDX-License-Identifier: Apache-2.0
//
// Reachability between hosts: the quality of each directed link, each host's own loss, partitions
// and cuts. Time and random generator are passed in; nothing is sent here. A fault that is off
// draws no random number, so that switching it off leaves the rest of a run unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "membership/core.h"
#include "sim/world/bursts.h"
#include "sim/world/latency.h"
#include "wire/packet.h"

namespace rollcall::sim {

using HostId = std::uint32_t;

struct LinkQuality {
    Duration latency_min = std::chrono::microseconds{200};
    Duration latency_max = std::chrono::milliseconds{2};
    std::optional<Latency> latency = {};  // if set, replaces the two above
    double loss = 0;                      // of datagrams, 0..1, independent; streams send again
    std::optional<Bursts> bursts = {};    // loss in bursts, in addition
    double duplication = 0;               // of datagrams
    double reordering = 0;                // of datagrams: delayed by up to reordering_delay more
    Duration reordering_delay = std::chrono::milliseconds{50};
    std::size_t mtu = wire::kMaxDatagram;  // larger datagrams are lost

    // Empty, or which value is out of range and what is allowed.
    [[nodiscard]] std::string problem() const;
};

// Loss at one host's own interface, for every peer: shares from 0 to 1.
struct HostLoss {
    double egress = 0;   // of what it sends
    double ingress = 0;  // of what is sent to it

    [[nodiscard]] std::string problem() const;
};

class Links {
public:
    explicit Links(const LinkQuality& everywhere) : everywhere_{everywhere} {}

    void set_quality(const LinkQuality& everywhere) { everywhere_ = everywhere; }
    void set_quality(HostId from, HostId to, const LinkQuality& quality) {
        special_[key(from, to)] = quality;
    }
    void set_host_loss(HostId host, const HostLoss& loss);
    // Hosts of different groups cannot reach each other; those not named form one more group.
    void partition(const std::vector<std::vector<HostId>>& groups);
    // A cut is one direction of a link and is mended separately from all others; cutting it twice
    // is the same as once. With a reason, the sender's own system refuses with that error.
    using Reason = std::optional<membership::SendError::Kind>;
    void cut_one_way(HostId from, HostId to, Reason because = {}) {
        cut_.insert_or_assign(key(from, to), because);
    }
    void mend_one_way(HostId from, HostId to) { cut_.erase(key(from, to)); }
    [[nodiscard]] Reason unsendable(HostId from, HostId to) const {
        if (cut_.empty()) return {};
        const auto found = cut_.find(key(from, to));
        return found == cut_.end() ? Reason{} : found->second;
    }
    void cut_one_way(std::span<const HostId> from, std::span<const HostId> to, Reason because = {});
    void mend_one_way(std::span<const HostId> from, std::span<const HostId> to);
    // Ends partitions, cuts, special link qualities and host loss.
    void heal();

    [[nodiscard]] bool connected(HostId from, HostId to) const;
    // Nothing gets through: a cut, or a loss of 1.
    [[nodiscard]] bool silent(HostId from, HostId to) const;
    [[nodiscard]] const LinkQuality& quality(HostId from, HostId to) const;
    [[nodiscard]] Duration latency(HostId from, HostId to, Rng& rng) const;
    // The travel time of one datagram; nullopt: it is lost.
    [[nodiscard]] std::optional<Duration> carry(HostId from, HostId to, std::size_t size, Time now,
                                                Rng& rng);
    // Whether a second copy of it arrives.
    [[nodiscard]] bool duplicates(HostId from, HostId to, Rng& rng) const;

private:
    [[nodiscard]] static std::uint64_t key(HostId from, HostId to) {
        return static_cast<std::uint64_t>(from) << 32 | to;
    }
    [[nodiscard]] HostLoss loss_of(HostId host) const {
        return host < host_loss_.size() ? host_loss_[host] : HostLoss{};
    }
    LinkQuality everywhere_;
    std::unordered_map<std::uint64_t, LinkQuality> special_;  // all three: looked up, never walked
    std::unordered_map<std::uint64_t, Reason> cut_;
    std::unordered_map<std::uint64_t, BurstState> bursts_;  // by link, from its first datagram
    std::vector<std::uint32_t> group_;                      // by host; beyond the end: 0
    std::vector<HostLoss> host_loss_;                       // by host; beyond the end: none
};

}  // namespace rollcall::sim
