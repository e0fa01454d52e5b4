// SPDX-License-Identifier: Apache-2.0
//
// memberlist as Rapid's authors ran it against their own system (ATC 2018): its LAN defaults of
// 2018, a thousand processes and more, each of which notes every second how many members it sees.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "membership/config.h"
#include "sim/cluster/cluster.h"

namespace rollcall::sim::papers {

// LAN timings, suspicion multiplier 4 and two confirmations; transmissions counted as memberlist
// does, no pause detection, and no bound on joins at once. Compression is worth its time where
// bytes are counted, and changes nothing else.
[[nodiscard]] membership::Config memberlist_of_2018(bool compress);

inline constexpr Duration kHeadStart = std::chrono::seconds{10};  // of the seed

// A cluster that begins with its seed alone; the others come together after kHeadStart.
class RapidCluster {
public:
    RapidCluster(unsigned members, std::uint64_t seed, bool compress = false);

    // Starts the seed, lets the head start pass, starts and joins everybody else.
    void bootstrap();
    // Instead: everybody knows everybody already, and 30 s have passed.
    void begin_whole();
    // A second passes; then everybody who runs says how many members it sees.
    [[nodiscard]] const std::vector<unsigned>& next_second();
    // Sizes as they were said last, by process.
    [[nodiscard]] const std::vector<unsigned>& sizes() const { return sizes_; }
    [[nodiscard]] unsigned members() const { return members_; }
    // The processes that faults befall: the last ten.
    [[nodiscard]] std::vector<std::string> last_ten() const;

    SimCluster<membership::Node> cluster;

private:
    unsigned members_;
    std::vector<unsigned> sizes_;
};

}  // namespace rollcall::sim::papers
