// SPDX-License-Identifier: Apache-2.0
//
// How answers look: Serf's columns and Serf's JSON, so that scripts written for it keep working.
// Pure functions from values to text. Text from the network is made harmless for a terminal
// (cli/text.h). Nothing here prints or asks.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/messages.h"

namespace rollcall::cli {

namespace rpc = agent::rpc;

struct Look {
    bool header = false;  // a first line naming the columns
    bool colour = false;  // ANSI colours for the state of a member
};

// "key=value,key=value", sorted by key.
[[nodiscard]] std::string tags_text(const rpc::StringMap& tags);

// "127.0.0.1:7946", "[::1]:7946".
[[nodiscard]] std::string address_text(const rpc::Member& member);

// In the order in which members are listed: by name, then by address.
void sort_members(std::vector<rpc::Member>& members);

// A line per member, columns two spaces apart: name, address, status, tags; with `detailed` the
// protocol versions, too. Nobody: an empty line.
[[nodiscard]] std::string members_table(std::span<const rpc::Member> members, bool detailed,
                                        Look look);
// {"members": [...]}, or null for nobody; built member by member.
[[nodiscard]] std::string members_json(std::span<const rpc::Member> members);

// Sections in order, "name:" and then "<tab>key = value".
[[nodiscard]] std::string stats_text(const rpc::Stats& stats);
[[nodiscard]] std::string stats_json(const rpc::Stats& stats);

// A record of an event stream: "Event Info:" and then "<tab>Field: value", or one line of JSON.
[[nodiscard]] std::string event_text(const rpc::StreamRecord& record);
[[nodiscard]] std::string event_json(const rpc::StreamRecord& record);
// The log line, ended; one that quotes several lines stays several.
[[nodiscard]] std::string log_text(const rpc::LogRecord& record);
[[nodiscard]] std::string log_json(const rpc::LogRecord& record);

}  // namespace rollcall::cli
