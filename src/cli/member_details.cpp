// SPDX-License-Identifier: Apache-2.0
#include "cli/member_details.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/joined.h"
#include "base/sanitize.h"
#include "cli/times.h"

namespace rollcall::cli {
namespace {

using DetailJson = nlohmann::ordered_json;
using std::chrono::nanoseconds;

std::string names_text(std::span<const std::string> names) {
    std::vector<std::string> clean;
    for (const std::string& name : names) clean.push_back(sanitized(name));
    return rollcall::joined(clean);
}

DetailJson moment(const rpc::MemberDetails& details, std::int64_t age_ns) {
    if (age_ns < 0) return nullptr;
    const std::string text = utc_text(details.time - age_ns / 1000);
    return text.empty() ? DetailJson(nullptr) : DetailJson(text);
}

void append_observations(DetailJson& json, const rpc::MemberDetails& details) {
    json["state"] = details.state;
    json["since"] = moment(details, details.state_age);
    json["by"] = details.by;
    json["incarnation"] = details.incarnation;
    json["last_ack"] = moment(details, details.ack_age);
    json["rtt_ms"] =
        details.rtt < 0 ? DetailJson(nullptr) : DetailJson(static_cast<double>(details.rtt) / 1e6);
}

}  // namespace

std::string state_text(const rpc::MemberDetails& details) {
    const std::string age = age_text(nanoseconds{details.state_age});
    const std::span<const std::string> by{details.by};
    const std::string& status = details.member.status;
    if (status == "failed") {
        return "failed for " + age + (by.empty() ? "" : ", declared dead by " + names_text(by));
    }
    if (status == "left" && details.state == "dead") {  // the age is that of its failure
        return "failed " + age + " ago" +
               (by.empty() ? "" : ", declared dead by " + names_text(by)) +
               "; then removed by a leave intent (force-leave)";
    }
    if (status == "left") return "left " + age + " ago";
    if (status == "leaving") return "leaving, " + sanitized(details.state) + " for " + age;
    if (details.state != "suspect") return sanitized(status) + " for " + age;
    std::string text = "suspected for " + age;
    if (!by.empty()) text += " by " + sanitized(by.front());
    return by.size() > 1 ? text + ", confirmed by " + names_text(by.subspan(1)) : text;
}

std::string round_trip_text(const rpc::MemberDetails& details) {
    if (details.rtt < 0) return {};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f ms", static_cast<double>(details.rtt) / 1e6);
    return text.data();
}

DetailJson detail_json(const rpc::MemberDetails& details) {
    const rpc::Member& member = details.member;
    DetailJson json{
        {"name", member.name}, {"address", address_text(member)}, {"status", member.status}};
    append_observations(json, details);
    json["tags"] = DetailJson::object();
    for (const auto& [key, value] : member.tags) json["tags"][key] = value;
    json["protocol"] = member.protocol_cur;
    json["delegate"] = member.delegate_cur;
    return json;
}

std::string member_details_table(std::span<const rpc::MemberDetails> members, Look look) {
    std::vector<Row> rows;
    rows.reserve(members.size() + 1);
    if (look.header && !members.empty()) {
        rows.push_back(member_heads(true));
        for (const char* head : {"STATE", "LAST ACK", "RTT"})
            rows.back().push_back(head_cell(head));
    }
    for (const rpc::MemberDetails& details : members) {
        Row row = member_cells(details.member, true);
        row.push_back({state_text(details), {}});
        row.push_back(
            {details.ack_age < 0 ? "-" : age_text(nanoseconds{details.ack_age}) + " ago", {}});
        row.push_back({details.rtt < 0 ? "-" : round_trip_text(details), {}});
        rows.push_back(std::move(row));
    }
    return rows_text(rows, look.colour);
}

std::string member_details_json(std::span<const rpc::MemberDetails> members) {
    std::size_t at = 0;
    return members_json(members.size(), [&] {
        DetailJson json = member_object(members[at].member);
        append_observations(json, members[at++]);
        return json;
    });
}

}  // namespace rollcall::cli
