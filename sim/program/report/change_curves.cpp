// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/change_curves.h"

#include <algorithm>
#include <cmath>

namespace rollcall::sim {
namespace {

const char* kind_name(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::gone:
            return "gone";
        case ChangeKind::silent:
            return "silent";
        case ChangeKind::left:
            return "left";
        case ChangeKind::back:
            return "back";
    }
    return "";
}

bool among(ChangeKind kind, std::initializer_list<ChangeKind> kinds) {
    return std::ranges::find(kinds, kind) != kinds.end();
}

// The quantile `share` of `sorted`, which must not be empty.
double value_at(const std::vector<float>& sorted, double share) {
    const auto last = static_cast<double>(sorted.size() - 1);
    return static_cast<double>(sorted[static_cast<std::size_t>(std::ceil(share * last))]);
}

double milli(double seconds) {
    return std::round(seconds * 1000) / 1000;
}

}  // namespace

bool learned(ChangeKind kind, SeenState state) {
    switch (kind) {
        case ChangeKind::gone:
            return state == SeenState::dead || state == SeenState::left ||
                   state == SeenState::unknown;
        case ChangeKind::silent:
            return state != SeenState::alive;
        case ChangeKind::left:
            return state == SeenState::left || state == SeenState::dead ||
                   state == SeenState::unknown;
        case ChangeKind::back:
            return state == SeenState::alive;
    }
    return false;
}

bool ChangeCurves::begin(ChangeKind kind, Duration now, std::string what, std::size_t pairs) {
    if (curves_.size() >= kMostCurves) {
        ++left_out_;
        return false;
    }
    const auto one_in = static_cast<std::uint32_t>(1 + pairs / kMostPairs);
    curves_.push_back(
        {.kind = kind, .since = now, .what = std::move(what), .one_in = one_in, .who = {}});
    return true;
}

void ChangeCurves::add_pair(std::uint32_t member, std::uint32_t node) {
    Curve& curve = curves_.back();
    if ((member + node) % curve.one_in != 0) return;
    std::vector<bool>& who = curve.who[member];
    if (who.size() < node) who.resize(node, false);
    if (who[node - 1]) return;
    who[node - 1] = true;
    ++curve.waiting;
}

void ChangeCurves::finish_pairs() {
    if (curves_.back().waiting == 0) curves_.pop_back();
}

void ChangeCurves::record(std::uint32_t member, std::uint32_t node, SeenState state, Duration now) {
    for (Curve& curve : curves_) {
        if (curve.waiting == 0 || !learned(curve.kind, state)) continue;
        const auto who = curve.who.find(member);
        if (who == curve.who.end() || who->second.size() < node || !who->second[node - 1]) continue;
        who->second[node - 1] = false;
        --curve.waiting;
        curve.took.push_back(std::chrono::duration<float>(now - curve.since).count());
    }
}

void ChangeCurves::drop_observer(std::uint32_t node) {
    for (Curve& curve : curves_) {
        for (auto& [_, who] : curve.who) {
            if (who.size() < node || !who[node - 1]) continue;
            who[node - 1] = false;
            --curve.waiting;
        }
    }
}

void ChangeCurves::settled(std::uint32_t member, std::initializer_list<ChangeKind> kinds) {
    for (Curve& curve : curves_) {
        const auto who = curve.who.find(member);
        if (!among(curve.kind, kinds) || who == curve.who.end()) continue;
        curve.waiting -= static_cast<std::size_t>(std::ranges::count(who->second, true));
        curve.who.erase(who);
    }
}

void ChangeCurves::settled_where(std::initializer_list<ChangeKind> kinds,
                                 const std::function<bool(std::uint32_t, std::uint32_t)>& over) {
    for (Curve& curve : curves_) {
        if (!among(curve.kind, kinds) || curve.waiting == 0) continue;
        for (auto& [member, who] : curve.who) {
            for (std::uint32_t node = 1; node <= who.size(); ++node) {
                if (!who[node - 1] || !over(member, node)) continue;
                who[node - 1] = false;
                --curve.waiting;
            }
        }
    }
}

nlohmann::json ChangeCurves::to_json() const {
    nlohmann::json all = nlohmann::json::array();
    for (const Curve& curve : curves_) {
        const std::size_t pairs = curve.took.size() + curve.waiting;
        if (pairs == 0) continue;
        nlohmann::json one = {{"kind", kind_name(curve.kind)},
                              {"at_s", std::chrono::duration<double>(curve.since).count()},
                              {"what", curve.what},
                              {"pairs", pairs},
                              {"learned", curve.took.size()},
                              {"one_in", curve.one_in}};
        std::vector<float> sorted = curve.took;
        std::ranges::sort(sorted);
        nlohmann::json points = nlohmann::json::array();
        if (!sorted.empty()) {
            one["first_s"] = milli(value_at(sorted, 0));
            one["median_s"] = milli(value_at(sorted, 0.5));
            one["p99_s"] = milli(value_at(sorted, 0.99));
            one["last_s"] = milli(value_at(sorted, 1));
            const std::size_t stride = 1 + (sorted.size() - 1) / kMostPoints;
            for (std::size_t i = 0; i < sorted.size(); i += stride) {
                const std::size_t k = std::min(i + stride, sorted.size());  // learned by then
                points.push_back(
                    {milli(static_cast<double>(sorted[k - 1])),
                     std::round(static_cast<double>(k) / static_cast<double>(pairs) * 1e4) / 1e4});
            }
        }
        one["points"] = std::move(points);
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace rollcall::sim
