// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/health_tracker.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "sim/scenario/judge/lookup.h"

namespace rollcall::sim {
namespace {

bool changes_network(const Action& what) {
    return std::holds_alternative<action::Partition>(what) ||
           std::holds_alternative<action::Cut>(what) ||
           std::holds_alternative<action::Mend>(what) ||
           std::holds_alternative<action::SetLinks>(what) ||
           std::holds_alternative<action::SetLink>(what) ||
           std::holds_alternative<action::HostLoss>(what) ||
           std::holds_alternative<action::Narrow>(what) ||
           std::holds_alternative<action::Restart>(what) ||  // perhaps to another host
           std::holds_alternative<action::Readdress>(what) ||
           std::holds_alternative<action::Heal>(what);
}

}  // namespace

Duration HealthTracker::long_enough(const membership::Config& config, unsigned nodes) {
    const double scale = std::max(1.0, std::log10(static_cast<double>(nodes)));
    const double intervals = scale * config.suspicion_mult * config.suspicion_max_timeout_mult;
    // Rounds for gossip to reach all, twice: for the accusation and for its end.
    const double rounds = 2 * (std::log2(static_cast<double>(nodes) + 1) + 2);
    return std::chrono::duration_cast<Duration>(config.probe_interval * (intervals + 2) +
                                                config.gossip_interval * rounds);
}

void HealthTracker::begins(const ClusterView& view) {
    nodes_.assign(view.nodes(), {});
    cut_.clear();
    if (view.nodes() > 0) {
        for (std::uint32_t n = 1; n <= view.nodes(); ++n) {
            if (!view.running(n)) continue;
            long_enough_ = long_enough(view.core(n).config(), view.nodes());
            break;
        }
    }
    update_all(view);
}

void HealthTracker::update(const ClusterView& view, std::uint32_t node) {
    Condition& c = nodes_[node - 1];
    if (awake(view, node) && !c.slow && !c.blocking && !c.losing && !c.narrow) {
        return;
    }
    c.ever_impaired = true;
    c.impaired_until = view.now();
}

void HealthTracker::update_all(const ClusterView& view) {
    for (std::uint32_t n = 1; n <= view.nodes(); ++n) update(view, n);
}

void HealthTracker::sample(const ClusterView& view) {
    update_all(view);
}

void HealthTracker::before(const ClusterView& view, const Step& step) {
    update_all(view);
    if (changes_network(step.what)) note_cuts(view);
}

void HealthTracker::after(const ClusterView& view, const Step& step) {
    const auto mark = [&](const Nodes& who, bool Condition::*what, bool on) {
        for (const std::uint32_t n : who) nodes_[n - 1].*what = on;
    };
    if (const auto* slow = std::get_if<action::Slow>(&step.what)) {
        mark(slow->who, &Condition::slow, slow->service_time > Duration{});
    } else if (const auto* block = std::get_if<action::Block>(&step.what)) {
        mark(block->who, &Condition::blocking, block->blocked > Duration{});
    } else if (const auto* loss = std::get_if<action::HostLoss>(&step.what)) {
        mark(loss->who, &Condition::losing, loss->ingress > 0 || loss->egress > 0);
    } else if (const auto* narrow = std::get_if<action::Narrow>(&step.what)) {
        mark(narrow->who, &Condition::narrow,
             narrow->bandwidth.ingress > 0 || narrow->bandwidth.egress > 0);
    } else if (std::holds_alternative<action::Heal>(step.what)) {
        for (Condition& c : nodes_) c.losing = false;
    } else if (const auto* restart = std::get_if<action::Restart>(&step.what)) {
        moved(view, restart->who);
    } else if (const auto* readdress = std::get_if<action::Readdress>(&step.what)) {
        moved(view, readdress->who);
    }
    if (long_enough_ == Duration{}) {  // no node ran at the start
        for (std::uint32_t n = 1; n <= view.nodes() && long_enough_ == Duration{}; ++n) {
            if (view.running(n)) long_enough_ = long_enough(view.core(n).config(), view.nodes());
        }
    }
    update_all(view);
}

void HealthTracker::moved(const ClusterView& view, const Nodes& who) {
    for (const std::uint32_t n : who) {
        nodes_[n - 1].ever_impaired = true;
        nodes_[n - 1].impaired_until = view.now();
    }
}

void HealthTracker::note_cuts(const ClusterView& view) {
    for (std::uint32_t a = 1; a <= view.nodes(); ++a) {
        for (std::uint32_t b = a + 1; b <= view.nodes(); ++b) {
            if (!in_reach(view, a, b)) cut_.insert_or_assign(std::pair{a, b}, view.now());
        }
    }
}

bool HealthTracker::healthy(const ClusterView& view, std::uint32_t node) const {
    const Condition& c = nodes_[node - 1];
    if (!awake(view, node) || c.slow || c.blocking || c.losing) return false;
    return !c.ever_impaired || view.now() - c.impaired_until > long_enough_;
}

bool HealthTracker::accusation_is_false(const ClusterView& view, std::uint32_t node,
                                        std::uint32_t accuser) const {
    if (!healthy(view, node) || !in_reach(view, node, accuser)) return false;
    const auto cut = cut_.find(std::minmax(node, accuser));
    return cut == cut_.end() || view.now() - cut->second > long_enough_;
}

}  // namespace rollcall::sim
