// SPDX-License-Identifier: Apache-2.0
//
// Carries out the steps of one run. A step that does not apply (resuming a node that is not paused,
// starting one that runs) does nothing, so that any list of steps is a valid schedule, also drawn
// and shrunk ones. Each kind of step belongs to one part (life, hindrance, link, member, key,
// attack). Stage finds the part, and notifies the observers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/scenario.h"
#include "sim/scenario/run/attack_actions.h"
#include "sim/scenario/run/hindrance_actions.h"
#include "sim/scenario/run/key_actions.h"
#include "sim/scenario/run/life_actions.h"
#include "sim/scenario/run/link_actions.h"
#include "sim/scenario/run/member_actions.h"
#include "sim/scenario/run/numbered_cluster.h"

namespace rollcall::sim {

template <class Core>
class Stage final {
public:
    Stage(const Scenario& scenario, std::uint64_t seed, bool keep_story)
        : scenario_{scenario},
          cluster_{scenario, seed, keep_story},
          attacks_{cluster_, scenario, seed} {}

    // Starts the cluster as the scenario says; time counts from its return. "" or the error.
    [[nodiscard]] std::string begin();
    // Borrowed; they are notified from now on.
    void set_observers(std::span<Observer* const> observers);
    void run_until(Duration at) { cluster_.sim().run_for(at - cluster_.now()); }
    void carry_out(const Step& step);
    // What an operator does after the schedule, as steps: the network has no faults, and all nodes
    // run at full speed, except those that left.
    void heal();
    // Groups that reaped each other while apart merge only by a join; a node that a key rotation
    // did not wait for returns only with the new keys.
    void reunite();

    [[nodiscard]] NumberedCluster<Core>& cluster() { return cluster_; }

private:
    using Process = typename SimCluster<Core>::Node;

    void on_event(std::uint32_t n, const membership::Event& event);
    void listen_to_serf();
    void on_event(std::uint32_t n, const serf::Event& event);
    // A step of our own, now.
    void step(const Action& what) { carry_out({.at = cluster_.now(), .what = what}); }
    void restart_locked_out();

    const Scenario& scenario_;
    NumberedCluster<Core> cluster_;
    KeyActions<Core> keys_{cluster_};
    LifeActions<Core> lives_{cluster_, keys_};
    HindranceActions<Core> hindrances_{cluster_};
    LinkActions<Core> links_{cluster_};
    MemberActions<Core> members_{cluster_};
    AttackActions<Core> attacks_;
    std::vector<Observer*> observers_;
};

extern template class Stage<membership::Node>;
extern template class Stage<serf::Serf>;

}  // namespace rollcall::sim
