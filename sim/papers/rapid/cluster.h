// SPDX-License-Identifier: Apache-2.0
//
// memberlist as Rapid's authors compared it with their system (ATC 2018): its LAN defaults of 2018,
// a thousand processes and more, each of which records every second how many members it sees.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "membership/config.h"
#include "sim/cluster/cluster.h"

namespace rollcall::sim::papers {

// LAN timings, suspicion multiplier 4 and two confirmations; transmissions counted as memberlist
// does, no pause detection, and no bound on concurrent joins. Compression changes nothing but byte
// counts, and costs time.
[[nodiscard]] membership::Config memberlist_of_2018(bool compress);

inline constexpr Duration kHeadStart = std::chrono::seconds{10};  // of the seed

// A cluster that starts with its seed alone; all others start kHeadStart later.
class RapidCluster {
public:
    RapidCluster(unsigned members, std::uint64_t seed, bool compress = false);

    // Starts the seed, waits for the head start, then starts and joins all others.
    void bootstrap();
    // Instead: every process already knows all others, and 30 s have passed.
    void begin_whole();
    // Runs for a second; returns how many members each running process sees.
    [[nodiscard]] const std::vector<unsigned>& next_second();
    // The last sizes, by process.
    [[nodiscard]] const std::vector<unsigned>& sizes() const { return sizes_; }
    [[nodiscard]] unsigned members() const { return members_; }
    // The faulty processes: the last ten.
    [[nodiscard]] std::vector<std::string> last_ten() const;

    SimCluster<membership::Node> cluster;

private:
    unsigned members_;
    std::vector<unsigned> sizes_;
};

}  // namespace rollcall::sim::papers
