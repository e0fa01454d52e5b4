// SPDX-License-Identifier: Apache-2.0
//
// Part of ReportRecorder: which steps open a curve, of which kind, and for which nodes.
#include <algorithm>
#include <variant>

#include "sim/program/report/recorder.h"
#include "sim/scenario/judge/lookup.h"

namespace rollcall::sim {
namespace {

// One in this many pairs is kept: the same ones that ChangeCurves::add_pair keeps.
std::uint32_t one_pair_in(std::uint32_t nodes) {
    return static_cast<std::uint32_t>(1 + std::size_t{nodes} * nodes / ChangeCurves::kMostPairs);
}

}  // namespace

// Calls f(node, its member, observer) for the pairs that are kept, always in the same order.
template <class F>
void ReportRecorder::each_pair(F&& f) const {
    const auto nodes = static_cast<std::uint32_t>(members_.size());
    const std::uint32_t one_in = one_pair_in(nodes);
    for (std::uint32_t a = 1; a <= nodes; ++a) {
        const std::uint32_t member = member_of(a);
        if (member == SeenStates::kNone) continue;
        const std::uint32_t first = one_in - member % one_in;  // of 1 and above
        for (std::uint32_t b = first; b <= nodes; b += one_in) {
            if (a != b) f(a, member, b);
        }
    }
}

void ReportRecorder::note_connections(const ClusterView& view) {
    connected_.clear();
    each_pair([&](std::uint32_t a, std::uint32_t, std::uint32_t b) {
        connected_.push_back(in_reach(view, a, b));
    });
}

void ReportRecorder::open_curves(const ClusterView& view, const Step& step,
                                 const std::string& what) {
    using enum ChangeKind;
    const auto settle = [&](const Nodes& who, std::initializer_list<ChangeKind> kinds) {
        for (const std::uint32_t n : who) {
            if (member_of(n) != SeenStates::kNone) curves_.settled(member_of(n), kinds);
        }
    };
    const auto those = [&](const Nodes& who, auto&& holds) {
        Nodes some;
        std::ranges::copy_if(who, std::back_inserter(some), holds);
        return some;
    };
    const auto ended = [&](const Nodes& who) {
        settle(who, {gone, silent, back});
        open_curve(gone, those(who, [&](std::uint32_t n) { return before_[n - 1].running; }), what);
    };
    const auto fell_silent = [&](const Nodes& who) {
        settle(who, {back});
        open_curve(silent, those(who, [&](std::uint32_t n) { return before_[n - 1].awake; }), what);
    };
    const auto spoke_again = [&](const Nodes& who) {
        settle(who, {silent});
        open_curve(back, who, what);
    };
    if (const auto* crash = std::get_if<action::Crash>(&step.what)) {
        ended(crash->who);
    } else if (const auto* kill = std::get_if<action::Kill>(&step.what)) {
        ended(kill->who);
    } else if (const auto* pause = std::get_if<action::Pause>(&step.what)) {
        fell_silent(pause->who);
    } else if (const auto* freeze = std::get_if<action::Freeze>(&step.what)) {
        fell_silent(freeze->who);
    } else if (const auto* resume = std::get_if<action::Resume>(&step.what)) {
        spoke_again(resume->who);
    } else if (const auto* thaw = std::get_if<action::Thaw>(&step.what)) {
        spoke_again(thaw->who);
    } else if (const auto* leave = std::get_if<action::Leave>(&step.what)) {
        settle(leave->who, {back});
        open_curve(left, those(leave->who, [&](std::uint32_t n) { return awake(view, n); }), what);
    } else if (const auto* start = std::get_if<action::Start>(&step.what)) {
        const Nodes started =
            those(start->who, [&](std::uint32_t n) { return !before_[n - 1].running; });
        settle(started, {gone, silent, left});
        open_curve(back, started, what);
    } else if (const auto* restart = std::get_if<action::Restart>(&step.what)) {
        settle(restart->who, {gone, silent, left, back});
        open_curve(back, restart->who, what);
    } else if (const auto* join = std::get_if<action::Join>(&step.what)) {
        open_curve(back, join->who, what);
    } else if (std::holds_alternative<action::Partition>(step.what)) {
        curves_.settled_where({back}, [&](std::uint32_t member, std::uint32_t node) {
            const std::uint32_t owner = states_.owner(member);
            return owner != 0 && !in_reach(view, owner, node);
        });
        open_split_curve(view, what);
    } else if (std::holds_alternative<action::Heal>(step.what) ||
               std::holds_alternative<action::Mend>(step.what)) {
        curves_.settled_where({gone}, [&](std::uint32_t member, std::uint32_t node) {
            const std::uint32_t owner = states_.owner(member);
            return owner != 0 && awake(view, owner) && in_reach(view, owner, node);
        });
        open_heal_curve(view, what);
    }
}

// For all nodes that do not know it yet.
void ReportRecorder::open_curve(ChangeKind kind, const Nodes& about, const std::string& what) {
    const auto nodes = static_cast<std::uint32_t>(members_.size());
    if (about.empty() || !curves_.begin(kind, now_, what, about.size() * nodes)) return;
    for (const std::uint32_t n : about) {
        const std::uint32_t member = member_of(n);
        if (member == SeenStates::kNone) continue;
        for (std::uint32_t observer = 1; observer <= nodes; ++observer) {
            if (observer == n || !states_.watching(observer)) continue;
            if (!sim::learned(kind, states_.of(member, observer)))
                curves_.add_pair(member, observer);
        }
    }
    curves_.finish_pairs();
}

// For the pairs that a partition has separated.
void ReportRecorder::open_split_curve(const ClusterView& view, const std::string& what) {
    const std::size_t nodes = view.nodes();
    if (!curves_.begin(ChangeKind::gone, now_, what, nodes * nodes)) return;
    std::size_t place = 0;
    each_pair([&](std::uint32_t a, std::uint32_t member, std::uint32_t b) {
        const bool were_together = connected_[place++];
        if (!were_together || !states_.watching(b) || in_reach(view, a, b)) return;
        if (!sim::learned(ChangeKind::gone, states_.of(member, b))) curves_.add_pair(member, b);
    });
    curves_.finish_pairs();
}

// For the pairs that can reach each other and do not know it yet.
void ReportRecorder::open_heal_curve(const ClusterView& view, const std::string& what) {
    const std::size_t nodes = view.nodes();
    if (!curves_.begin(ChangeKind::back, now_, what, nodes * nodes)) return;
    each_pair([&](std::uint32_t a, std::uint32_t member, std::uint32_t b) {
        if (!awake(view, a) || !states_.watching(b) || !in_reach(view, a, b)) return;
        if (!sim::learned(ChangeKind::back, states_.of(member, b))) curves_.add_pair(member, b);
    });
    curves_.finish_pairs();
}

}  // namespace rollcall::sim
