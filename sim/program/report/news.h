// SPDX-License-Identifier: Apache-2.0
//
// How news spread, for a report: after a step that everybody should come to know, when each
// observer came to know it. One piece of news is a curve: the share of those who should know,
// against time. Who stops observing, and who is overtaken by a later step, need not know any more
// and leaves the curve. The number of curves and of the pairs in each is bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/program/report/beliefs.h"

namespace rollcall::sim {

enum class NewsKind : std::uint8_t {
    gone,    // held for dead, left or nobody any more
    silent,  // held for suspect, or for gone
    left,    // held for left, or dead
    back,    // held for alive
};
[[nodiscard]] bool says(NewsKind kind, Belief belief);

class News {
public:
    static constexpr std::size_t kMostCurves = 40;
    static constexpr std::size_t kMostPairs = 1'000'000;  // of one curve
    static constexpr std::size_t kMostPoints = 120;       // of one curve, as told

    // A step happened at `now`. `pairs`: about how many will be asked; above kMostPairs some are
    // passed over, evenly. False: there is no room for another curve; ask nothing.
    [[nodiscard]] bool begin(NewsKind kind, Duration now, std::string what, std::size_t pairs);
    // Of the newest curve: that observer should come to know it of that member.
    void ask(std::uint32_t member, std::uint32_t node);
    // A curve that nobody was asked for is none.
    void asked();

    void heard(std::uint32_t member, std::uint32_t node, Belief belief, Duration now);
    // That observer stopped.
    void lost(std::uint32_t node);
    // Nobody need know of that member any more, of news of one of these kinds.
    void settled(std::uint32_t member, std::initializer_list<NewsKind> kinds);
    // Nor those observers of it for which `over` is true.
    void settled_where(std::initializer_list<NewsKind> kinds,
                       const std::function<bool(std::uint32_t member, std::uint32_t node)>& over);

    // [{"kind", "at_s", "what", "asked", "heard", "one_in", "first_s", "median_s", "p99_s",
    //   "last_s", "points": [[seconds since, share of those asked]...]}], by time. The times are
    // missing when nobody heard.
    [[nodiscard]] nlohmann::json told() const;
    [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

private:
    struct Curve {
        NewsKind kind = NewsKind::gone;
        Duration since{};
        std::string what;
        std::uint32_t one_in = 1;
        std::size_t waiting = 0;
        std::map<std::uint32_t, std::vector<bool>> who;  // by member: which nodes have not heard
        std::vector<float> took;                         // seconds
    };
    std::vector<Curve> curves_;
    std::uint64_t left_out_ = 0;
};

}  // namespace rollcall::sim
