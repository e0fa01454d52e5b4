// SPDX-License-Identifier: Apache-2.0
//
// The objects of the API as JSON text. Text from the network may be invalid UTF-8, which is
// replaced.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/session/control.h"

namespace rollcall::agent::http {

[[nodiscard]] std::string json_text(const nlohmann::ordered_json& json);
// A JSON string, with its quotes.
[[nodiscard]] std::string json_string(std::string_view text);
// A detail of docs/http.md, for a time that is now.
[[nodiscard]] std::string json_text(const MemberDetail& detail,
                                    std::chrono::system_clock::time_point now);

}  // namespace rollcall::agent::http
