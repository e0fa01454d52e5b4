// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "base/natural_order.h"
#include "base/sanitize.h"
#include "cli/terminal/width.h"

namespace rollcall::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";

std::string dump(const Json& json, int indent) {
    // Invalid UTF-8 in names is replaced.
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

void append_row(std::string& out, const Row& row, const std::vector<std::size_t>& widths,
                bool colour) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        const bool painted = colour && !row[i].colour.empty();
        if (painted) out += row[i].colour;
        out += row[i].text;
        if (painted) out += kReset;
        // As in Serf, the last column is not padded, but its gap is kept even if it is empty.
        if (i + 1 < row.size()) out.append(widths[i] - width_of(row[i].text) + 2, ' ');
    }
    out += '\n';
}

std::string in_quotes(std::string_view text) {
    return '"' + sanitized(text) + '"';
}

std::string payload_text(const rpc::Payload& payload) {
    return payload ? in_quotes(as_text(*payload)) : "none";
}

}  // namespace

std::string tags_text(const rpc::StringMap& tags) {
    std::string text;
    for (const auto& [key, value] : tags) {
        if (!text.empty()) text += ',';
        text += sanitized(key) + '=' + sanitized(value);
    }
    return text;
}

std::string address_text(const rpc::Member& member) {
    const auto endpoint = Endpoint::from_wire(member.addr, member.port);
    return endpoint ? endpoint->to_string() : ':' + std::to_string(member.port);
}

void sort_members(std::vector<rpc::Member>& members) {
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
        return std::tie(a.name, a.port) < std::tie(b.name, b.port);
    });
}

std::string_view status_colour(std::string_view status) {
    if (status == "alive") return kGreen;
    if (status == "leaving" || status == "suspect") return kYellow;
    if (status == "failed") return kRed;
    return kDim;
}

Cell head_cell(std::string name) {
    return {std::move(name), kBold};
}

Row member_heads(bool detailed) {
    Row row{head_cell("NAME"), head_cell("ADDRESS"), head_cell("STATUS"), head_cell("TAGS")};
    if (detailed) row.push_back(head_cell("PROTOCOL"));
    return row;
}

Row member_cells(const rpc::Member& member, bool detailed) {
    Row row{{sanitized(member.name), {}},
            {address_text(member), {}},
            {sanitized(member.status), status_colour(member.status)},
            {tags_text(member.tags), {}}};
    if (detailed) {
        row.push_back({"Protocol Version: " + std::to_string(member.delegate_cur) +
                           "  Available Protocol Range: [" + std::to_string(member.delegate_min) +
                           ", " + std::to_string(member.delegate_max) + "]",
                       {}});
    }
    return row;
}

std::string rows_text(std::span<const Row> rows, bool colour) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i].text));
        }
    }
    std::string out;
    for (const Row& row : rows) append_row(out, row, widths, colour);
    // Serf trims the end of the whole output, so only the last line loses its empty column.
    out.erase(out.find_last_not_of(" \n") + 1);
    return out + '\n';
}

std::string members_table(std::span<const rpc::Member> members, bool detailed, Look look) {
    std::vector<Row> rows;
    rows.reserve(members.size() + 1);
    if (look.header && !members.empty()) rows.push_back(member_heads(detailed));
    for (const rpc::Member& member : members) rows.push_back(member_cells(member, detailed));
    return rows_text(rows, look.colour);
}

Json member_object(const rpc::Member& member) {
    Json tags = Json::object();
    for (const auto& [key, value] : member.tags) tags[key] = value;
    return {{"name", member.name},
            {"addr", address_text(member)},
            {"port", member.port},
            {"tags", std::move(tags)},
            {"status", member.status},
            {"protocol",
             {{"max", member.delegate_max},
              {"min", member.delegate_min},
              {"version", member.delegate_cur}}}};
}

std::string members_json(std::span<const rpc::Member> members) {
    std::size_t at = 0;
    return members_json(members.size(), [&] { return member_object(members[at++]); });
}

std::string members_json(std::size_t count, const std::function<Json()>& next) {
    if (count == 0) return "{\n  \"members\": null\n}\n";
    std::string out = "{\n  \"members\": [";
    for (std::size_t i = 0; i < count; ++i) {
        out += i == 0 ? "\n    " : ",\n    ";
        for (const char c : dump(next(), 2)) {
            out += c;
            if (c == '\n') out += "    ";
        }
    }
    return out + "\n  ]\n}\n";
}

std::string stats_text(const rpc::Stats& stats) {
    std::string out;
    for (const auto& [section, values] : stats) {
        out += sanitized(section) + ":\n";
        for (const auto& [key, value] : in_natural_order(values)) {
            out += '\t' + sanitized(key) + " = " + sanitized(value) + '\n';
        }
    }
    return out;
}

std::string stats_json(const rpc::Stats& stats) {
    Json json = Json::object();
    for (const auto& [section, values] : stats) {
        Json& object = json[section] = Json::object();
        for (const auto& [key, value] : in_natural_order(values)) object[key] = value;
    }
    return dump(json, 2) + '\n';
}

std::string event_text(const rpc::StreamRecord& record) {
    std::string out = "Event Info:\n";
    const auto field = [&out](std::string_view name, const std::string& value) {
        out += '\t';
        out += name;
        out += ": " + value + '\n';
    };
    if (record.event == "user") field("Coalesce", record.coalesce ? "true" : "false");
    field("Event", in_quotes(record.event));
    if (record.event == "query") field("ID", std::to_string(record.id));
    if (record.event == "user" || record.event == "query") {
        field("LTime", std::to_string(record.ltime));
        field("Name", in_quotes(record.name));
        field("Payload", payload_text(record.payload));
        return out;
    }
    std::string members;
    for (const rpc::Member& member : record.members) {
        if (!members.empty()) members += ", ";
        members +=
            sanitized(member.name) + ' ' + address_text(member) + ' ' + sanitized(member.status);
        if (!member.tags.empty()) members += ' ' + tags_text(member.tags);
    }
    field("Members", members);
    return out;
}

std::string event_json(const rpc::StreamRecord& record) {
    Json json{{"event", record.event}};
    if (record.event == "user" || record.event == "query") {
        if (record.event == "query") json["id"] = record.id;
        json["ltime"] = record.ltime;
        json["name"] = record.name;
        json["payload"] = record.payload ? Json(as_text(*record.payload)) : Json();
        if (record.event == "user") json["coalesce"] = record.coalesce;
    } else {
        Json& members = json["members"] = Json::array();
        for (const rpc::Member& member : record.members) members.push_back(member_object(member));
    }
    return dump(json, -1) + '\n';
}

std::string log_text(const rpc::LogRecord& record) {
    return sanitized_lines(record.log) + '\n';
}

std::string log_json(const rpc::LogRecord& record) {
    return dump(Json{{"log", record.log}}, -1) + '\n';
}

}  // namespace rollcall::cli
