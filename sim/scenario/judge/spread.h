// SPDX-License-Identifier: Apache-2.0
//
// How changes spread: a change of one member at one time, which every other node that ran then
// should learn. Records how long each node took. A change ends when the member's next begins: nodes
// that have not learned it by then need not.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace rollcall::sim {

class Spread {
public:
    // A change of `name` at `now`, which all `listeners` (numbers, ascending) should learn.
    void begin(const std::string& name, Duration now, std::vector<std::uint32_t> listeners);
    void learned(std::string_view name, std::uint32_t listener, Duration now);
    // The change is over: listeners that have not learned it are neither late nor missing.
    void end(std::string_view name);
    // The listener stopped.
    void drop_listener(std::uint32_t listener);

    // "NAME_first_s", "_median_s", "_p99_s", "_last_s", "_missed", "_overtaken" and "_news";
    // nothing when there was no change. docs/simulation.md, "Figures".
    void report(const std::string& kind, std::map<std::string, double>& figures) const;

private:
    struct Change {
        Duration since{};
        std::vector<std::uint32_t> waiting;  // ascending
        bool learned = false;
    };
    std::unordered_map<std::string, Change> open_;  // looked up; walked only to remove
    std::vector<double> firsts_;                    // seconds, one for each change
    std::vector<double> all_;                       // one for each listener
    std::uint64_t changes_ = 0;
    std::uint64_t overtaken_ = 0;  // ended before any listener learned them
};

// The quantile `share` (0 to 1) of `values`, which must not be empty.
[[nodiscard]] double quantile(std::vector<double> values, double share);

}  // namespace rollcall::sim
