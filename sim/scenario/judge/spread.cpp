// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/judge/spread.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace rollcall::sim {

void Spread::begin(const std::string& name, Duration now, std::vector<std::uint32_t> listeners) {
    end(name);
    ++changes_;
    open_.insert_or_assign(name, Change{.since = now, .waiting = std::move(listeners)});
}

void Spread::learned(std::string_view name, std::uint32_t listener, Duration now) {
    const auto found = open_.find(std::string{name});
    if (found == open_.end()) return;
    Change& change = found->second;
    const auto place = std::ranges::lower_bound(change.waiting, listener);
    if (place == change.waiting.end() || *place != listener) return;
    change.waiting.erase(place);
    const double seconds = std::chrono::duration<double>(now - change.since).count();
    if (!change.learned) firsts_.push_back(seconds);
    change.learned = true;
    all_.push_back(seconds);
}

void Spread::end(std::string_view name) {
    const auto ended = open_.extract(std::string{name});
    if (!ended.empty() && !ended.mapped().learned && !ended.mapped().waiting.empty()) ++overtaken_;
}

void Spread::drop_listener(std::uint32_t listener) {
    for (auto& [_, change] : open_) std::erase(change.waiting, listener);
}

void Spread::report(const std::string& kind, std::map<std::string, double>& figures) const {
    if (changes_ == 0) return;
    std::size_t missed = 0;
    for (const auto& [_, change] : open_) missed += change.waiting.size();
    figures[kind + "_news"] = static_cast<double>(changes_);
    figures[kind + "_missed"] = static_cast<double>(missed);
    figures[kind + "_overtaken"] = static_cast<double>(overtaken_);
    if (all_.empty()) return;
    figures[kind + "_first_s"] = quantile(firsts_, 0.5);
    figures[kind + "_median_s"] = quantile(all_, 0.5);
    figures[kind + "_p99_s"] = quantile(all_, 0.99);
    figures[kind + "_last_s"] = quantile(all_, 1);
}

double quantile(std::vector<double> values, double share) {
    ROLLCALL_CHECK(!values.empty());
    const auto last = static_cast<double>(values.size() - 1);
    const auto place = static_cast<std::ptrdiff_t>(std::lround(share * last));
    std::ranges::nth_element(values, values.begin() + place);
    return values[static_cast<std::size_t>(place)];
}

}  // namespace rollcall::sim
