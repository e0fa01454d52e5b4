// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/json_text.h"

#include <nlohmann/json.hpp>

#include "agent/log/logging.h"

namespace rollcall::agent::http {
namespace {

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
