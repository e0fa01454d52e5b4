// SPDX-License-Identifier: Apache-2.0
#include "cli/tune_round.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "base/bytes.h"
#include "base/duration_text.h"
#include "base/sanitize.h"
#include "cli/terminal/table.h"
#include "serf/query_params.h"

namespace rollcall::cli {
namespace {

constexpr std::string_view kTuneRoundError = "Error tuning";
// A query of more does not fit into a packet beside its request; then all are asked again.
constexpr std::size_t kMostBytesOfNames = 256;

// A regular expression that only this text matches.
std::string exactly(const std::string& text) {
    std::string expression = "^";
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
        if (!plain) expression += '\\';
        expression += c;
    }
    return expression + "$";
}

bool has_tags(const rpc::Member& member, const rpc::StringMap& tags) {
    return std::ranges::all_of(tags, [&](const auto& tag) {
        const auto found = member.tags.find(tag.first);
        return found != member.tags.end() && found->second == tag.second;
    });
}

std::vector<std::string> without_answer(const TuneAnswers& answers) {
    std::vector<std::string> nodes;
    for (const auto& [node, answer] : answers) {
        if (!answer) nodes.push_back(node);
    }
    return nodes;
}

std::size_t bytes_of(const std::vector<std::string>& names) {
    std::size_t bytes = 0;
    for (const std::string& name : names) bytes += name.size();
    return bytes;
}

std::string changes_of(const serf::TuneAnswer& answer) {
    return answer.changes.empty() ? "" : serf::tune_text(answer.changes);
}

}  // namespace

std::optional<Failure> TuneRounds::choose() {
    const auto members = client_.ask<rpc::MembersResponse>("members");
    if (!members) return describe("Error retrieving members", members.error());
    for (const rpc::Member& member : members->members) {
        if (member.status != "alive" || !has_tags(member, targets_.tags)) continue;
        if (targets_.nodes.empty() ||
            std::ranges::find(targets_.nodes, member.name) != targets_.nodes.end()) {
            expected_.insert(member.name);
        }
    }
    for (const std::string& node : targets_.nodes) {
        const auto member = member_named(client_, node, kTuneRoundError);
        if (!member) return member.error();
        // It is asked, too: others may see it otherwise.
        if (has_tags(*member, targets_.tags)) expected_.insert(node);
    }
    if (!expected_.empty()) return {};
    return Failure{std::string{kTuneRoundError} + ": no member has these tags",
                   "'rollcall members' shows them"};
}

Result<TuneAnswers, Failure> TuneRounds::ask(const serf::TuneRequest& request) {
    TuneAnswers answers;
    for (const std::string& node : expected_) answers[node] = std::nullopt;
    if (auto bad = ask_once(request, targets_.nodes, answers)) return *bad;
    const std::vector<std::string> missing = without_answer(answers);
    if (missing.empty()) return answers;
    const bool few = bytes_of(missing) <= kMostBytesOfNames;
    if (auto bad = ask_once(request, few ? missing : targets_.nodes, answers)) return *bad;
    return answers;
}

std::optional<Failure> TuneRounds::ask_once(const serf::TuneRequest& request,
                                            const std::vector<std::string>& nodes,
                                            TuneAnswers& answers) {
    rpc::QueryRequest query{
        .filter_nodes = nodes,
        .timeout = timeout_ns_,
        .name = std::string{serf::kBuiltInQuery} + std::string{serf::kTuneQuery},
        .payload = payload_of(serf::encode_tune_request(request))};
    for (const auto& [key, value] : targets_.tags) query.filter_tags[key] = exactly(value);
    if (const auto asked = client_.query(query); !asked) {
        return describe(kTuneRoundError, asked.error());
    }
    while (!without_answer(answers).empty()) {
        auto item = client_.next_record();
        if (!item) return describe_while_watching(kTuneRoundError, item.error());
        const auto* record = *item ? std::get_if<rpc::AnswerRecord>(&**item) : nullptr;
        if (record == nullptr) continue;
        if (record->type == "done") {
            if (ends_to_skip_ == 0) return {};
            --ends_to_skip_;
            continue;
        }
        if (record->type != "response" || !record->payload) continue;
        // Also of a member that joined meanwhile.
        if (auto answer = serf::decode_tune_answer(as_text(*record->payload))) {
            answers[record->from] = std::move(*answer);
        }
    }
    ++ends_to_skip_;
    return {};
}

std::string tune_table(const std::vector<TuneRow>& rows) {
    std::vector<std::vector<std::string>> cells{{"NODE", "RESULT", "CHANGE", "REASON"}};
    for (const TuneRow& row : rows) {
        cells.push_back({sanitized(row.node), row.result, sanitized(changes_of(row.answer)),
                         sanitized(row.reason)});
    }
    std::string text = plain_table(cells) + "\n";
    std::set<std::string> notes;  // of many members mostly the same
    for (const TuneRow& row : rows) notes.insert(row.answer.note);
    for (const std::string& note : notes) {
        if (!note.empty()) text += "Note: " + sanitized(note) + "\n";
    }
    return text;
}

std::string tune_states_table(const std::vector<TuneRow>& rows) {
    std::vector<std::vector<std::string>> cells{
        {"NODE", "STATE", "CHANGE", "UNDONE IN", "FINGERPRINT"}};
    for (const TuneRow& row : rows) {
        const serf::TuneAnswer& a = row.answer;
        cells.push_back({sanitized(row.node), a.state.empty() ? row.result : sanitized(a.state),
                         a.id.empty() ? "-" : sanitized(a.id),
                         a.left > Duration{}
                             ? duration_text(std::chrono::ceil<std::chrono::seconds>(a.left))
                             : "-",
                         sanitized(a.fingerprint)});
    }
    return plain_table(cells) + "\n";
}

std::string tune_json(const std::string& id, const std::vector<TuneRow>& rows) {
    using TuneJson = nlohmann::ordered_json;
    TuneJson nodes = TuneJson::array();
    for (const TuneRow& row : rows) {
        TuneJson node{{"node", row.node}, {"result", row.result}};
        if (!row.reason.empty()) node["reason"] = row.reason;
        const serf::TuneAnswer& a = row.answer;
        if (!a.note.empty()) node["note"] = a.note;
        if (!a.state.empty()) node["state"] = a.state;
        if (!a.id.empty()) node["id"] = a.id;
        if (a.left > Duration{}) {
            node["left_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(a.left).count();
        }
        if (!a.fingerprint.empty()) node["fingerprint"] = a.fingerprint;
        TuneJson changes = TuneJson::array();
        for (const serf::TuneChange& c : a.changes) {
            changes.push_back({{"key", c.key}, {"before", c.before}, {"after", c.after}});
        }
        node["changes"] = changes;
        if (!a.values.empty()) {
            TuneJson& values = node["values"] = TuneJson::object();
            for (const auto& [key, value] : a.values) values[key] = value;
        }
        nodes.push_back(node);
    }
    const TuneJson all{{"id", id}, {"nodes", nodes}};
    return all.dump(-1, ' ', false, TuneJson::error_handler_t::replace) + '\n';
}

}  // namespace rollcall::cli
