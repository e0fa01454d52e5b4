// SPDX-License-Identifier: Apache-2.0
//
// Watches a run for its report and keeps what a page can show, however long and large the run:
// beliefs in columns of time, curves of how news spread, load in columns, each member's story. What
// found no room is counted and told. One run, one thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sim/program/report/beliefs.h"
#include "sim/program/report/heat.h"
#include "sim/program/report/load.h"
#include "sim/program/report/news.h"
#include "sim/program/report/stories.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/scenario.h"

namespace rollcall::sim {

class ReportRecorder final : public Observer {
public:
    static constexpr std::size_t kMostSteps = 500;           // told
    static constexpr std::size_t kLongestWords = 200;        // of one step, in bytes
    static constexpr std::uint32_t kMostMembers = 16'384;    // told
    static constexpr std::uint32_t kMostBeliefs = 1u << 28;  // a byte for each member and observer

    explicit ReportRecorder(const Scenario& scenario);

    void begins(const ClusterView& view) override;
    void before(const ClusterView& view, const Step& step) override;
    void after(const ClusterView& view, const Step& step) override;
    void event(const ClusterView& view, std::uint32_t node,
               const membership::Event& event) override;
    void sample(const ClusterView& view) override;
    void ends(const ClusterView& view) override;
    void healed(const ClusterView& view) override;

    // {"nodes", "ends_s", "schedule_s" (when healing began, if it did), "steps": [{"at_s", "what",
    //  "all",
    //  "weight", "victim"}...], "victim": whose story the page opens with, "names", "heat", "news",
    //  "load", "stories", "left_out": [sentence...]}
    [[nodiscard]] nlohmann::json told();

private:
    // As a node stood before the step that is being carried out.
    struct Before {
        bool running = false, awake = false;
    };
    struct Told {
        Duration at{};
        std::string what;
        bool everybody = false;
        int weight = 2;
        std::int64_t victim = -1;  // the first member that it is done to
    };
    [[nodiscard]] std::uint32_t member_of(std::uint32_t node) const { return members_[node - 1]; }
    void look_who_is_who(const ClusterView& view);
    void stops(std::uint32_t node);
    void read_load(const ClusterView& view);
    void tell_step(const Step& step, const std::string& what);
    void holds(const ClusterView& view, std::uint32_t node, std::string_view about, Belief belief);
    void says(const ClusterView& view, std::uint32_t node, std::string_view about, Deed deed,
              std::string_view source = {});

    // Which steps are news, of what kind and to whom: report_curves.cpp.
    template <class F>
    void each_pair(F&& f) const;
    void note_connections(const ClusterView& view);
    void open_curves(const ClusterView& view, const Step& step, const std::string& what);
    void ask_all(NewsKind kind, const Nodes& about, const std::string& what);
    void ask_those_apart(const ClusterView& view, const std::string& what);
    void ask_those_together(const ClusterView& view, const std::string& what);

    const Scenario& scenario_;
    Beliefs beliefs_;
    HeatMap heat_;
    News news_;
    LoadCurves load_;
    Stories stories_;
    std::vector<Told> steps_;
    std::uint64_t steps_left_out_ = 0;
    std::vector<std::uint32_t> members_;        // by node - 1: the member whose name it bears
    std::vector<bool> ran_;                     // by node - 1, when last looked at
    std::vector<Before> before_;                // by node - 1
    std::vector<bool> connected_;               // of each_pair(), before a split
    std::uint32_t accused_ = Beliefs::kNobody;  // the first that was suspected while it ran
    std::optional<Duration> healing_since_;
    Duration now_{};
};

}  // namespace rollcall::sim
