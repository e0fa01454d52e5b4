// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/heat.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/sanitize.h"

namespace rollcall::sim {
namespace {

std::uint8_t to_byte(double share) {
    if (share <= 0) return 0;
    return static_cast<std::uint8_t>(std::clamp(std::lround(share * 255), 1L, 255L));
}

}  // namespace

void HeatMap::record_until(std::uint32_t member, const SeenStates& states, Duration now) {
    if (rows_.size() <= member) rows_.resize(member + 1);
    Row& row = rows_[member];
    end_ = std::max(end_, now);
    const Duration since = std::exchange(row.since, now);
    const auto& counts = states.counts(member);
    const std::uint32_t observers = states.observers(member);
    if (now <= since || observers == 0) return;
    std::array<float, kShown.size()> share{};
    bool any = false;
    for (std::size_t i = 0; i < kShown.size(); ++i) {
        const std::uint32_t count = counts[static_cast<std::size_t>(kShown[i])];
        share[i] = static_cast<float>(count) / static_cast<float>(observers);
        any = any || count > 0;
    }
    if (!any) return;  // the common case
    if (row.seconds.empty()) row.seconds.resize(bins_.count());
    const unsigned last = bins_.at(now);
    for (unsigned column = bins_.at(since); column <= last; ++column) {
        const Duration begin = std::max(since, bins_.begin_of(column));
        const Duration end = column == last ? now : bins_.begin_of(column + 1);
        const auto seconds = static_cast<float>(page_seconds(end - begin));
        for (std::size_t i = 0; i < kShown.size(); ++i) {
            row.seconds[column][i] += share[i] * seconds;
        }
    }
}

void HeatMap::record_all_until(const SeenStates& states, Duration now) {
    for (std::uint32_t member = 0; member < states.members(); ++member) {
        record_until(member, states, now);
    }
}

HeatMap::Shares HeatMap::shares(std::uint32_t member, unsigned column) const {
    Shares shares{};
    if (member >= rows_.size() || rows_[member].seconds.empty()) return shares;
    const Duration begin = bins_.begin_of(column);
    const bool last = column + 1 == bins_.count();
    const double had = page_seconds((last ? end_ : std::min(end_, begin + bins_.width())) - begin);
    if (had <= 0) return shares;
    for (std::size_t i = 0; i < kShown.size(); ++i) {
        shares[i] = rows_[member].seconds[column][i] / had;
    }
    return shares;
}

nlohmann::json HeatMap::to_json(const SeenStates& states) const {
    const std::uint32_t members = states.members();
    const std::uint32_t per_row = std::max(1u, (members + kMostRows - 1) / kMostRows);
    nlohmann::json names = nlohmann::json::array();
    std::vector<std::uint8_t> cells;
    std::vector<std::array<std::uint8_t, kShown.size()>> line(bins_.count());
    for (std::uint32_t first = 0; first < members; first += per_row) {
        names.push_back(sanitized(states.name(first)));
        for (unsigned column = 0; column < bins_.count(); ++column) {
            Shares most{};
            for (std::uint32_t m = first; m < std::min(members, first + per_row); ++m) {
                const Shares one = shares(m, column);
                for (std::size_t i = 0; i < most.size(); ++i) most[i] = std::max(most[i], one[i]);
            }
            std::ranges::transform(most, line[column].begin(), to_byte);
        }
        for (std::size_t i = 0; i < kShown.size(); ++i) {
            for (std::size_t column = 0; column < line.size();) {
                std::size_t end = column + 1;
                while (end < line.size() && end - column < 255 && line[end][i] == line[column][i]) {
                    ++end;
                }
                cells.push_back(static_cast<std::uint8_t>(end - column));
                cells.push_back(line[column][i]);
                column = end;
            }
        }
    }
    return {{"width_s", page_seconds(bins_.width())},
            {"columns", bins_.count()},
            {"ends_s", page_seconds(end_)},
            {"members_per_row", per_row},
            {"rows", std::move(names)},
            {"cells", base64(cells)}};
}

std::string base64(std::span<const std::uint8_t> bytes) {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t there = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t word = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            word = word << 8 | (k < there ? bytes[i + k] : 0u);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= there ? kDigits[word >> (18 - 6 * k) & 63] : '=';
        }
    }
    return text;
}

}  // namespace rollcall::sim
