// SPDX-License-Identifier: Apache-2.0
//
// The figures of `rollcall top` in an agent's answer (agent/samples/sample_json.h). The answer is
// from the network: what is missing, of another type or out of range is absent. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rollcall::cli {

// Shares are 0 to 1, sizes bytes, times seconds.
struct TopFigures {
    std::optional<double> busy, iowait, steal;
    std::optional<double> cores, load;
    std::optional<double> memory, memory_used;  // all of it, and the share that is not available
    std::optional<double> swap, swap_used;
    std::optional<double> stall_cpu, stall_memory, stall_io;
    std::optional<double> uptime;
    // The largest of the three.
    [[nodiscard]] std::optional<double> stall() const;
};

struct TopAnswer {
    enum class State : unsigned char { ok, none, off } state = State::ok;
    TopFigures figures;
};
// nullopt: not such an answer.
[[nodiscard]] std::optional<TopAnswer> parse_sample(std::string_view text);

// "71%", and "-" for none.
[[nodiscard]] std::string share_text(std::optional<double> share);
// "512", "1.5K", "23.5G": units of 1024.
[[nodiscard]] std::string size_text(std::optional<double> bytes);

}  // namespace rollcall::cli
