// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/query_answers.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/http/api/json_text.h"
#include "agent/http/api/routes.h"
#include "agent/session/query_names.h"
#include "base/bytes.h"
#include "wire/base64.h"

namespace rollcall::agent::http {
namespace {

constexpr std::uint64_t kLongestQueryMs = 3'600'000;
constexpr std::uint64_t kMostRelays = 255;

bool is_utf8(const std::string& text) {
    const nlohmann::json json(text);
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore).size() ==
           json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).size();
}

void add_payload(nlohmann::ordered_json& json, const rpc::Payload& payload) {
    if (!payload) {
        json["payload"] = "";
        return;
    }
    const std::string text{as_text(*payload)};
    if (is_utf8(text)) {
        json["payload"] = text;
    } else {
        json["payload_base64"] = wire::to_base64(*payload);
    }
}

}  // namespace

Result<std::unique_ptr<Source>, std::string> QueryAnswers::ask(Control& control,
                                                               const rpc::QueryRequest& query) {
    std::unique_ptr<QueryAnswers> answers{new QueryAnswers{control}};
    const auto asked =
        control.query(query, [self = answers.get(), alive = std::weak_ptr{answers->alive_}](
                                 const rpc::AnswerRecord& record) {
            if (!alive.expired()) self->answered(record);
        });
    if (!asked) return asked.error();
    if (!answers->done_) answers->query_ = *asked;
    return std::unique_ptr<Source>{std::move(answers)};
}

QueryAnswers::~QueryAnswers() {
    alive_.reset();
    if (query_) control_.forget_query(*query_);
}

void QueryAnswers::answered(const rpc::AnswerRecord& record) {
    if (record.type == "done") {
        done_ = true;
        query_.reset();
    } else if (bytes_ >= kMostBytes) {
        ++lost_;
    } else {
        nlohmann::ordered_json json{{"type", record.type}, {"from", record.from}};
        if (record.type == "response") add_payload(json, record.payload);
        lines_.push_back(json_text(json) + "\n");
        bytes_ += lines_.back().size();
    }
    if (wake_) wake_();
}

Source::State QueryAnswers::append(std::string& to) {
    while (!lines_.empty() && to.size() < kSlice) {
        to += lines_.front();
        bytes_ -= lines_.front().size();
        lines_.pop_front();
    }
    if (!lines_.empty()) return State::more;
    if (!done_) return State::waiting;
    to += lost_ == 0 ? std::string{"{\"type\":\"done\"}\n"}
                     : "{\"type\":\"done\",\"lost\":" + std::to_string(lost_) + "}\n";
    return State::ended;
}

void post_query(const Call& call) {
    Fields fields{*call.request};
    rpc::QueryRequest query;
    query.name = fields.required_text("name");
    query.payload = fields.payload("payload");
    query.timeout = static_cast<std::int64_t>(
        fields.number("timeout_ms", kLongestQueryMs).value_or(0) * 1'000'000);
    query.request_ack = fields.flag("ack");
    query.relay_factor =
        static_cast<std::uint8_t>(fields.number("relay_factor", kMostRelays).value_or(0));
    query.filter_nodes = fields.texts("nodes");
    query.filter_tags = fields.table("tags");
    if (const auto refused = refused_query_name(query)) fields.mistake(*refused);
    if (has_parameters(call)) return;
    if (const auto problem = fields.problem()) return call.error(fields.status(), *problem);
    auto answers = QueryAnswers::ask(call.parts.control, query);
    if (!answers) return call.error(400, answers.error());
    call.reply({.type = "application/x-ndjson",
                .body = {},
                .stream = std::move(*answers),
                .compress = false});
}

}  // namespace rollcall::agent::http
