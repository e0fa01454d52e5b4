// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/json_text.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

namespace rollcall::agent::http {
namespace {

using std::chrono::microseconds;

// In whole milliseconds: it is computed of two clocks, and must not differ from answer to answer.
std::chrono::system_clock::time_point before(std::chrono::system_clock::time_point now,
                                             Duration age) {
    return std::chrono::round<std::chrono::milliseconds>(
        now - std::chrono::duration_cast<std::chrono::system_clock::duration>(age));
}

std::string address_text(const serf::MemberRecord& record) {
    const auto at = Endpoint::from_wire(record.address, record.port);
    return at ? at->to_string() : ":" + std::to_string(record.port);
}

}  // namespace

std::string json_text(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_string(std::string_view text) {
    return json_text(nlohmann::ordered_json(text));
}

std::string utc_text(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::string digits =
        std::to_string(1'000'000 + std::chrono::floor<microseconds>(time - whole).count());
    digits.front() = '.';
    return std::string{text.data(), size} + digits + "Z";
}

std::string json_text(const MemberDetail& detail, std::chrono::system_clock::time_point now) {
    const serf::MemberRecord& record = detail.record;
    nlohmann::ordered_json json{
        {"name", record.name},
        {"address", address_text(record)},
        {"status", to_string(record.status)},
        {"state", detail.state},
        {"since", utc_text(before(now, detail.since))},
        {"by", detail.by},
        {"incarnation", detail.incarnation.value()},
        {"last_ack", nullptr},
        {"rtt_ms", nullptr},
        {"tags", record.tags},
        {"protocol", record.versions.pcur},
        {"delegate", record.versions.dcur},
    };
    if (detail.acked) json["last_ack"] = utc_text(before(now, *detail.acked));
    if (detail.rtt) {
        json["rtt_ms"] = std::chrono::duration<double, std::milli>{*detail.rtt}.count();
    }
    return json_text(json);
}

}  // namespace rollcall::agent::http
