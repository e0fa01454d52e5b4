// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/figures.h"

#include <algorithm>
#include <array>
#include <variant>

#include "sim/scenario/judge/lookup.h"

namespace rollcall::sim {
namespace {

Nodes awake_others(const ClusterView& view, std::uint32_t but) {
    Nodes list;
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        if (n != but && awake(view, n)) list.push_back(n);
    }
    return list;
}

bool knows(const ClusterView& view, std::uint32_t node, std::uint32_t other) {
    const auto member = view.core(node).members().find(view.name(other));
    return member && member->is_live();
}
// The nodes that know it, and must learn of its end; those that do not, and must learn of its
// start.
Nodes nodes_knowing(const ClusterView& view, std::uint32_t of) {
    Nodes list = awake_others(view, of);
    std::erase_if(list, [&](std::uint32_t n) { return !knows(view, n, of); });
    return list;
}
Nodes nodes_not_knowing(const ClusterView& view, std::uint32_t to) {
    Nodes list = awake_others(view, to);
    std::erase_if(list, [&](std::uint32_t n) { return knows(view, n, to); });
    return list;
}

const Nodes* ended_by(const Action& what) {
    if (const auto* a = std::get_if<action::Crash>(&what)) return &a->who;
    if (const auto* a = std::get_if<action::Kill>(&what)) return &a->who;
    return nullptr;
}
const Nodes* started_by(const Action& what) {
    if (const auto* a = std::get_if<action::Start>(&what)) return &a->who;
    if (const auto* a = std::get_if<action::Restart>(&what)) return &a->who;
    return nullptr;
}

}  // namespace

void Figures::begins(const ClusterView& view) {
    meters_.assign(view.nodes(), {});
    health_.begins(view);
    read(view);
    for (Meter& meter : meters_) {  // the cost of joining is not counted
        meter.packets_sum = meter.bytes_sum = meter.push_pulls_sum = 0;
    }
    traffic_ = view.network().traffic();
}

void Figures::drop_listener(std::uint32_t node) {
    for (Spread* spread : {&detected_, &joined_, &left_, &updated_}) spread->drop_listener(node);
}

void Figures::before(const ClusterView& view, const Step& step) {
    if (over_) return;
    read(view);
    health_.before(view, step);
    if (const Nodes* who = ended_by(step.what)) {
        for (const std::uint32_t n : *who) {
            if (view.running(n)) drop_listener(n);
        }
        for (const std::uint32_t n : *who) {
            if (!view.running(n)) continue;
            joined_.end(view.name(n));
            updated_.end(view.name(n));
            Nodes others = nodes_knowing(view, n);
            std::erase_if(others, [&](std::uint32_t other) {
                return std::ranges::binary_search(*who, other);
            });
            detected_.begin(view.name(n), view.now(), std::move(others));
        }
    } else if (const auto* pause = std::get_if<action::Pause>(&step.what)) {
        for (const std::uint32_t n : pause->who) drop_listener(n);
    } else if (const auto* freeze = std::get_if<action::Freeze>(&step.what)) {
        for (const std::uint32_t n : freeze->who) drop_listener(n);
    } else if (const auto* restart = std::get_if<action::Restart>(&step.what)) {
        for (const std::uint32_t n : restart->who) {
            drop_listener(n);
            detected_.end(view.name(n));
        }
    } else if (const auto* start = std::get_if<action::Start>(&step.what)) {
        for (const std::uint32_t n : start->who) {
            if (!view.running(n)) detected_.end(view.name(n));
        }
        started_.clear();
        std::ranges::copy_if(start->who, std::back_inserter(started_),
                             [&](std::uint32_t n) { return !view.running(n); });
    }
}

void Figures::after(const ClusterView& view, const Step& step) {
    if (over_) return;
    health_.after(view, step);
    if (const Nodes* who = started_by(step.what)) {
        const bool all = std::holds_alternative<action::Restart>(step.what);
        for (const std::uint32_t n : all ? *who : started_) {
            reset_meter(n);
            left_.end(view.name(n));
            joined_.begin(view.name(n), view.now(), nodes_not_knowing(view, n));
        }
    } else if (const auto* leave = std::get_if<action::Leave>(&step.what)) {
        for (const std::uint32_t n : leave->who) {
            if (view.running(n) && !view.paused(n)) {
                left_.begin(view.name(n), view.now(), nodes_knowing(view, n));
            }
        }
    } else if (const auto* update = std::get_if<action::UpdateMeta>(&step.what)) {
        for (const std::uint32_t n : update->who) {
            if (view.running(n) && !view.paused(n)) {
                updated_.begin(view.name(n), view.now(), nodes_knowing(view, n));
            }
        }
    }
}

