// SPDX-License-Identifier: Apache-2.0
//
// Load and health of the nodes, for a report: per column of time the median, 99th percentile and
// maximum of what nodes sent, and their health scores. Memory is columns plus nodes. A node counts
// in a column if it ran throughout.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/time.h"
#include "sim/program/report/bins.h"

namespace rollcall::sim {

class LoadCurves {
public:
    // One node at one time: sums since a start that is the same for the whole run.
    struct Reading {
        bool running = false;
        std::uint64_t packets = 0;
        std::uint64_t bytes = 0;  // datagrams and streams
        unsigned health_score = 0;
    };
    // Of the nodes of one column, per second.
    struct Spread {
        double median = 0, p99 = 0, max = 0;
    };

    explicit LoadCurves(const TimeBins& bins) : bins_{bins} {}

    // Readings of all nodes, in their order; times ascending, the first is the start of the run. A
    // column is closed by the first reading at or after its end.
    void read(Duration now, const std::vector<Reading>& nodes);

    // {"width_s", "columns", "packets": {"median": [...], "p99": [...], "max": [...]},
    //  "bytes": the same, "health": {"worst": [...], "raised": [...]}}: per second; "raised" is the
    // share of the running nodes with a score above 0. Closed columns only.
    [[nodiscard]] nlohmann::json to_json() const;

    [[nodiscard]] const std::vector<Spread>& packets() const { return packets_; }
    [[nodiscard]] const std::vector<Spread>& bytes() const { return bytes_; }

private:
    struct Start {
        Reading reading;
        bool ran = true;  // since then
    };
    void close(Duration now, const std::vector<Reading>& nodes);
    static Spread spread(std::vector<double>& rates);

    TimeBins bins_;
    std::vector<Start> starts_;
    Duration since_{};
    std::vector<Spread> packets_, bytes_;
    std::vector<unsigned> worst_;
    std::vector<double> raised_;
    unsigned worst_now_ = 0;
    std::uint64_t raised_now_ = 0, scores_now_ = 0;
};

}  // namespace rollcall::sim
