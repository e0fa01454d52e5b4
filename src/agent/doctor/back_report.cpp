// SPDX-License-Identifier: Apache-2.0
//
// The answer to the built-in query "doctor", as JSON of one line (docs/protocol.md, E8).
#include <nlohmann/json.hpp>

#include "agent/doctor/link_checks.h"

namespace rollcall::agent {
namespace {

using ReportJson = nlohmann::ordered_json;

template <class Number>
bool read_report_count(const ReportJson& json, const char* key, Number& into) {
    const auto found = json.find(key);
    if (found == json.end()) return true;
    if (!found->is_number_unsigned()) return false;
    into = static_cast<Number>(std::min<std::uint64_t>(found->get<std::uint64_t>(), 1'000'000));
    return true;
}

}  // namespace

std::string back_report_text(const membership::LinkTested& result) {
    ReportJson rejected = ReportJson::object();
    for (std::size_t cause = 0; cause < result.rejected.size(); ++cause) {
        if (result.rejected[cause] == 0) continue;
        rejected[std::string{to_string(static_cast<wire::DecodeError>(cause))}] =
            result.rejected[cause];
    }
    const ReportJson json{{"rounds", result.rounds},
                          {"acked", result.acked},
                          {"acked_at_advertised", result.acked_at_advertised},
                          {"stream", to_string(result.stream)},
                          {"packets_from", result.packets_from},
                          {"streams_from", result.streams_from},
                          {"rejected", rejected}};
    return json.dump();
}

std::optional<BackReport> parse_back_report(std::string_view text) {
    const ReportJson json = ReportJson::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("rounds")) return {};
    BackReport report;
    const bool numbers =
        read_report_count(json, "rounds", report.rounds) &&
        read_report_count(json, "acked", report.acked) &&
        read_report_count(json, "acked_at_advertised", report.acked_at_advertised) &&
        read_report_count(json, "packets_from", report.packets_from) &&
        read_report_count(json, "streams_from", report.streams_from);
    if (!numbers) return {};
    if (const auto stream = json.find("stream"); stream != json.end() && stream->is_string()) {
        report.stream = stream->get<std::string>();
    }
    if (const auto rejected = json.find("rejected");
        rejected != json.end() && rejected->is_object()) {
        for (const auto& [cause, count] : rejected->items()) {
            if (count.is_number_unsigned()) report.rejected[cause] = count.get<std::uint64_t>();
        }
    }
    return report;
}

}  // namespace rollcall::agent
