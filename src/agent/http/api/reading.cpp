// SPDX-License-Identifier: Apache-2.0
//
// What can be read about this agent, its members and their history.
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/http/api/filters.h"
#include "agent/http/api/json_text.h"
#include "agent/http/api/member_list.h"
#include "agent/http/api/openapi.h"
#include "agent/http/api/routes.h"
#include "agent/http/gzip.h"
#include "agent/journal/journal.h"
#include "agent/log/logging.h"

namespace rollcall::agent::http {
namespace {

using Json = nlohmann::ordered_json;
using SystemClock = std::chrono::system_clock;

constexpr std::uint64_t kMostMembersOfPage = 10'000;

Answer json_answer(const Json& json) {
    return {.body = json_text(json) + "\n"};
}

std::int64_t whole_seconds_of(Duration duration) {
    return std::chrono::floor<std::chrono::seconds>(duration).count();
}

Json sample_of(const Call& call) {
    return call.parts.sample ? call.parts.sample() : Json{{"state", "off"}};
}

void reply_with(const Call& call, MemberList::Parts parts) {
    call.reply({.stream = std::make_unique<MemberList>(std::move(parts))});
}

}  // namespace

// --- this agent
// -----------------------------------------------------------------------------------

// Any parameters: links to a page often carry some.
void get_page(const Call& call) {
    Answer answer{.type = "text/html; charset=utf-8", .body = std::string{call.parts.page.html}};
    answer.headers.emplace_back("Content-Security-Policy", std::string{call.parts.page.csp});
    call.reply(std::move(answer));
}

void get_heartbeat(const Call& call) {
    if (has_parameters(call)) return;
    const Self self = call.parts.self();
    call.reply(json_answer({{"name", self.name},
                            {"time", utc_text(SystemClock::now())},
                            {"uptime_s", whole_seconds_of(self.uptime)},
                            {"health_score", self.health_score},
                            {"alive", self.alive},
                            {"seq", call.parts.control.journal().newest()}}));
}

void get_agent(const Call& call) {
    if (has_parameters(call)) return;
    const Self self = call.parts.self();
    call.reply(json_answer({{"name", self.name},
                            {"version", self.version},
                            {"address", self.address},
                            {"profile", self.profile},
                            {"uptime_s", whole_seconds_of(self.uptime)},
                            {"tags", call.parts.control.tags()},
                            {"health_score", self.health_score},
                            {"encrypted", self.encrypted},
                            {"seq", call.parts.control.journal().newest()},
                            {"sample", sample_of(call)},
                            {"stats", call.parts.control.stats()}}));
}

void get_metrics(const Call& call) {
    if (has_parameters(call)) return;
    if (!call.parts.metrics) return call.error(404, "this agent has no metrics");
    call.reply({.type = "text/plain; version=0.0.4; charset=utf-8",
                .body = {},
                .stream = call.parts.metrics()});
}

namespace {

void reply_with_checks(const Call& call, const std::vector<Check>& checks) {
    if (has_parameters(call)) return;
    const bool ok = std::ranges::all_of(checks, &Check::ok);
    Json looked = Json::object();
    std::string reasons;
    for (const Check& check : checks) {
        looked[std::string{check.name}] = {{"ok", check.ok}, {"detail", check.detail}};
        if (check.ok) continue;
        reasons += reasons.empty() ? "" : "; ";
        reasons += check.detail;
    }
    Json body{{"ok", ok}, {"checks", looked}};
    if (!ok) body["error"] = reasons;
    Answer answer = json_answer(body);
    answer.status = ok ? 200 : 503;
    call.reply(std::move(answer));
}

}  // namespace

void get_health(const Call& call) {
    reply_with_checks(call, call.parts.health());
}

void get_readiness(const Call& call) {
    reply_with_checks(call, call.parts.readiness());
}

void get_openapi(const Call& call) {
    if (has_parameters(call)) return;
    call.reply({.body = std::string{openapi_document()}});
}

// --- members
// --------------------------------------------------------------------------------------

void get_status(const Call& call) {
    if (has_parameters(call)) return;
    Control& control = call.parts.control;
    const auto now = SystemClock::now();
    reply_with(call, {.control = control,
                      .head = R"({"node":)" + json_string(call.parts.self().name) + R"(,"time":)" +
                              json_string(utc_text(now)) + R"(,"members":[)",
                      .tail = "]}\n",
                      .write = [&control](const std::string& name, std::string& to) {
                          const auto detail = control.detail_of(name);
                          if (detail) to += json_text(*detail, SystemClock::now());
                          return detail.has_value();
                      }});
}

void get_members(const Call& call) {
    Parameters parameters{call.request->target};
    auto filters = std::make_shared<const Filters>(Filters::of_members(parameters));
    const auto limit = parameters.number("limit", 1, kMostMembersOfPage);
    std::string after = parameters.text("after").value_or("");
    if (has_problem(call, parameters)) return;
    Control& control = call.parts.control;
    MemberList::Parts list{.control = control,
                           .after = std::move(after),
                           .head = R"({"members":[)",
                           .tail = "]}\n",
                           .write = [&control, filters](const std::string& name, std::string& to) {
                               const auto detail = control.detail_of(name);
                               if (!detail || !filters->want(detail->record)) return false;
                               to += json_text(*detail, SystemClock::now());
                               return true;
                           }};
    if (limit) {
        list.limit = static_cast<std::size_t>(*limit);
        list.tail_of_page = [](const std::string& last) {
            const std::string next = json_string(last);
            // A name that is no UTF-8 would come back as another one, and the page as well.
            if (Json::parse(next).get<std::string>() != last) return std::string{};
            return R"(],"next":)" + next + "}\n";
        };
    }
    reply_with(call, std::move(list));
}

void get_member(const Call& call) {
    if (has_parameters(call)) return;
    const auto detail = call.parts.control.detail_of(call.member);
    if (!detail) return call.error(404, "there is no member '" + call.member + "'");
    call.reply({.body = json_text(*detail, SystemClock::now()) + "\n"});
}

void get_history(const Call& call) {
    if (has_parameters(call)) return;
    const auto detail = call.parts.control.detail_of(call.member);
    const auto records = call.parts.control.journal().history_of(call.member);
    if (!detail && records.empty()) {
        return call.error(404, "nothing is known about a member '" + call.member + "'");
    }
    std::string body = R"({"name":)" + json_string(call.member) + R"(,"member":)" +
                       (detail ? json_text(*detail, SystemClock::now()) : "null") +
                       R"(,"records":[)";
    for (const auto& record : records) {
        if (body.back() != '[') body += ',';
        body += record->json;
    }
    call.reply({.body = body + "]}\n"});
}

void get_coordinates(const Call& call) {
    if (has_parameters(call)) return;
    Control& control = call.parts.control;
    if (const std::string* const first = control.name_after("")) {
        const auto found = control.coordinate_of(*first);
        if (!found) return call.error(404, found.error());
    }
    reply_with(call, {.control = control,
                      .head = R"({"coordinates":[)",
                      .tail = "]}\n",
                      .write = [&control](const std::string& name, std::string& to) {
                          const auto found = control.coordinate_of(name);
                          if (!found || !*found) return false;
                          const serf::Coordinate& at = **found;
                          to += json_text(Json{{"name", name},
                                               {"vec", at.vec},
                                               {"height", at.height},
                                               {"adjustment", at.adjustment},
                                               {"error", at.error}});
                          return true;
                      }});
}

}  // namespace rollcall::agent::http
