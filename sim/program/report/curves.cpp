// SPDX-License-Identifier: Apache-2.0
//
// Which steps are news that everybody should come to know, of what kind, and to whom.
#include <algorithm>
#include <variant>

#include "sim/program/report/recorder.h"
#include "sim/scenario/judge/lookup.h"

namespace rollcall::sim {
namespace {

// How many pairs there are for one that is looked at: those that News::ask would keep.
std::uint32_t one_pair_in(std::uint32_t nodes) {
    return static_cast<std::uint32_t>(1 + std::size_t{nodes} * nodes / News::kMostPairs);
}

}  // namespace

// f(node, its member, observer) for the pairs that are looked at, always in the same order.
template <class F>
void ReportRecorder::each_pair(F&& f) const {
    const auto nodes = static_cast<std::uint32_t>(members_.size());
    const std::uint32_t one_in = one_pair_in(nodes);
    for (std::uint32_t a = 1; a <= nodes; ++a) {
        const std::uint32_t member = member_of(a);
        if (member == Beliefs::kNobody) continue;
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
    const std::size_t nodes = view.nodes();
    if (!news_.begin(NewsKind::gone, now_, what, nodes * nodes)) return;
    std::size_t place = 0;
    each_pair([&](std::uint32_t a, std::uint32_t member, std::uint32_t b) {
        const bool were_together = connected_[place++];
        if (!were_together || !beliefs_.watching(b) || in_reach(view, a, b)) return;
        if (!sim::says(NewsKind::gone, beliefs_.of(member, b))) news_.ask(member, b);
    });
    news_.asked();
}

// Of those who can hear each other and do not know it yet.
void ReportRecorder::ask_those_together(const ClusterView& view, const std::string& what) {
    const std::size_t nodes = view.nodes();
    if (!news_.begin(NewsKind::back, now_, what, nodes * nodes)) return;
    each_pair([&](std::uint32_t a, std::uint32_t member, std::uint32_t b) {
        if (!awake(view, a) || !beliefs_.watching(b) || !in_reach(view, a, b)) return;
        if (!sim::says(NewsKind::back, beliefs_.of(member, b))) news_.ask(member, b);
    });
    news_.asked();
}

}  // namespace rollcall::sim
