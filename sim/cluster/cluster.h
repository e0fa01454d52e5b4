// SPDX-License-Identifier: Apache-2.0
//
// The interface of tests: a cluster of nodes n1, n2, ... in virtual time, from one seed. It runs
// the same cores as production. Time passes only in run_for, run_until and the functions that wait.
// The options, the seed and the calls determine a run.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/ids.h"
#include "sim/cluster/chronicle.h"
#include "sim/cluster/core_traits.h"
#include "sim/cluster/named_links.h"
#include "sim/cluster/process.h"
#include "sim/world/network.h"
#include "sim/world/streams.h"
#include "sim/world/timetable.h"
#include "sim/world/world.h"

namespace rollcall::sim {

template <class Core>
struct ClusterOptions {
    unsigned nodes = 3;
    std::uint64_t seed = 1;
    membership::Config profile = membership::Config::lan();
    LinkQuality links = {};
    std::vector<std::byte> key = {};  // the primary of every keyring; empty: no encryption
    Duration wake_delay = {};         // timers fire up to this late
    // False, for big and long runs: story(), events() and the chronicle's lists are not available;
    // the hash, the nodes' views and never_saw() are.
    bool keep_story = true;
    // Changes the settings of one node, by number from 1.
    std::function<void(typename CoreTraits<Core>::Config&, unsigned)> tweak = {};
};

// Whether a core can start with known members.
template <class Core>
inline constexpr bool kAdopts = requires(Core core, std::span<const membership::KnownMember> who) {
    CoreTraits<Core>::adopt(core, Time{}, who);
};

template <class Core = membership::Node>
class SimCluster {
public:
    using Node = Process<Core>;
    using Options = ClusterOptions<Core>;

    explicit SimCluster(Options options);
    SimCluster(const SimCluster&) = delete;
    SimCluster& operator=(const SimCluster&) = delete;

    // --- start and restart ---------------------------------------------------------------------
    void start();  // every node, none knows another
    // The same, then all join through n1 and time passes until all see all alive. Above
    // kMostThatJoin nodes the others are put into each node's table instead, where the core has
    // Node::adopt_members: no time passes, and there are no events.
    static constexpr std::size_t kMostThatJoin = 500;
    void start_joined();
    // Puts all running nodes into the table of every running node.
    void acquaint() requires kAdopts<Core>;
    // One more host with a process that is not started yet.
    Node& add_node(std::string name);
    [[nodiscard]] Node& node(std::string_view name);
    [[nodiscard]] const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
    // A new host for the same process, under a new name if one is given.
    void move_and_restart(std::string_view name, std::string_view new_name = {});
    // The host of a process that runs on gets another address.
    void change_address(std::string_view name);
    // The same host and process, under a new name.
    void restart_as(std::string_view name, std::string_view new_name);

    // --- the network ---------------------------------------------------------------------------
    [[nodiscard]] NamedLinks& links() { return links_; }
    [[nodiscard]] Network& network() { return network_; }
    [[nodiscard]] const Network& network() const { return network_; }
    [[nodiscard]] StreamNetwork& streams() { return streams_; }
    // A host that is not a node of this cluster.
    HostId add_stranger(const Endpoint& at) { return network_.add_host(at); }

    // --- time ----------------------------------------------------------------------------------
    [[nodiscard]] Time now() const { return world_.now(); }
    [[nodiscard]] Duration elapsed() const { return world_.now().time_since_epoch(); }
    void run_for(Duration time);
    // Calls `what` after `time`, between events. It may call every function that does not wait, and
    // schedule more.
    void after(Duration time, std::function<void()> what) {
        timetable_.at(world_.now() + time, std::move(what));
    }
    // True as soon as `holds()`, checked after every event of a node and every 10 ms; false if it
    // does not within `limit`.
    bool run_until(const std::function<bool()>& holds, Duration limit);

