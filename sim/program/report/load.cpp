// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/load.h"

#include <algorithm>
#include <cmath>

namespace rollcall::sim {
namespace {

double in_four_digits(double value) {
    if (value == 0) return 0;
    const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
    return std::round(value * scale) / scale;
}

nlohmann::json lines(const std::vector<LoadCurves::Spread>& spreads) {
    nlohmann::json median = nlohmann::json::array(), p99 = median, max = median;
    for (const auto& spread : spreads) {
        median.push_back(in_four_digits(spread.median));
        p99.push_back(in_four_digits(spread.p99));
        max.push_back(in_four_digits(spread.max));
    }
    return {{"median", std::move(median)}, {"p99", std::move(p99)}, {"max", std::move(max)}};
}

}  // namespace

void LoadCurves::read(Duration now, const std::vector<Reading>& nodes) {
    if (starts_.empty()) {
        for (const Reading& node : nodes) starts_.push_back({node, node.running});
        since_ = now;
        return;
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const Reading& node = nodes[i];
        // A lower sum is that of another host or process.
        const bool same = node.running && node.packets >= starts_[i].reading.packets &&
                          node.bytes >= starts_[i].reading.bytes;
        starts_[i].ran = starts_[i].ran && same;
        if (!node.running) continue;
        ++scores_now_;
        raised_now_ += node.health_score > 0 ? 1 : 0;
        worst_now_ = std::max(worst_now_, node.health_score);
    }
    const auto closed = static_cast<unsigned>(packets_.size());
    if (closed < bins_.count() && now >= bins_.begin_of(closed + 1)) close(now, nodes);
}

void LoadCurves::close(Duration now, const std::vector<Reading>& nodes) {
    const double seconds = std::chrono::duration<double>(now - since_).count();
    std::vector<double> packets, bytes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto& [before, ran] = starts_[i];
        if (ran) {
            packets.push_back(static_cast<double>(nodes[i].packets - before.packets) / seconds);
            bytes.push_back(static_cast<double>(nodes[i].bytes - before.bytes) / seconds);
        }
        starts_[i] = {nodes[i], nodes[i].running};
    }
    packets_.push_back(spread(packets));
    bytes_.push_back(spread(bytes));
    worst_.push_back(worst_now_);
    raised_.push_back(
        scores_now_ == 0 ? 0 : static_cast<double>(raised_now_) / static_cast<double>(scores_now_));
    worst_now_ = 0, raised_now_ = 0, scores_now_ = 0;
    since_ = now;
}

LoadCurves::Spread LoadCurves::spread(std::vector<double>& rates) {
    if (rates.empty()) return {};
    std::ranges::sort(rates);
    const auto at = [&](double share) {
        return rates[static_cast<std::size_t>(
            std::ceil(share * static_cast<double>(rates.size() - 1)))];
    };
    return {.median = at(0.5), .p99 = at(0.99), .max = rates.back()};
}

nlohmann::json LoadCurves::to_json() const {
    nlohmann::json raised = nlohmann::json::array();
    for (const double share : raised_) raised.push_back(in_four_digits(share));
    return {{"width_s", std::chrono::duration<double>(bins_.width()).count()},
            {"columns", packets_.size()},
            {"packets", lines(packets_)},
            {"bytes", lines(bytes_)},
            {"health", {{"worst", worst_}, {"raised", std::move(raised)}}}};
}

}  // namespace rollcall::sim
