// SPDX-License-Identifier: Apache-2.0
//
// The start and the end of a run: joining, healing, merging. The steps between are in stage_impl.h.
#include "sim/scenario/run/stage.h"

#include <algorithm>
#include <numeric>
#include <type_traits>
#include <variant>

#include "sim/scenario/run/stage_impl.h"

namespace rollcall::sim {
namespace {

// A seed does not accept a thousand streams at once.
constexpr std::size_t kJoinWave = 100;
constexpr Duration kJoinLook = std::chrono::milliseconds{100};
constexpr Duration kWaveLimit = std::chrono::seconds{12};  // a push/pull, with a margin
constexpr Duration kGossipLimit = std::chrono::seconds{20};
constexpr unsigned kJoinRounds = 6;

bool takes_for_live(const ClusterView& view, std::uint32_t node, std::uint32_t other) {
    const auto member = view.core(node).members().find(view.name(other));
    return member && member->is_live();
}

}  // namespace

template <class Core>
ClusterOptions<Core> Stage<Core>::options(const Scenario& scenario, std::uint64_t seed,
                                          bool keep_story) {
    ClusterOptions<Core> options{
        .nodes = scenario.nodes,
        .seed = seed,
        .profile = scenario.profile,
        .key = scenario.encrypted ? key_for(seed, 1) : std::vector<std::byte>{},
        .wake_delay = scenario.wake_delay,
        .keep_story = keep_story};
    if constexpr (std::is_same_v<Core, serf::Serf>) {
        options.tweak = [&scenario](serf::Config& config, unsigned) {
            membership::Config own = std::move(config.membership);
            config = scenario.serf_layer;
            config.membership = std::move(own);
            config.confirm_key_changes = true;  // as an agent that has a keyring file
        };
    }
    return options;
}

template <class Core>
std::string Stage<Core>::begin() {
    std::string problem;
    if (scenario_.beginning != Beginning::stopped) cluster_->start();
    // Over good links: those of the scenario apply after the start.
    if (scenario_.beginning == Beginning::joined && !join_all()) {
        problem =
            "the cluster did not come together before the run, over good links and with "
            "joins again and again; are gossip and push/pull switched off?";
    }
    cluster_->set_links(scenario_.links);
    begun_ = cluster_->elapsed();
    for (std::uint32_t n = 1; n <= nodes(); ++n) {
        at(n).set_listener(
            [this, n](Process&, const membership::Event& event) { on_event(n, event); });
    }
    listen_to_serf();
    return problem;
}

template <class Core>
void Stage<Core>::listen_to_serf() {
    if constexpr (std::is_same_v<Core, serf::Serf>) {
        for (std::uint32_t n = 1; n <= nodes(); ++n) {
            at(n).driver().set_outbox_listener([this, n](const serf::Serf::Outbox& out) {
                for (const serf::Event& event : out.serf_events()) on_event(n, event);
            });
        }
    }
}

// The application of these nodes answers every query with the name of the node.
template <class Core>
void Stage<Core>::on_event(std::uint32_t n, const serf::Event& event) {
    for (Observer* o : observers_) o->serf_event(*this, n, event);
    if (const auto* changed = std::get_if<serf::KeyringChanged>(&event)) {
        save_keyring(n, changed->change);
    }
    if (const auto* said = std::get_if<serf::KeyCommandFinished>(&event)) {
        if (rotating() && rotation_->node == n && rotation_->keys.on_finished(*said)) {
            cluster_->after(Duration{}, [this] { continue_rotation(); });
        }
    }
    const auto* asked = std::get_if<serf::QueryReceived>(&event);
    if (asked == nullptr || !asked->expects_answer) return;
    cluster_->after(Duration{}, [this, n, life = life(n), query = asked->handle] {
        if (life != this->life(n) || paused(n)) return;
        at(n).command([&](Core& core, Time now, typename Process::Outbox& out) {
            answer(core, now, query, name(n), out);
        });
    });
}

template <class Core>
bool Stage<Core>::join_all() {
    if constexpr (kAdopts<Core>) {
        if (nodes() > SimCluster<Core>::kMostThatJoin) {
            cluster_->acquaint();
            return cluster_->converged();
        }
    }
    Nodes who(nodes() - 1);
    std::iota(who.begin(), who.end(), 2u);
    for (unsigned round = 0; round < kJoinRounds; ++round) {
        join_in_waves(who);
        for (Duration waited{}; waited < kGossipLimit; waited += kJoinLook) {
            if (cluster_->converged()) return true;
            cluster_->run_for(kJoinLook);
        }
        // Nodes that gossip did not reach join again.
        std::erase_if(who, [&](std::uint32_t n) { return core(n).alive_count() == nodes(); });
        if (who.empty()) who = {2};  // n1 gets the state of one that knows all
    }
    return cluster_->converged();
}

template <class Core>
void Stage<Core>::join_in_waves(const Nodes& who) {
    for (std::size_t first = 0; first < who.size(); first += kJoinWave) {
        const std::size_t end = std::min(who.size(), first + kJoinWave);
        for (std::size_t i = first; i < end; ++i) at(who[i]).join(endpoint(1));
        if (end == who.size()) return;
        for (Duration waited{}; waited < kWaveLimit; waited += kJoinLook) {
            cluster_->run_for(kJoinLook);
            if (std::all_of(who.begin(), who.begin() + static_cast<std::ptrdiff_t>(end),
                            [&](std::uint32_t n) { return core(n).alive_count() > 1; })) {
                break;
            }
        }
    }
}

template <class Core>
void Stage<Core>::set_observers(std::span<Observer* const> observers) {
    observers_.assign(observers.begin(), observers.end());
    if (observers_.empty()) return;
    cluster_->network().set_tap([this](Time, Endpoint from, Endpoint to, Bytes bytes) {
        for (Observer* o : observers_) o->datagram(*this, from, to, bytes);
    });
}

template <class Core>
void Stage<Core>::on_event(std::uint32_t n, const membership::Event& event) {
    if (std::holds_alternative<membership::LeaveFinished>(event)) {
        standing(n).leave_finished = true;
    }
    for (Observer* o : observers_) o->event(*this, n, event);
}

template <class Core>
void Stage<Core>::carry_out(const Step& step) {
    for (Observer* o : observers_) o->before(*this, step);
    std::visit([this](const auto& action) { this->apply(action); }, step.what);
    for (Observer* o : observers_) o->after(*this, step);
}

template <class Core>
void Stage<Core>::heal() {
    LinkQuality clean = scenario_.links;
    clean.loss = clean.duplication = clean.reordering = 0;
    clean.bursts.reset();
    clean.mtu = LinkQuality{}.mtu;
    Nodes paused_ones, hindered, narrow, stopped;
    for (std::uint32_t n = 1; n <= nodes(); ++n) {
        if (paused(n)) paused_ones.push_back(n);
        if (standing(n).hindered) hindered.push_back(n);
        if (standing(n).narrow) narrow.push_back(n);
        if (!running(n) && !standing(n).left) stopped.push_back(n);
    }
    const auto step = [this](const Action& what) { carry_out({.at = now(), .what = what}); };
    step(action::Heal{});
    step(action::SetLinks{clean});
    if (!narrow.empty()) step(action::Narrow{.who = narrow, .bandwidth = {}});
    if (!hindered.empty()) {
        step(action::Slow{.who = hindered});
        step(action::Block{.who = hindered});
        step(action::Drift{.who = hindered});
    }
    if (!paused_ones.empty()) step(action::Resume{paused_ones});
    restart_given_up();
    if (!stopped.empty()) step(action::Start{stopped});
}

template <class Core>
void Stage<Core>::reunite() {
    restart_given_up();
    Nodes strangers, leads;
    for (std::uint32_t n = 1; n <= nodes(); ++n) {
        if (running(n) && !core(n).leaving()) strangers.push_back(n);
    }
    // The lowest number that remains, and all nodes that know each other with it.
    while (!strangers.empty()) {
        const std::uint32_t lead = strangers.front();
        leads.push_back(lead);
        std::erase_if(strangers, [&](std::uint32_t n) {
            return n == lead || (takes_for_live(*this, lead, n) && takes_for_live(*this, n, lead));
        });
    }
    if (leads.size() < 2) return;
    const std::uint32_t via = leads.front();
    leads.erase(leads.begin());
    carry_out({.at = now(), .what = action::Join{.who = leads, .via = via}});
}

template class Stage<membership::Node>;
template class Stage<serf::Serf>;

}  // namespace rollcall::sim
