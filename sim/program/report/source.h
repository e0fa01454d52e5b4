// SPDX-License-Identifier: Apache-2.0
//
// The source section of a page: the scenario as it ran, with all changes of the command line, and
// every setting with its value; and links from a failed expectation to the stories of its members.
// All text is escaped.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sim/program/answer/run_report.h"

namespace rollcall::sim {

// The scenario in the language of scenario files, with the seed of this run. Running it gives the
// same run.
[[nodiscard]] std::string source_text(const RunReport& report);
[[nodiscard]] std::string source_section(const RunReport& report);

// Links to the first few members named in `measured`, else in `text`, else to the member that was
// accused (for figures about false alarms) or that the run is about. "" if there is none.
[[nodiscard]] std::string story_links(std::string_view measured, std::string_view text,
                                      const nlohmann::json& recorded);

}  // namespace rollcall::sim
