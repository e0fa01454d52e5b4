// SPDX-License-Identifier: Apache-2.0
//
// The cluster of one run, with its nodes numbered from 1 as scenarios do: what observers see of it,
// and what the parts of a Stage act on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/cluster/serf_traits.h"
#include "sim/scenario/judge/observer.h"
#include "sim/scenario/language/scenario.h"
#include "sim/scenario/run/operator_words.h"

namespace rollcall::sim {

template <class Core>
class NumberedCluster final : public ClusterView {
public:
    using Process = typename SimCluster<Core>::Node;

    NumberedCluster(const Scenario& scenario, std::uint64_t seed, bool keep_story)
        : seed_{seed},
          cluster_{options(scenario, seed, keep_story)},
          given_up_(scenario.nodes, false) {}

    [[nodiscard]] SimCluster<Core>& sim() { return cluster_; }
    [[nodiscard]] Process& at(std::uint32_t n) const { return *cluster_.nodes()[n - 1]; }
    [[nodiscard]] std::vector<std::string> names(const Nodes& who) const {
        std::vector<std::string> list;
        list.reserve(who.size());
        for (const std::uint32_t n : who) list.push_back(name(n));
        return list;
    }
    // f(n) for those of `who` that run.
    template <class F>
    void each_running(const Nodes& who, F&& f) {
        for (const std::uint32_t n : who) {
            if (running(n)) f(n);
        }
    }
    // The run's time counts from here.
    void begin_run() { begun_ = cluster_.elapsed(); }
    void set_given_up(std::uint32_t n, bool given_up) { given_up_[n - 1] = given_up; }

    // --- ClusterView -----------------------------------------------------------------------------
    [[nodiscard]] Duration now() const override { return cluster_.elapsed() - begun_; }
    [[nodiscard]] std::uint32_t nodes() const override {
        return static_cast<std::uint32_t>(given_up_.size());
    }
    [[nodiscard]] const std::string& name(std::uint32_t n) const override { return at(n).name(); }
    [[nodiscard]] Endpoint endpoint(std::uint32_t n) const override { return at(n).endpoint(); }
    [[nodiscard]] HostId host(std::uint32_t n) const override { return at(n).host(); }
    [[nodiscard]] bool running(std::uint32_t n) const override { return at(n).running(); }
    [[nodiscard]] bool paused(std::uint32_t n) const override { return at(n).paused(); }
    // Then it is paused, too.
    [[nodiscard]] bool frozen(std::uint32_t n) const { return at(n).frozen(); }
    [[nodiscard]] std::uint64_t life(std::uint32_t n) const override {
        return at(n).driver().lives_ended();
    }
    [[nodiscard]] const membership::Node& core(std::uint32_t n) const override {
        return at(n).node();
    }
    [[nodiscard]] const serf::Serf* serf_layer(std::uint32_t n) const override {
        if constexpr (std::is_same_v<Core, serf::Serf>) {
            return &at(n).core();
        } else {
            return nullptr;
        }
    }
    [[nodiscard]] bool connected(std::uint32_t from, std::uint32_t to) const override {
        return cluster_.network().links().connected(host(from), host(to));
    }
    [[nodiscard]] wire::Keyring::Key key(unsigned number) const override {
        return key_for(seed_, number);
    }
    [[nodiscard]] bool given_up(std::uint32_t n) const override { return given_up_[n - 1]; }
    [[nodiscard]] const Network& network() const override { return cluster_.network(); }

private:
    [[nodiscard]] static ClusterOptions<Core> options(const Scenario& scenario, std::uint64_t seed,
                                                      bool keep_story) {
        ClusterOptions<Core> options{
            .nodes = scenario.nodes,
            .seed = seed,
            .profile = scenario.profile,
            .key = scenario.encrypted ? key_for(seed, 1) : std::vector<std::byte>{},
            .wake_delay = scenario.wake_delay,
            .keep_story = keep_story};
        options.tweak = [&scenario](typename CoreTraits<Core>::Config& config, unsigned n) {
            if constexpr (std::is_same_v<Core, serf::Serf>) {
                membership::Config own = std::move(config.membership);
                config = scenario.serf_layer;
                config.membership = std::move(own);
                config.confirm_key_changes = true;  // as an agent that has a keyring file
            }
            if (std::ranges::binary_search(scenario.published, n)) {
                make_published(CoreTraits<Core>::membership_of(config));
            }
        };
        return options;
    }
    // All but who it is.
    static void make_published(membership::Config& config) {
        const membership::Config own = std::exchange(config, published_lan());
        config.name = own.name;
        config.address = own.address;
        config.port = own.port;
        config.bind_port = own.bind_port;
    }

    std::uint64_t seed_;
    SimCluster<Core> cluster_;
    std::vector<bool> given_up_;  // by number - 1
    Duration begun_{};
};

}  // namespace rollcall::sim
