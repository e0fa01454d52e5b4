// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/disturbances.h"

#include <cmath>
#include <variant>

namespace rollcall::sim {

Disturbances::Node& Disturbances::at(std::uint32_t node) {
    if (nodes_.size() < node) nodes_.resize(node);
    return nodes_[node - 1];
}

const Disturbances::Node& Disturbances::at(std::uint32_t node) const {
    static const Node kNone;
    return node == 0 || node > nodes_.size() ? kNone : nodes_[node - 1];
}

void Disturbances::begins(const ClusterView& view) {
    nodes_.assign(view.nodes(), {});
    for (std::uint32_t number = 1; number <= view.nodes(); ++number) {
        at(number).running = view.running(number);
    }
}

void Disturbances::stepped(const ClusterView& view, const Step& step) {
    const auto touch = [&](const Nodes& who, auto&& change) {
        for (const std::uint32_t number : who) {
            Node& node = at(number);
            node.touched = view.now();
            change(node);
        }
    };
    // A new process is neither paused nor tuned; a slow host stays slow.
    const auto new_process = [](Node& node) { node.paused = node.tuned = false; };
    struct Apply {
        decltype(touch)& touch_all;
        decltype(new_process)& restarted;
        Duration now;
        void operator()(const action::Crash& a) const { touch_all(a.who, restarted); }
        void operator()(const action::Kill& a) const { touch_all(a.who, restarted); }
        void operator()(const action::Start& a) const {
            touch_all(a.who, [](Node&) {});
        }
        void operator()(const action::Restart& a) const { touch_all(a.who, restarted); }
        void operator()(const action::Leave& a) const {
            touch_all(a.who, [](Node&) {});
        }
        void operator()(const action::Pause& a) const {
            touch_all(a.who, [](Node& n) { n.paused = true; });
        }
        void operator()(const action::Resume& a) const {
            touch_all(a.who, [](Node& n) { n.paused = false; });
        }
        void operator()(const action::Freeze& a) const {
            touch_all(a.who, [](Node& n) { n.paused = true; });
        }
        void operator()(const action::Thaw& a) const {
            touch_all(a.who, [](Node& n) { n.paused = false; });
        }
        void operator()(const action::Slow& a) const {
            touch_all(a.who, [&](Node& n) { n.slow = a.service_time > Duration{}; });
        }
        void operator()(const action::Block& a) const {
            touch_all(a.who, [&](Node& n) { n.blocking = a.blocked > Duration{}; });
        }
        void operator()(const action::Drift& a) const {
            touch_all(a.who, [&](Node& n) {
                n.drift = std::max(n.drift, std::abs(a.parts_per_million) * 1e-6);
            });
        }
        void operator()(const action::ClockJump& a) const {
            touch_all(a.who, [&](Node& n) { n.jumps.push_back({now, a.forward}); });
        }
        // Network faults delay no process.
        void operator()(const action::Readdress&) const {}
        void operator()(const action::Join&) const {}
        void operator()(const action::Partition&) const {}
        void operator()(const action::Cut&) const {}
        void operator()(const action::Mend&) const {}
        void operator()(const action::SetLinks&) const {}
        void operator()(const action::SetLink&) const {}
        void operator()(const action::HostLoss&) const {}
        void operator()(const action::Narrow&) const {}
        void operator()(const action::Heal&) const {}
        void operator()(const action::UpdateMeta&) const {}
        void operator()(const action::SendEvent&) const {}
        void operator()(const action::SendQuery&) const {}
        void operator()(const action::RotateKeys&) const {}
        void operator()(const action::Tune&) const {}
        void operator()(const action::Attack&) const {}
        void operator()(const action::Retreat&) const {}
    };
    std::visit(Apply{touch, new_process, view.now()}, step.what);
}

void Disturbances::sampled(const ClusterView& view) {
    for (std::uint32_t number = 1; number <= view.nodes(); ++number) {
        Node& node = at(number);
        const bool running = view.running(number);
        if (running != node.running || view.paused(number)) node.touched = view.now();
        node.running = running;
        node.paused = view.paused(number);
    }
}

void Disturbances::tuned(const ClusterView& view, std::uint32_t node,
                         const serf::TimingsTuned& event) {
    using What = serf::TimingsTuned::What;
    Node& n = at(node);
    if (event.what == What::applied) n.tuned = true;
    if (event.what != What::expired && event.what != What::reverted) return;
    n.tuned = false;
    n.touched = n.tuned_until = view.now();
}

Duration Disturbances::held_up_until(std::uint32_t node, Duration now) const {
    const Node& n = at(node);
    return n.paused || n.slow || n.blocking || n.tuned ? now : n.touched;
}

Duration Disturbances::most_elapsed(std::uint32_t node, Duration from, Duration to) const {
    const Node& n = at(node);
    Duration elapsed = to - from;
    elapsed += std::chrono::duration_cast<Duration>(elapsed * n.drift);
    for (const Jump& jump : n.jumps) {
        if (jump.at >= from) elapsed += jump.forward;
    }
    return elapsed;
}

Duration Disturbances::least_elapsed(std::uint32_t node, Duration from, Duration to) const {
    const Duration elapsed = to - from;
    return elapsed - std::chrono::duration_cast<Duration>(elapsed * at(node).drift);
}

}  // namespace rollcall::sim
