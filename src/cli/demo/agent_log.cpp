// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/agent_log.h"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace rollcall::cli {

namespace {

std::string text_at(const nlohmann::json& record, const char* key) {
    const auto found = record.find(key);
    return found != record.end() && found->is_string() ? found->get<std::string>() : "";
}

// "2026-11-30T02:29:08.133885Z"
std::optional<WallTime> parse_time(const std::string& text) {
    std::tm parts{};
    int micros = 0;
    if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ", &parts.tm_year, &parts.tm_mon,
                    &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &micros) != 7) {
        return std::nullopt;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return WallTime{std::chrono::seconds{timegm(&parts)} + std::chrono::microseconds{micros}};
}

}  // namespace

std::optional<AgentLogLine> parse_agent_log_line(std::string_view line) {
    const auto record = nlohmann::json::parse(line, nullptr, false);
    if (!record.is_object()) return std::nullopt;
    const auto time = parse_time(text_at(record, "time"));
    if (!time) return std::nullopt;
    return AgentLogLine{.time = *time,
                        .level = text_at(record, "level"),
                        .event = text_at(record, "event"),
                        .message = text_at(record, "message"),
                        .member = text_at(record, "member"),
                        .status = text_at(record, "status"),
                        .bind = text_at(record, "bind"),
                        .rpc_addr = text_at(record, "rpc_addr"),
                        .http_addr = text_at(record, "http_addr")};
}

}  // namespace rollcall::cli
