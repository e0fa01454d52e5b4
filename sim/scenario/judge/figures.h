// SPDX-License-Identifier: Apache-2.0
//
// The figures of one run: how long deaths, joins, leaves and updates took to spread, false
// suspicions and failures, and traffic. They count from the start to the end of the schedule,
// without healing. figure_words.h has names, units and meanings.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "membership/stats.h"
#include "sim/scenario/judge/health_tracker.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/judge/spread.h"

namespace rollcall::sim {

class Figures final : public Observer {
public:
    void begins(const ClusterView& view) override;
    void before(const ClusterView& view, const Step& step) override;
    void after(const ClusterView& view, const Step& step) override;
    void event(const ClusterView& view, std::uint32_t node,
               const membership::Event& event) override;
    void sample(const ClusterView& view) override;
    void ends(const ClusterView& view) override;

    // After ends(): the figures that are defined for this run.
    [[nodiscard]] const std::map<std::string, double>& values() const { return values_; }

private:
    // Counters of the current process, and sums over all processes of this node.
    struct Meter {
        std::uint64_t packets = 0, bytes = 0, push_pulls = 0;  // of this process, as last read
        std::uint64_t packets_sum = 0, bytes_sum = 0, push_pulls_sum = 0;
        Duration running{}, read_at{};
        bool ran = false;
    };
    void count_if_false(const ClusterView& view, std::uint32_t node, const membership::About& about,
                        bool dead);
    void read(const ClusterView& view);
    void reset_meter(std::uint32_t node) {
        meters_[node - 1].packets = meters_[node - 1].bytes = meters_[node - 1].push_pulls = 0;
    }
    void drop_listener(std::uint32_t node);
    void report_traffic();

    Spread detected_, joined_, left_, updated_;
    HealthTracker health_;
    Nodes started_;              // by the current step
    std::vector<Meter> meters_;  // by number - 1
    Traffic traffic_;            // at the start
    std::uint64_t probes_ = 0, probes_failed_ = 0, suspicions_ = 0, failures_ = 0;
    std::uint64_t refutations_ = 0;
    std::uint64_t false_suspicions_ = 0, false_failures_ = 0;
    std::uint64_t false_suspicions_at_healthy_ = 0, false_failures_at_healthy_ = 0;
    unsigned health_score_max_ = 0;
    bool over_ = false;
    std::map<std::string, double> values_;
};

}  // namespace rollcall::sim
