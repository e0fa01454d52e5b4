// SPDX-License-Identifier: Apache-2.0
//
// Formats answers: Serf's columns and Serf's JSON, so that scripts written for it keep working.
// Pure functions from values to text. Sanitizes text from the network (base/sanitize.h).
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/messages.h"

namespace rollcall::cli {

namespace rpc = agent::rpc;

struct Look {
    bool header = false;  // a first line with the names of the columns
    bool colour = false;  // ANSI colours for the state of a member
};

// "key=value,key=value", sorted by key.
[[nodiscard]] std::string tags_text(const rpc::StringMap& tags);

// "127.0.0.1:7946", "[::1]:7946".
[[nodiscard]] std::string address_text(const rpc::Member& member);

// By name, then by port: the order of lists.
void sort_members(std::vector<rpc::Member>& members);

// A table: cells with their colour, "" for none; columns two spaces apart. Without rows a newline.
struct Cell {
    std::string text;
    std::string_view colour;
};
using Row = std::vector<Cell>;
[[nodiscard]] std::string rows_text(std::span<const Row> rows, bool colour);
[[nodiscard]] Cell head_cell(std::string name);
[[nodiscard]] Row member_heads(bool detailed);
[[nodiscard]] Row member_cells(const rpc::Member& member, bool detailed);

// One line per member, columns two spaces apart: name, address, status, tags; with `detailed` the
// protocol versions, too. Without members an empty line.
[[nodiscard]] std::string members_table(std::span<const rpc::Member> members, bool detailed,
                                        Look look);
// The ANSI colour of a status.
[[nodiscard]] std::string_view status_colour(std::string_view status);

// {"members": [...]}, or null without members; built member by member.
[[nodiscard]] std::string members_json(std::span<const rpc::Member> members);
// The same of `count` objects, each made when its turn comes.
[[nodiscard]] std::string members_json(std::size_t count,
                                       const std::function<nlohmann::ordered_json()>& next);
[[nodiscard]] nlohmann::ordered_json member_object(const rpc::Member& member);

// Sections in order, "name:" and then "<tab>key = value".
[[nodiscard]] std::string stats_text(const rpc::Stats& stats);
[[nodiscard]] std::string stats_json(const rpc::Stats& stats);

// A record of an event stream: "Event Info:" and then "<tab>Field: value", or one line of JSON.
[[nodiscard]] std::string event_text(const rpc::StreamRecord& record);
[[nodiscard]] std::string event_json(const rpc::StreamRecord& record);
// The log line with a newline; a text of several lines keeps them.
[[nodiscard]] std::string log_text(const rpc::LogRecord& record);
[[nodiscard]] std::string log_json(const rpc::LogRecord& record);

}  // namespace rollcall::cli
