// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/run/stage.h"

#include <type_traits>
#include <variant>

#include "sim/scenario/run/joining.h"

namespace rollcall::sim {

template <class Core>
std::string Stage<Core>::begin() {
    std::string problem;
    if (scenario_.beginning != Beginning::stopped) cluster_.sim().start();
    // Over good links: those of the scenario apply after the start.
    if (scenario_.beginning == Beginning::joined && !join_all(cluster_)) {
        problem =
            "the cluster did not come together before the run, over good links and with "
            "joins again and again; are gossip and push/pull switched off?";
    }
    cluster_.sim().links().set_links(scenario_.links);
    cluster_.begin_run();
    attacks_.begin_run([this](const Forgery& forgery) {
        for (Observer* o : observers_) o->forged(cluster_, forgery);
    });
    for (std::uint32_t n = 1; n <= cluster_.nodes(); ++n) {
        cluster_.at(n).set_listener(
            [this, n](Process&, const membership::Event& event) { on_event(n, event); });
    }
    listen_to_serf();
    return problem;
}

template <class Core>
void Stage<Core>::listen_to_serf() {
    if constexpr (std::is_same_v<Core, serf::Serf>) {
        for (std::uint32_t n = 1; n <= cluster_.nodes(); ++n) {
            cluster_.at(n).driver().set_outbox_listener([this, n](const serf::Serf::Outbox& out) {
                for (const serf::Event& event : out.serf_events()) on_event(n, event);
            });
        }
    }
}

template <class Core>
void Stage<Core>::on_event(std::uint32_t n, const membership::Event& event) {
    if (std::holds_alternative<membership::LeaveFinished>(event)) lives_.on_leave_finished(n);
    for (Observer* o : observers_) o->event(cluster_, n, event);
}

template <class Core>
void Stage<Core>::on_event(std::uint32_t n, const serf::Event& event) {
    for (Observer* o : observers_) o->serf_event(cluster_, n, event);
    if (const auto* changed = std::get_if<serf::KeyringChanged>(&event)) {
        keys_.save_keyring(n, changed->change);
    }
    if (const auto* finished = std::get_if<serf::KeyCommandFinished>(&event)) {
        keys_.on_finished(n, *finished);
    }
    if (const auto* query = std::get_if<serf::QueryReceived>(&event)) members_.on_query(n, *query);
}

template <class Core>
void Stage<Core>::set_observers(std::span<Observer* const> observers) {
    observers_.assign(observers.begin(), observers.end());
    if (observers_.empty()) return;
    cluster_.sim().network().set_tap([this](Time, Endpoint from, Endpoint to, Bytes bytes) {
        for (Observer* o : observers_) o->datagram(cluster_, from, to, bytes);
    });
}

template <class Core>
void Stage<Core>::carry_out(const Step& step) {
    for (Observer* o : observers_) o->before(cluster_, step);
    std::visit(
        [this](const auto& action) {
            if constexpr (requires { lives_.apply(action); }) {
                lives_.apply(action);
            } else if constexpr (requires { hindrances_.apply(action); }) {
                hindrances_.apply(action);
            } else if constexpr (requires { links_.apply(action); }) {
                links_.apply(action);
            } else if constexpr (requires { members_.apply(action); }) {
                members_.apply(action);
            } else if constexpr (requires { attacks_.apply(action); }) {
                attacks_.apply(action);
            } else {
                keys_.apply(action);
            }
        },
        step.what);
    for (Observer* o : observers_) o->after(cluster_, step);
}

template <class Core>
void Stage<Core>::heal() {
    LinkQuality clean = scenario_.links;
    clean.loss = clean.duplication = clean.reordering = 0;
    clean.bursts.reset();
    clean.mtu = LinkQuality{}.mtu;
    Nodes paused, frozen, hindered, narrow, stopped;
    for (std::uint32_t n = 1; n <= cluster_.nodes(); ++n) {
        if (cluster_.paused(n)) (cluster_.frozen(n) ? frozen : paused).push_back(n);
        if (hindrances_.hindered(n)) hindered.push_back(n);
        if (links_.narrow(n)) narrow.push_back(n);
        if (!cluster_.running(n) && !lives_.left(n)) stopped.push_back(n);
    }
    if (attacks_.attacked()) step(action::Retreat{});
    step(action::Heal{});
    step(action::SetLinks{clean});
    if (!narrow.empty()) step(action::Narrow{.who = narrow, .bandwidth = {}});
    if (!hindered.empty()) {
        step(action::Slow{.who = hindered});
        step(action::Block{.who = hindered});
        step(action::Drift{.who = hindered});
    }
    if (!paused.empty()) step(action::Resume{paused});
    if (!frozen.empty()) step(action::Thaw{frozen});
    restart_locked_out();
    if (!stopped.empty()) step(action::Start{stopped});
}

template <class Core>
void Stage<Core>::reunite() {
    restart_locked_out();
    Nodes leads = one_of_each_group(cluster_);
    if (leads.size() < 2) return;
    const std::uint32_t via = leads.front();
    leads.erase(leads.begin());
    step(action::Join{.who = leads, .via = via});
}

template <class Core>
void Stage<Core>::restart_locked_out() {
    const Nodes who = keys_.locked_out();
    if (!who.empty()) step(action::Restart{.who = who});
}

template class Stage<membership::Node>;
template class Stage<serf::Serf>;

}  // namespace rollcall::sim
