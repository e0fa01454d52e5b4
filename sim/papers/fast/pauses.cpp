// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/fast/pauses.h"

#include <numeric>
#include <span>

#include "base/rng.h"
#include "sim/papers/fast/illness.h"
#include "sim/papers/fast/network.h"

namespace rollcall::sim::papers {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBetweenAbsences = 45s;  // the longest one, and a slow verdict afterwards

class PauseRun {
public:
    PauseRun(const PauseJob& job, std::uint64_t seed)
        : job_{job},
          dice_{seed},
          cluster_{comparison_cluster(*job.profile, kPausedOf, seed, comparison_links())},
          ward_{cluster_, dice_.next()} {}

    double go() {
        begin_in_peace(cluster_);
        for (std::size_t i = 0; i < cluster_.nodes().size(); ++i) {
            cluster_.nodes()[i]->set_listener(
                [this, i](const auto&, const membership::Event& event) {
                    const auto* failed = std::get_if<membership::MemberFailed>(&event);
                    if (failed == nullptr) return;
                    const std::size_t about = place_of(failed->about.name);
                    declared_dead_ |= about == away_ && i != away_;
                });
        }
        std::vector<std::size_t> order(kPausedOf);
        std::iota(order.begin(), order.end(), std::size_t{0});
        double dead = 0;
        for (std::size_t n = 0; n < kAbsencesOfOneRun; ++n) {
            away_ = dice_.draw(std::span{order}, n);
            // At a random moment of everybody's intervals.
            cluster_.run_for(std::chrono::milliseconds{dice_.below(1000)});
            declared_dead_ = false;
            be_away();
            cluster_.run_for(kBetweenAbsences - job_.length);
            dead += declared_dead_ ? 1 : 0;
        }
        return dead;
    }

private:
    void be_away() {
        if (job_.absence == Absence::restarted) {
            auto& member = *cluster_.nodes()[away_];
            member.kill();
            cluster_.run_for(job_.length);
            member.start();
            member.join(cluster_.nodes()[away_ == 0 ? 1 : 0]->endpoint());
            return;
        }
        const auto kind =
            job_.absence == Absence::stopped ? Illness::Kind::stopped : Illness::Kind::frozen;
        ward_.fall_ill(away_, kind);
        cluster_.run_for(job_.length);
        ward_.recover(away_, kind);
    }

    const PauseJob& job_;
    Rng dice_;
    SimCluster<membership::Node> cluster_;
    Ward ward_;
    std::size_t away_ = 0;  // its place
    bool declared_dead_ = false;
};

}  // namespace

std::string_view words_for(Absence absence) {
    switch (absence) {
        case Absence::stopped:
            return "process stopped";
        case Absence::frozen:
            return "whole host silent";
        case Absence::restarted:
            return "process restarted";
    }
    return "";
}

std::vector<Duration> absence_lengths(const Scale& scale) {
    if (scale.effort == Scale::Effort::quick) return {1500ms, 8s, 15s};
    return {1s, 1500ms, 2s, 2500ms, 3s, 4s, 6s, 8s, 10s, 11s, 12s, 15s};
}

unsigned absence_runs(const Scale& scale) {
    return scale.pick<unsigned>(1, 9, 25);
}

std::vector<PauseJob> pause_jobs(const Scale& scale) {
    std::vector<PauseJob> jobs;
    for (const Duration length : absence_lengths(scale)) {
        for (const Absence absence : kAbsences) {
            for (unsigned repetition = 0; repetition < absence_runs(scale); ++repetition) {
                for (const ComparedProfile& profile : usual_profiles()) {
                    jobs.push_back({&profile, absence, length, repetition});
                }
            }
        }
    }
    return jobs;
}

double run_pauses(const PauseJob& job) {
    // The same members and moments for every profile, length and kind.
    return PauseRun{job, seed_of(kPausesExperiment, job.repetition)}.go();
}

}  // namespace rollcall::sim::papers
