// SPDX-License-Identifier: Apache-2.0
//
// Who reaches whom, and how well: the quality of each directed link between two hosts, partitions
// and one-way cuts. Draws from the dice it is handed; sends nothing itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "wire/packet.h"

namespace rollcall::sim {

using HostId = std::uint32_t;

struct LinkQuality {
    Duration latency_min = std::chrono::microseconds{200};
    Duration latency_max = std::chrono::milliseconds{2};
    double loss = 0;         // of datagrams, 0..1; streams send again
    double duplication = 0;  // of datagrams
    double reordering = 0;   // of datagrams: held back by up to reordering_delay
    Duration reordering_delay = std::chrono::milliseconds{50};
    std::size_t mtu = wire::kMaxDatagram;  // larger datagrams vanish on the way
};

class Links {
public:
    explicit Links(const LinkQuality& everywhere) : everywhere_{everywhere} {}

    void set_quality(const LinkQuality& everywhere) { everywhere_ = everywhere; }
    void set_quality(HostId from, HostId to, const LinkQuality& quality) {
        special_[key(from, to)] = quality;
    }
    // Hosts of different groups do not hear each other; those not named form one more group.
    void partition(const std::vector<std::vector<HostId>>& groups);
    void cut_one_way(HostId from, HostId to) { cut_.insert(key(from, to)); }
    // Ends partitions, cuts and special qualities.
    void heal();

    [[nodiscard]] bool connected(HostId from, HostId to) const;
    [[nodiscard]] const LinkQuality& quality(HostId from, HostId to) const;
    [[nodiscard]] Duration latency(HostId from, HostId to, Rng& rng) const;
    // What happens to one datagram: how long it takes, or nullopt when it is lost.
    [[nodiscard]] std::optional<Duration> carry(HostId from, HostId to, std::size_t size,
                                                Rng& rng) const;
    // Whether a second copy of it arrives.
    [[nodiscard]] bool duplicates(HostId from, HostId to, Rng& rng) const;

private:
    [[nodiscard]] static std::uint64_t key(HostId from, HostId to) {
        return static_cast<std::uint64_t>(from) << 32 | to;
    }
    LinkQuality everywhere_;
    std::unordered_map<std::uint64_t, LinkQuality> special_;  // looked up, never walked
    std::unordered_set<std::uint64_t> cut_;                   // the same
    std::vector<std::uint32_t> group_;                        // by host; beyond the end: 0
};

}  // namespace rollcall::sim