    // --- the nodes' views ----------------------------------------------------------------------
    // Every running node but `name` itself.
    template <class State>
    [[nodiscard]] bool others_see(std::string_view name, State state) const {
        for (const auto& n : nodes_) {
            if (!n->running() || n->name() == name) continue;
            if (CoreTraits<Core>::sees(n->core(), name, state) != state) return false;
        }
        return true;
    }
    // Waits until every running node, or every other one, sees `name` in `state`.
    template <class State>
    bool all_see(std::string_view name, State state, Duration within) {
        return run_until(
            [&] {
                if (!others_see(name, state)) return false;
                const Node* self = find(name);
                return self == nullptr || !self->running() ||
                       CoreTraits<Core>::sees(self->core(), name, state) == state;
            },
            within);
    }
    template <class State>
    bool all_others_see(std::string_view name, State state, Duration within) {
        return run_until([&] { return others_see(name, state); }, within);
    }
    // No node has seen `name` in `state` since the start, or since `since`.
    template <class State>
    [[nodiscard]] bool never_saw(std::string_view name, State state,
                                 Time since = Time::min()) const {
        const auto last =
            chronicle_.last_sighted(name, kLayerOf<State>, static_cast<std::uint8_t>(state));
        return !last || *last < since;
    }
    // No node has seen any member in `state`.
    template <class State>
    [[nodiscard]] bool nobody_saw(State state, Time since = Time::min()) const {
        const auto last =
            chronicle_.last_sighted(kLayerOf<State>, static_cast<std::uint8_t>(state));
        return !last || *last < since;
    }
    // Every running node considers exactly the running nodes alive.
    [[nodiscard]] bool converged() const;
    bool converges(Duration within) {
        return run_until([this] { return converged(); }, within);
    }

    // --- the record ------------------------------------------------------------------------------
    // Every event of type E that `name`'s core has emitted.
    template <class E>
    [[nodiscard]] std::vector<E> events(std::string_view name) const {
        ROLLCALL_CHECK(chronicle_.keeps());
        std::vector<E> found;
        for (const auto& entry : chronicle_.entries()) {
            if (entry.node == Chronicle::kWorld || nodes_[entry.node]->name() != name) continue;
            const auto* event = std::get_if<membership::Event>(&entry.what);
            if (event == nullptr) continue;
            if (const E* e = std::get_if<E>(event)) found.push_back(*e);
        }
        return found;
    }
    [[nodiscard]] const Chronicle& chronicle() const { return chronicle_; }
    // The seed, and one line per event. For failure messages.
    [[nodiscard]] std::string story() const;
    [[nodiscard]] std::uint64_t hash() const { return chronicle_.hash(); }
    [[nodiscard]] World& world() { return world_; }
    // What all nodes' tables share.
    [[nodiscard]] const membership::ProfilePool& profiles() const { return *profiles_; }
    // Calls of all cores so far: packets, timeouts, stream data, commands.
    [[nodiscard]] std::uint64_t events_handled() const;

private:
    [[nodiscard]] Node* find(std::string_view name) const;
    [[nodiscard]] WireAddress next_address();

    Options options_;
    World world_;
    Network network_;
    StreamNetwork streams_;
    Chronicle chronicle_;
    std::shared_ptr<membership::ProfilePool> profiles_ =
        std::make_shared<membership::ProfilePool>();
    std::uint32_t hosts_ = 0;
    Timetable timetable_{world_};
    NamedLinks links_{world_, network_, timetable_, chronicle_,
                      [this](std::string_view name) { return node(name).host(); }};
    std::vector<std::unique_ptr<Node>> nodes_;
    // The index at which a name was found last; the node may have another name now. Never iterated.
    mutable std::unordered_map<std::string, std::size_t, NameHash, std::equal_to<>> places_;
};

SimCluster(ClusterOptions<membership::Node>)->SimCluster<membership::Node>;

extern template class SimCluster<membership::Node>;

}  // namespace rollcall::sim
