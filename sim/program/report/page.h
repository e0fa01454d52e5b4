// SPDX-License-Identifier: Apache-2.0
//
// The report of a run as one page that needs nothing else: no network, no other file. The browser
// lets it run its own script and use its own style, both known by their fingerprints, and nothing
// more. Whatever text a scenario or a network brought is shown as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sim/program/answer/run_report.h"

namespace rollcall::sim {

// `recorded`: ReportRecorder::told() of the same run.
[[nodiscard]] std::string report_page(const RunReport& report, const nlohmann::json& recorded);

// Text between tags or in a quoted attribute; what could disturb a reader is shown as \xNN.
[[nodiscard]] std::string html_text(std::string_view text);
// JSON that may stand inside a script element: no "<", ">" or "&" occurs in it.
[[nodiscard]] std::string script_json(const nlohmann::json& json);

}  // namespace rollcall::sim
