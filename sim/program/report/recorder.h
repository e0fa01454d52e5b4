// SPDX-License-Identifier: Apache-2.0
//
// Records a run for its report, bounded to what a page can show: states in columns of time, curves
// of how changes spread, load in columns, each member's story. What is left out is counted and
// reported. One run, one thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sim/program/report/change_curves.h"
#include "sim/program/report/heat.h"
#include "sim/program/report/load.h"
#include "sim/program/report/seen_states.h"
#include "sim/program/report/stories.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

class ReportRecorder final : public Observer {
public:
    static constexpr std::size_t kMostSteps = 500;         // shown
    static constexpr std::size_t kLongestWords = 200;      // of one step, in bytes
    static constexpr std::uint32_t kMostMembers = 16'384;  // shown
    static constexpr std::uint32_t kMostSeenStates = 1u
                                                     << 28;  // a byte for each member and observer

    explicit ReportRecorder(const Scenario& scenario);

    void begins(const ClusterView& view) override;
    void before(const ClusterView& view, const Step& step) override;
    void after(const ClusterView& view, const Step& step) override;
    void event(const ClusterView& view, std::uint32_t node,
               const membership::Event& event) override;
    void sample(const ClusterView& view) override;
    void ends(const ClusterView& view) override;
    void healed(const ClusterView& view) override;

    // {"nodes", "ends_s", "schedule_s" (start of healing, if any), "steps": [{"at_s", "what",
    // "all",
    //  "weight", "victim"}...], "accused": the first live member that was suspected, "victim": the
    //  member whose story the page opens with, "names", "heat", "changes", "load", "stories",
    //  "left_out": [sentence...]}
    [[nodiscard]] nlohmann::json to_json();

private:
    // The condition of a node before the current step.
    struct Before {
        bool running = false, awake = false;
    };
    struct RecordedStep {
        Duration at{};
        std::string what;
        bool all = false;
        int weight = 2;
        std::int64_t victim = -1;  // the first member that it affects
    };
    [[nodiscard]] std::uint32_t member_of(std::uint32_t node) const { return members_[node - 1]; }
    void update_nodes(const ClusterView& view);
    void node_stopped(std::uint32_t node);
    void read_load(const ClusterView& view);

    void sees(const ClusterView& view, std::uint32_t node, std::string_view about, SeenState state);
    void add_story(const ClusterView& view, std::uint32_t node, std::string_view about,
                   StoryKind kind, std::string_view source = {});

    // In curves.cpp: which steps open a curve.
    template <class F>
    void each_pair(F&& f) const;
    void note_connections(const ClusterView& view);
    void open_curves(const ClusterView& view, const Step& step, const std::string& what);
    void open_curve(ChangeKind kind, const Nodes& about, const std::string& what);
    void open_split_curve(const ClusterView& view, const std::string& what);
    void open_heal_curve(const ClusterView& view, const std::string& what);

    const Scenario& scenario_;
    SeenStates states_;
    HeatMap heat_;
    ChangeCurves curves_;
    LoadCurves load_;
    Stories stories_;
    std::vector<RecordedStep> steps_;
    std::uint64_t steps_left_out_ = 0;
    std::vector<std::uint32_t> members_;         // by node - 1: the member with its name
    std::vector<bool> ran_;                      // by node - 1, at the last update
    std::vector<Before> before_;                 // by node - 1
    std::vector<bool> connected_;                // by each_pair(), before a partition
    std::uint32_t accused_ = SeenStates::kNone;  // the first that was suspected while it ran
    std::optional<Duration> healing_since_;
    Duration now_{};
};

}  // namespace rollcall::sim
