// SPDX-License-Identifier: Apache-2.0
#include "agent/control/why_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "agent/journal/journal.h"
#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

using WhyJson = nlohmann::ordered_json;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t kMessageHead = 96;  // of a query response, without the sender's name
constexpr std::size_t kMostAccusers = 4;
constexpr std::size_t kMostOfAName = 64;
constexpr std::size_t kMostOfAText = 400;
constexpr std::string_view kEnd = "]}";
constexpr std::size_t kRoomForCut = sizeof(",\"cut\":4096") - 1;

std::string as_text_of(const WhyJson& json) {
    return json.dump(-1, ' ', false, WhyJson::error_handler_t::replace);
}

// Cut after it is sanitized: escapes may make a short name long.
std::string short_name(std::string_view name) {
    return sanitized_head(sanitized_head(name, kMostOfAName), kMostOfAName);
}

WhyJson state_of(const std::optional<MemberDetail>& detail) {
    WhyJson json{{"v", 1}, {"known", detail.has_value()}};
    if (!detail) return json;
    json["status"] = to_string(detail->record.status);
    json["state"] = detail->state;
    json["since_ms"] = duration_cast<milliseconds>(detail->since).count();
    WhyJson& by = json["by"] = WhyJson::array();
    for (std::size_t i = 0; i < std::min(detail->by.size(), kMostAccusers); ++i) {
        by.push_back(short_name(detail->by[i]));
    }
    json["incarnation"] = detail->incarnation.value();
    if (detail->acked) json["ack_ms"] = duration_cast<milliseconds>(*detail->acked).count();
    if (detail->rtt) json["rtt_us"] = duration_cast<microseconds>(*detail->rtt).count();
    return json;
}

std::string entry_of(const JournalRecord& record, std::chrono::system_clock::time_point now) {
    const auto ago = std::max(duration_cast<milliseconds>(now - record.time), milliseconds{0});
    return as_text_of(
        {{"ago_ms", ago.count()}, {"text", sanitized_head(record.text, kMostOfAText)}});
}

}  // namespace

std::size_t why_answer_room(std::size_t limit, std::string_view agent) {
    const std::size_t head = kMessageHead + agent.size();
    return limit > head ? limit - head : 0;
}

std::string why_answer(Control& control, std::string_view member, std::size_t room,
                       std::chrono::system_clock::time_point now) {
    std::string answer = as_text_of(state_of(control.detail_of(member)));
    answer.pop_back();
    answer += ",\"records\":[";
    const std::vector<Journal::Record> records = control.journal().history_of(member);
    std::size_t taken = 0;
    for (auto record = records.rbegin(); record != records.rend(); ++record, ++taken) {
        const std::string entry = (taken == 0 ? "" : ",") + entry_of(**record, now);
        if (answer.size() + entry.size() + kRoomForCut + kEnd.size() > room) break;
        answer += entry;
    }
    if (taken == records.size()) return answer + std::string{kEnd};
    return answer + "],\"cut\":" + std::to_string(records.size() - taken) + "}";
}

}  // namespace rollcall::agent
