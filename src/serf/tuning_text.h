// SPDX-License-Identifier: Apache-2.0
//
// The words of a change of timings at run time (rule L6): "probe_interval=2s", the requests of the
// built-in query "tune", and lists of differences. Pure functions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"
#include "serf/config.h"

namespace rollcall::serf {

// Identifies one change on all agents; drawn by the asker, not 0.
struct TuningId : Strong<struct TuningIdTag, std::uint64_t> {
    using Strong::Strong;
};

struct TuningRequest {
    enum class Kind : std::uint8_t {
        show,     // "show"
        prepare,  // "prepare ID KEY=VALUE ...": would it be accepted? Changes nothing
        apply,    // "apply ID SECONDS": the prepared change, until confirmed at most so long
        confirm,  // "confirm ID": it stays
        revert,   // "revert ID": back at once
    };
    Kind kind = Kind::show;
    TuningId id;
    std::vector<std::string> changes;  // of prepare
    Duration revert_after{};           // of apply
};

inline constexpr std::size_t kMaxTuningRequest = 900;  // bytes; a query has some 1000
inline constexpr Duration kLeastRevertAfter = std::chrono::seconds{5};
inline constexpr Duration kMostRevertAfter = std::chrono::hours{24};

[[nodiscard]] std::string tuning_text(const TuningRequest& request);
[[nodiscard]] Result<TuningRequest, std::string> parse_tuning_request(Bytes text);

// Puts "KEY=VALUE" into the timings. The error names the key, the value and what is allowed; ranges
// and ratios are those of Config::mistakes().
[[nodiscard]] std::optional<std::string> tune(std::string_view change, TimingSettings& timings);
// "probe_interval 1s 2s" of each that differs.
[[nodiscard]] std::vector<std::string> tuned(const TimingSettings& before,
                                             const TimingSettings& after);
// The names, in a fixed order.
[[nodiscard]] std::vector<std::string> tuning_keys();

}  // namespace rollcall::serf
