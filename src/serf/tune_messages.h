// SPDX-License-Identifier: Apache-2.0
//
// What `rollcall tune` asks a member and what that answers, as text: the payloads of the built-in
// query `tune` (rule E8), and of the control port's command of that name. A request is words with
// spaces between, an answer is lines of "KEY: VALUE". Unknown lines are ignored. Pure functions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "serf/tune_values.h"

namespace rollcall::serf {

inline constexpr std::string_view kTuneQuery = "tune";  // without the prefix of rule E8

inline constexpr Duration kDefaultRevertAfter = std::chrono::minutes{2};
inline constexpr Duration kShortestRevertAfter = std::chrono::seconds{1};
inline constexpr Duration kLongestRevertAfter = std::chrono::hours{24};
inline constexpr std::size_t kLongestTuneId = 32;

struct TuneRequest {
    enum class Verb : std::uint8_t { show, prepare, apply, confirm, revert };
    Verb verb = Verb::show;
    std::string id;                 // letters, digits and '-'; "" with show
    Duration revert_after{};        // prepare only
    std::vector<TuneValue> values;  // prepare only, at least one
};
[[nodiscard]] std::string_view to_string(TuneRequest::Verb verb);

// "show"; "prepare ID REVERT-AFTER KEY=VALUE..."; "apply ID"; "confirm ID"; "revert ID".
[[nodiscard]] std::string encode_tune_request(const TuneRequest& request);
// The error is for the asker.
[[nodiscard]] Result<TuneRequest, std::string> decode_tune_request(std::string_view text);

struct TuneAnswer {
    bool accepted = false;
    std::string reason;  // why not
    std::string note;    // prepare only: what is doubtful about an accepted change
    std::string state;   // current, tentative, confirmed
    std::string id;      // of the change that is in effect
    Duration left{};     // tentative: until it is undone
    std::string fingerprint;
    std::vector<TuneChange> changes;  // prepared, applied or undone by this request
    std::vector<TuneValue> values;    // show only: all
};
// Of at most `room` bytes: values and changes that do not fit are left out.
[[nodiscard]] std::string encode_tune_answer(const TuneAnswer& answer, std::size_t room);
// nullopt: not an answer.
[[nodiscard]] std::optional<TuneAnswer> decode_tune_answer(std::string_view text);

}  // namespace rollcall::serf
