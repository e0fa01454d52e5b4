// SPDX-License-Identifier: Apache-2.0
//
// How news spread: one piece of news is that something happened to one member at one moment, and
// every other node that ran then should come to know. Keeps how long each took. A piece of news
// ends when the member's next begins: who has not heard the old by then need not.
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
    // At `now`, with everybody in `listeners` (numbers, ascending) to hear of `name`.
    void begin(const std::string& name, Duration now, std::vector<std::uint32_t> listeners);
    void heard(std::string_view name, std::uint32_t listener, Duration now);
    // It is not news any more: those who have not heard are neither late nor missing.
    void end(std::string_view name);
    // A listener that stopped does not hear.
    void lost(std::uint32_t listener);

    // "NAME_first_s", "_median_s", "_p99_s", "_last_s", "_missed", "_overtaken" and "_news";
    // nothing when there was no news. docs/simulation.md, "Figures".
    void report(const std::string& kind, std::map<std::string, double>& figures) const;

private:
    struct News {
        Duration since{};
        std::vector<std::uint32_t> waiting;  // ascending
        bool heard = false;
    };
    std::unordered_map<std::string, News> open_;  // looked up; walked only to remove
    std::vector<double> firsts_;                  // seconds, one for each piece of news
    std::vector<double> all_;                     // one for each listener
    std::uint64_t news_ = 0;
    std::uint64_t overtaken_ = 0;  // ended before any listener heard
};

// The value at that share of the sorted values, from 0 to 1; `values` not empty.
[[nodiscard]] double quantile(std::vector<double> values, double share);

}  // namespace rollcall::sim
