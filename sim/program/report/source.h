// SPDX-License-Identifier: Apache-2.0
//
// What a page needs to stand alone: the scenario as it ran, with every change of the command line,
// every setting with its value, and links from a failed expectation to the stories of the members
// that it is about. Text of others is escaped.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sim/program/answer/run_report.h"

namespace rollcall::sim {

// The scenario in the language of scenario files, with the seed of this run: carried out, it is the
// same run.
[[nodiscard]] std::string source_text(const RunReport& report);
[[nodiscard]] std::string source_section(const RunReport& report);

// To the first few members named in `measured`, else in `text`, else to the member that was accused
// (of a figure about false verdicts) or that the run is about. "" when there is no member.
[[nodiscard]] std::string story_links(std::string_view measured, std::string_view text,
                                      const nlohmann::json& recorded);

}  // namespace rollcall::sim
