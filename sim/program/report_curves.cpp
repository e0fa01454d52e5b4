// SPDX-License-Identifier: Apache-2.0
//
// Which steps are news that everybody should come to know, of what kind, and to whom.
#include <algorithm>
#include <variant>

#include "sim/program/report_recorder.h"
#include "sim/scenario/who.h"

namespace rollcall::sim {
namespace {

// Of all pairs, when there are many, those that a curve will ask: the same as News::ask keeps.
std::uint32_t pairs_one_in(std::uint32_t nodes) {
    const std::size_t pairs = std::size_t{nodes} * nodes;
    return static_cast<std::uint32_t>(1 + pairs / News::kMostPairs);
}

}  // namespace

void ReportRecorder::note_connections(const ClusterView& view) {
    const std::uint32_t nodes = view.nodes(), one_in = pairs_one_in(nodes);
    connected_.assign(std::size_t{nodes} * nodes, false);
    for (std::uint32_t a = 1; a <= nodes; ++a) {
        for (std::uint32_t b = 1; b <= nodes; ++b) {
            if (a == b || (member_of(a) + b) % one_in != 0) continue;
            connected_[std::size_t{a - 1} * nodes + b - 1] = in_reach(view, a, b);
        }
    }
}

void ReportRecorder::open_curves(const ClusterView& view, const Step& step,
                                 const std::string& what) {
    using enum NewsKind;
    const auto settle = [&](const Nodes& who, std::initializer_list<NewsKind> kinds) {
        for (const std::uint32_t n : who) {
            if (member_of(n) != Beliefs::kNobody) news_.settled(member_of(n), kinds);
        }
    };
    const auto those = [&](const Nodes& who, auto&& holds) {
        Nodes some;
        std::ranges::copy_if(who, std::back_inserter(some), holds);
        return some;
    };
    const auto ended = [&](const Nodes& who) {
        settle(who, {gone, silent, back});
        ask_all(gone, those(who, [&](std::uint32_t n) { return before_[n - 1].running; }), what);
    };
    if (const auto* crash = std::get_if<action::Crash>(&step.what)) {
        ended(crash->who);
    } else if (const auto* kill = std::get_if<action::Kill>(&step.what)) {
        ended(kill->who);
    } else if (const auto* pause = std::get_if<action::Pause>(&step.what)) {
        settle(pause->who, {back});
        ask_all(silent, those(pause->who, [&](std::uint32_t n) { return before_[n - 1].awake; }),
                what);
    } else if (const auto* resume = std::get_if<action::Resume>(&step.what)) {
        settle(resume->who, {silent});
        ask_all(back, resume->who, what);
    } else if (const auto* leave = std::get_if<action::Leave>(&step.what)) {
        settle(leave->who, {back});
        ask_all(left, those(leave->who, [&](std::uint32_t n) { return awake(view, n); }), what);
    } else if (const auto* start = std::get_if<action::Start>(&step.what)) {
        const Nodes started =
            those(start->who, [&](std::uint32_t n) { return !before_[n - 1].running; });
        settle(started, {gone, silent, left});
        ask_all(back, started, what);
    } else if (const auto* restart = std::get_if<action::Restart>(&step.what)) {
        settle(restart->who, {gone, silent, left, back});
        ask_all(back, restart->who, what);
    } else if (const auto* join = std::get_if<action::Join>(&step.what)) {
        ask_all(back, join->who, what);
    } else if (std::holds_alternative<action::Partition>(step.what)) {
        news_.settled_where({back}, [&](std::uint32_t member, std::uint32_t node) {
            const std::uint32_t owner = beliefs_.owner(member);
            return owner != 0 && !in_reach(view, owner, node);
        });
        ask_those_apart(view, what);
    } else if (std::holds_alternative<action::Heal>(step.what) ||
               std::holds_alternative<action::Mend>(step.what)) {
        news_.settled_where({gone}, [&](std::uint32_t member, std::uint32_t node) {
            const std::uint32_t owner = beliefs_.owner(member);
            return owner != 0 && awake(view, owner) && in_reach(view, owner, node);
        });
        ask_those_together(view, what);
    }
}

// Of everybody who does not know it yet.
void ReportRecorder::ask_all(NewsKind kind, const Nodes& about, const std::string& what) {
    const auto nodes = static_cast<std::uint32_t>(members_.size());
    if (about.empty() || !news_.begin(kind, now_, what, about.size() * nodes)) return;
    for (const std::uint32_t n : about) {
        const std::uint32_t member = member_of(n);
        if (member == Beliefs::kNobody) continue;
        for (std::uint32_t observer = 1; observer <= nodes; ++observer) {
            if (observer == n || !beliefs_.watching(observer)) continue;
            if (!sim::says(kind, beliefs_.of(member, observer))) news_.ask(member, observer);
        }
    }
    news_.asked();
}

// Of those whom a split took away from each other.
void ReportRecorder::ask_those_apart(const ClusterView& view, const std::string& what) {
    const std::uint32_t nodes = view.nodes();
    if (!news_.begin(NewsKind::gone, now_, what, std::size_t{nodes} * nodes)) return;
    for (std::uint32_t a = 1; a <= nodes; ++a) {
        const std::uint32_t member = member_of(a);
        if (member == Beliefs::kNobody) continue;
        for (std::uint32_t b = 1; b <= nodes; ++b) {
            if (!connected_[std::size_t{a - 1} * nodes + b - 1] || !beliefs_.watching(b)) continue;
            if (sim::says(NewsKind::gone, beliefs_.of(member, b))) continue;
            if (!in_reach(view, a, b)) news_.ask(member, b);
        }
    }
    news_.asked();
}

// Of those who can hear each other and do not know it yet.
void ReportRecorder::ask_those_together(const ClusterView& view, const std::string& what) {
    const std::uint32_t nodes = view.nodes();
    if (!news_.begin(NewsKind::back, now_, what, std::size_t{nodes} * nodes)) return;
    for (std::uint32_t a = 1; a <= nodes; ++a) {
        const std::uint32_t member = member_of(a);
        if (member == Beliefs::kNobody || !awake(view, a)) continue;
        for (std::uint32_t b = 1; b <= nodes; ++b) {
            if (a == b || !beliefs_.watching(b)) continue;
            if (sim::says(NewsKind::back, beliefs_.of(member, b))) continue;
            if (in_reach(view, a, b)) news_.ask(member, b);
        }
    }
    news_.asked();
}

}  // namespace rollcall::sim
