// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/run/runner.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "sim/scenario/judge/figures.h"
#include "sim/scenario/judge/invariants.h"
#include "sim/scenario/judge/verdicts.h"
#include "sim/scenario/run/stage.h"

namespace rollcall::sim {
namespace {

// All keys that its packets may be encrypted with; none without encryption.
std::vector<wire::Keyring::Key> keys_of(const Scenario& scenario, const ClusterView& cluster) {
    std::vector<wire::Keyring::Key> all;
    for (unsigned number = 1; scenario.encrypted && number <= kMostKeys; ++number) {
        all.push_back(cluster.key(number));
    }
    return all;
}

// One run in order of time: expectations of a moment are checked before its steps.
template <class Core>
class Run {
public:
    Run(const Scenario& scenario, std::uint64_t seed, const RunOptions& options)
        : scenario_{scenario},
          options_{options},
          stage_{scenario, seed, options.keep_story},
          verdicts_{scenario} {
        result_.seed = seed;
        if (options.invariants) {
            invariants_.emplace(scenario, keys_of(scenario, stage_.cluster()));
            watchers_.push_back(&*invariants_);
        }
        watchers_.push_back(&figures_);
        watchers_.push_back(&verdicts_);
        watchers_.insert(watchers_.end(), options.observers.begin(), options.observers.end());
    }

    RunResult go() {
        const std::string problem = stage_.begin();
        if (!problem.empty()) {
            result_.violations.push_back({.invariant = "beginning", .what = problem});
        } else {
            stage_.set_observers(watchers_);
            each([&](Observer& o) { o.begins(view()); });
            play(scenario_.length, true);
            verdicts_.look(view());
            each([&](Observer& o) { o.ends(view()); });
            if (scenario_.healing > Duration{} && !stopped()) heal();
        }
        return close();
    }

private:
    [[nodiscard]] const ClusterView& view() { return stage_.cluster(); }
    [[nodiscard]] SimCluster<Core>& sim() { return stage_.cluster().sim(); }
    template <class F>
    void each(F&& f) {
        for (Observer* o : watchers_) f(*o);
    }
    [[nodiscard]] bool stopped() const {
        return options_.stop_at_violation &&
               (verdicts_.any_broken() || (invariants_ && invariants_->found() > 0));
    }
    // Until `end`, including steps that are due then.
    void play(Duration end, bool schedule) {
        while (!stopped()) {
            Duration next = std::min(end, next_sample_);
            const bool steps = schedule && next_step_ < scenario_.steps.size();
            if (steps) next = std::min(next, scenario_.steps[next_step_].at);
            if (const auto look = verdicts_.next_look(); schedule && look) {
                next = std::min(next, std::max(*look, view().now()));
            }
            stage_.run_until(next);
            if (schedule) verdicts_.look(view());
            while (schedule && next_step_ < scenario_.steps.size() &&
                   scenario_.steps[next_step_].at <= next) {
                stage_.carry_out(scenario_.steps[next_step_++]);
            }
            if (next_sample_ <= next) {
                each([&](Observer& o) { o.sample(view()); });
                next_sample_ += options_.sample_every;
            }
            if (next >= end) return;
        }
    }
    // Groups that do not know each other get half of the time to merge without help.
    void heal() {
        const Duration end = view().now() + scenario_.healing;
        stage_.heal();
        play(end - scenario_.healing / 2, false);
        if (stopped()) return;
        stage_.reunite();
        play(end, false);
        if (!stopped()) each([&](Observer& o) { o.healed(view()); });
    }
    RunResult close() {
        result_.hash = sim().hash();
        result_.events = sim().world().events_run();
        result_.length = view().now();
        result_.traffic = sim().network().traffic();
        result_.figures = figures_.values();
        verdicts_.judge_figures(result_.figures, view().now());
        result_.outcomes = verdicts_.outcomes();
        if (invariants_) {
            result_.violations.insert(result_.violations.end(), invariants_->violations().begin(),
                                      invariants_->violations().end());
            result_.invariants_broken = invariants_->found();
        }
        const auto broken = verdicts_.violations();
        result_.violations.insert(result_.violations.end(), broken.begin(), broken.end());
        if (options_.keep_story) result_.story = sim().story();
        return std::move(result_);
    }

    const Scenario& scenario_;
    const RunOptions& options_;
    Stage<Core> stage_;
    std::optional<Invariants> invariants_;
    Figures figures_;
    Verdicts verdicts_;
    std::vector<Observer*> watchers_;
    RunResult result_;
    std::size_t next_step_ = 0;
    Duration next_sample_{};
};

}  // namespace

RunResult run(const Scenario& scenario, std::uint64_t seed, const RunOptions& options) {
    return scenario.serf ? Run<serf::Serf>{scenario, seed, options}.go()
                         : Run<membership::Node>{scenario, seed, options}.go();
}

}  // namespace rollcall::sim
