// SPDX-License-Identifier: Apache-2.0
//
// The cluster of one run, on which the steps of a scenario are executed. A step that does not apply
// (resuming a node that is not paused, starting one that runs) does nothing, so that any list of
// steps is a valid schedule, also drawn and shrunk ones. The core decides the protocol; Stage
// decides what processes and operators do.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/cluster/serf_traits.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/scenario.h"
#include "sim/scenario/run/key_operator.h"
#include "sim/scenario/run/operator_words.h"
#include "wire/keyring.h"

namespace rollcall::sim {

template <class Core>
class Stage final : public ClusterView {
public:
    // A started process joins through another node, and again at this interval while it knows none:
    // as the agent does with its seeds.
    static constexpr Duration kJoinAgain = std::chrono::seconds{5};

    Stage(const Scenario& scenario, std::uint64_t seed, bool keep_story)
        : scenario_{scenario},
          seed_{seed},
          cluster_{std::make_unique<SimCluster<Core>>(options(scenario, seed, keep_story))},
          nodes_(scenario.nodes) {}

    // --- start and time ------------------------------------------------------------------------
    // Starts the cluster as the scenario says; time counts from its return. "" or the error.
    [[nodiscard]] std::string begin();
    // Borrowed; they are notified from now on.
    void set_observers(std::span<Observer* const> observers);
    void run_until(Duration at) { cluster_->run_for(at - now()); }
    void carry_out(const Step& step);
    // What an operator does after the schedule, as steps: the network has no faults, and all nodes
    // run at full speed, except those that left.
    void heal();
    // Groups that reaped each other while apart merge only by a join; a node that a key rotation
    // did not wait for returns only with the new keys.
    void reunite();

    [[nodiscard]] SimCluster<Core>& cluster() { return *cluster_; }
    // All keys that its packets may be encrypted with; none without encryption.
    [[nodiscard]] std::vector<wire::Keyring::Key> keys() const;

    // --- ClusterView -----------------------------------------------------------------------------
    [[nodiscard]] Duration now() const override { return cluster_->elapsed() - begun_; }
    [[nodiscard]] std::uint32_t nodes() const override { return scenario_.nodes; }
    [[nodiscard]] const std::string& name(std::uint32_t n) const override { return at(n).name(); }
    [[nodiscard]] Endpoint endpoint(std::uint32_t n) const override { return at(n).endpoint(); }
    [[nodiscard]] HostId host(std::uint32_t n) const override { return at(n).host(); }
    [[nodiscard]] bool running(std::uint32_t n) const override { return at(n).running(); }
    [[nodiscard]] bool paused(std::uint32_t n) const override { return at(n).paused(); }
    [[nodiscard]] std::uint64_t life(std::uint32_t n) const override {
        return at(n).driver().lives_ended();
    }
    [[nodiscard]] const membership::Node& core(std::uint32_t n) const override {
        return at(n).node();
    }
    [[nodiscard]] bool connected(std::uint32_t from, std::uint32_t to) const override {
        return cluster_->network().links().connected(host(from), host(to));
    }
    [[nodiscard]] wire::Keyring::Key key(unsigned number) const override {
        return key_for(seed_, number);
    }
    [[nodiscard]] bool given_up(std::uint32_t n) const override { return nodes_[n - 1].given_up; }
    [[nodiscard]] const Network& network() const override { return cluster_->network(); }

private:
    using Process = typename SimCluster<Core>::Node;
    // What is known of one node beyond its process.
    struct Standing {
        std::uint64_t life = 0;      // rises when a step starts or ends its process
        std::uint64_t blocking = 0;  // rises when repeated blocking begins or ends
        unsigned renamed = 0;
        unsigned updates = 0;
        unsigned messages = 0;  // user events and queries
        bool leave_requested = false;
        bool leave_finished = false;
        bool left = false;
        bool hindered = false;  // slow, blocking or drifting
        bool narrow = false;    // its host has a bandwidth
        bool given_up = false;  // keys were rotated without it
    };
    // A key rotation, by one run of one process.
    struct Rotation {
        std::uint32_t node = 0;
        std::uint64_t life = 0;
        KeyOperator keys;
    };

    [[nodiscard]] static ClusterOptions<Core> options(const Scenario& scenario, std::uint64_t seed,
                                                      bool keep_story);
    [[nodiscard]] Process& at(std::uint32_t n) const { return *cluster_->nodes()[n - 1]; }
    [[nodiscard]] Standing& standing(std::uint32_t n) { return nodes_[n - 1]; }
    template <class F>
    void each_running(const Nodes& who, F&& f) {
        for (const std::uint32_t n : who) {
            if (running(n)) f(n);
        }
    }

    [[nodiscard]] bool join_all();
    void join_in_waves(const Nodes& who);
    void on_event(std::uint32_t n, const membership::Event& event);
    void listen_to_serf();
    void on_event(std::uint32_t n, const serf::Event& event);
    void save_keyring(std::uint32_t n, std::uint64_t change);
    void confirm_keyring(std::uint32_t n, std::uint64_t life, std::uint64_t change);
    void hand_keys(std::uint32_t n);
    void restart_given_up();
    [[nodiscard]] bool rotating() const;
    void continue_rotation();
    void start(std::uint32_t n);
    void join_any(std::uint32_t n);
    void end_after_leave(std::uint32_t n, std::uint64_t life);
    void block_repeatedly(std::uint32_t n, std::uint64_t blocking, action::Block how, bool now);
    [[nodiscard]] std::vector<std::string> names(const Nodes& who) const;

    void apply(const action::Crash& a);
    void apply(const action::Kill& a);
    void apply(const action::Start& a);
    void apply(const action::Restart& a);
    void apply(const action::Readdress& a);
    void apply(const action::Join& a);
    void apply(const action::Leave& a);
    void apply(const action::Pause& a);
    void apply(const action::Resume& a);
    void apply(const action::Slow& a);
    void apply(const action::Block& a);
    void apply(const action::Drift& a);
    void apply(const action::ClockJump& a);
    void apply(const action::Partition& a);
    void apply(const action::Cut& a);
    void apply(const action::Mend& a);
    void apply(const action::SetLinks& a);
    void apply(const action::SetLink& a);
    void apply(const action::HostLoss& a);
    void apply(const action::Narrow& a);
    void apply(const action::Heal& a);
    void apply(const action::UpdateMeta& a);
    void apply(const action::SendEvent& a);
    void apply(const action::SendQuery& a);
    void apply(const action::RotateKeys& a);

    const Scenario& scenario_;
    std::uint64_t seed_;
    std::unique_ptr<SimCluster<Core>> cluster_;
    std::vector<Standing> nodes_;
    std::vector<Observer*> observers_;
    std::optional<Rotation> rotation_;  // the last one
    Duration begun_{};
};

extern template class Stage<membership::Node>;
extern template class Stage<serf::Serf>;

}  // namespace rollcall::sim
