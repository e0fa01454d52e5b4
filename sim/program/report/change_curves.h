// SPDX-License-Identifier: Apache-2.0
//
// How changes spread, for a report: after a step that changes the membership, when each observer
// learned of it. Each change is a curve: the share of (member, observer) pairs that learned it,
// against time. A pair leaves the curve when the observer stops or a later step supersedes the
// change. The number of curves and of the pairs in each is bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/program/report/seen_states.h"

namespace rollcall::sim {

enum class ChangeKind : std::uint8_t {
    gone,    // seen as dead, left or unknown
    silent,  // seen as suspect or gone
    left,    // seen as left, dead or unknown
    back,    // seen as alive
};
// Whether an observer with that state of the member has learned of the change.
[[nodiscard]] bool learned(ChangeKind kind, SeenState state);

class ChangeCurves {
public:
    static constexpr std::size_t kMostCurves = 40;
    static constexpr std::size_t kMostPairs = 1'000'000;  // of one curve
    static constexpr std::size_t kMostPoints = 120;       // of one curve, in the output

    // Opens a curve for a step at `now`. `pairs`: an estimate of their number; above kMostPairs
    // only an even sample is kept. False: there is no room for another curve; add no pairs.
    [[nodiscard]] bool begin(ChangeKind kind, Duration now, std::string what, std::size_t pairs);
    // Adds a pair to the newest curve: the observer `node` should learn of the change of `member`.
    void add_pair(std::uint32_t member, std::uint32_t node);
    // Removes the newest curve if it has no pairs.
    void finish_pairs();

    void record(std::uint32_t member, std::uint32_t node, SeenState state, Duration now);
    // The observer stopped.
    void drop_observer(std::uint32_t node);
    // The changes of `member` of these kinds are superseded.
    void settled(std::uint32_t member, std::initializer_list<ChangeKind> kinds);
    // The same for the pairs for which `over` is true.
    void settled_where(std::initializer_list<ChangeKind> kinds,
                       const std::function<bool(std::uint32_t member, std::uint32_t node)>& over);

    // [{"kind", "at_s", "what", "pairs", "learned", "one_in", "first_s", "median_s", "p99_s",
    //   "last_s", "points": [[seconds since, share of the pairs]...]}], by time. The times are
    // missing if no observer learned of it.
    [[nodiscard]] nlohmann::json to_json() const;
    [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

private:
    struct Curve {
        ChangeKind kind = ChangeKind::gone;
        Duration since{};
        std::string what;
        std::uint32_t one_in = 1;
        std::size_t waiting = 0;
        std::map<std::uint32_t, std::vector<bool>>
            who;                  // by member: nodes that have not learned of it
        std::vector<float> took;  // seconds
    };
    std::vector<Curve> curves_;
    std::uint64_t left_out_ = 0;
};

}  // namespace rollcall::sim