void Figures::event(const ClusterView& view, std::uint32_t node, const membership::Event& event) {
    using namespace membership;
    if (over_) return;
    if (const auto* probe = std::get_if<ProbeEnded>(&event)) {
        ++probes_;
        probes_failed_ += probe->outcome == ProbeOutcome::failed ? 1 : 0;
        health_score_max_ = std::max(health_score_max_, probe->health_score);
    } else if (const auto* suspected = std::get_if<MemberSuspected>(&event)) {
        ++suspicions_;
        count_if_false(view, node, suspected->about, false);
    } else if (const auto* failed = std::get_if<MemberFailed>(&event)) {
        ++failures_;
        detected_.learned(failed->about.name, node, view.now());
        count_if_false(view, node, failed->about, true);
    } else if (const auto* joined = std::get_if<MemberJoined>(&event)) {
        joined_.learned(joined->about.name, node, view.now());
    } else if (const auto* left = std::get_if<MemberLeft>(&event)) {
        left_.learned(left->about.name, node, view.now());
    } else if (const auto* updated = std::get_if<MemberUpdated>(&event)) {
        updated_.learned(updated->about.name, node, view.now());
    } else if (std::holds_alternative<Refuted>(event)) {
        ++refutations_;
    }
}

void Figures::count_if_false(const ClusterView& view, std::uint32_t node,
                             const membership::About& about, bool dead) {
    const std::uint32_t number = number_of(view, about.name);
    if (number == 0 || number == node || !health_.accusation_is_false(view, number, node)) return;
    const bool healthy = health_.healthy(view, node);
    ++(dead ? false_failures_ : false_suspicions_);
    if (healthy) ++(dead ? false_failures_at_healthy_ : false_suspicions_at_healthy_);
}

void Figures::read(const ClusterView& view) {
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
        Meter& meter = meters_[n - 1];
        const Duration since = std::exchange(meter.read_at, view.now());
        if (!view.running(n)) {
            if (meter.ran) drop_listener(n);
            meter.ran = false;
            continue;
        }
        const membership::Stats& stats = view.core(n).stats();
        if (meter.ran) meter.running += view.now() - since;
        if (!meter.ran) reset_meter(n);
        meter.ran = true;
        meter.packets_sum += stats.packets_sent - std::exchange(meter.packets, stats.packets_sent);
        meter.bytes_sum += stats.bytes_sent - std::exchange(meter.bytes, stats.bytes_sent);
        meter.push_pulls_sum +=
            stats.push_pulls - std::exchange(meter.push_pulls, stats.push_pulls);
    }
}

void Figures::sample(const ClusterView& view) {
    if (over_) return;
    read(view);
    health_.sample(view);
}

void Figures::ends(const ClusterView& view) {
    if (over_) return;
    read(view);
    over_ = true;
    const double seconds = std::chrono::duration<double>(view.now()).count();
    const Traffic& now = view.network().traffic();
    const auto put = [&](const char* name, auto value) {
        values_[name] = static_cast<double>(value);
    };
    if (seconds > 0) {
        put("stream_bytes_per_s_mean",
            static_cast<double>(now.stream_bytes - traffic_.stream_bytes) / seconds / view.nodes());
    }
    if (now.datagrams > traffic_.datagrams) {
        put("datagrams_lost", static_cast<double>(now.lost - traffic_.lost) /
                                  static_cast<double>(now.datagrams - traffic_.datagrams));
    }
    put("suspicions", suspicions_);
    put("failures", failures_);
    put("false_suspicions", false_suspicions_);
    put("false_failures", false_failures_);
    put("false_suspicions_at_healthy", false_suspicions_at_healthy_);
    put("false_failures_at_healthy", false_failures_at_healthy_);
    put("refutations", refutations_);
    put("probes", probes_);
    put("probes_failed", probes_failed_);
    put("health_score_max", health_score_max_);
    detected_.report("detect", values_);
    joined_.report("join", values_);
    left_.report("leave", values_);
    updated_.report("update", values_);
    report_traffic();
}

void Figures::report_traffic() {
    std::vector<double> packets, bytes;
    std::uint64_t push_pulls = 0;
    for (const Meter& meter : meters_) {
        push_pulls += meter.push_pulls_sum;
        const double seconds = std::chrono::duration<double>(meter.running).count();
        if (seconds <= 0) continue;
        packets.push_back(static_cast<double>(meter.packets_sum) / seconds);
        bytes.push_back(static_cast<double>(meter.bytes_sum) / seconds);
    }
    values_["push_pulls"] = static_cast<double>(push_pulls);
    for (const auto& [name, rates] :
         {std::pair<std::string, const std::vector<double>&>{"packets", packets},
          {"bytes", bytes}}) {
        if (rates.empty()) continue;
        double sum = 0;
        for (const double rate : rates) sum += rate;
        values_[name + "_per_s_mean"] = sum / static_cast<double>(rates.size());
        values_[name + "_per_s_p99"] = quantile(rates, 0.99);
        values_[name + "_per_s_max"] = quantile(rates, 1);
    }
}

}  // namespace rollcall::sim
