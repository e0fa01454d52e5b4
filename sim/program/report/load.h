// SPDX-License-Identifier: Apache-2.0
//
// What a run cost its nodes, and how well they felt, for a report: per column of time the median,
// 99th percentile and largest of what nodes sent, and their health scores. Memory is columns plus
// nodes. A node counts in a column that it ran from end to end.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/time.h"
#include "sim/program/report/bins.h"

namespace rollcall::sim {

class LoadCurves {
public:
    // One node, at one moment: sums since any moment that is the same for the whole run.
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

    // All nodes, in their order; moments ascending, the first is the beginning. A column is closed
    // by the first reading at or after its end.
    void read(Duration now, const std::vector<Reading>& nodes);

    // {"width_s", "columns", "packets": {"median": [...], "p99": [...], "max": [...]},
    //  "bytes": likewise, "health": {"worst": [...], "raised": [...]}}: per second; "raised" is the
    // share of the running nodes with a score above 0. Only columns that were closed.
    [[nodiscard]] nlohmann::json told() const;

    [[nodiscard]] const std::vector<Spread>& packets() const { return packets_; }
    [[nodiscard]] const std::vector<Spread>& bytes() const { return bytes_; }

private:
    struct Start {
        Reading reading;
        bool ran = true;  // ever since
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
