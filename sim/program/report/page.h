// SPDX-License-Identifier: Apache-2.0
//
// The report of a run as one self-contained page: no network, no other file. Its security policy
// allows only its own script and style, by their hashes. All text from a scenario or the network is
// escaped.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sim/program/answer/run_report.h"

namespace rollcall::sim {

// `recorded`: ReportRecorder::to_json() of the same run.
[[nodiscard]] std::string report_page(const RunReport& report, const nlohmann::json& recorded);

// Escapes text for use between tags or in a quoted attribute; control characters become \xNN.
[[nodiscard]] std::string html_text(std::string_view text);
// JSON for a script element: without "<", ">" and "&".
[[nodiscard]] std::string script_json(const nlohmann::json& json);

}  // namespace rollcall::sim
