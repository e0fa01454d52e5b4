// SPDX-License-Identifier: Apache-2.0
#include "agent/control/rpc_recordings.h"

#include <cstddef>
#include <cstdio>
#include <stdexcept>

#include "rpc/messages.h"

namespace rollcall::agent::tests {
namespace {

Json line_of(const char* direction, const std::string& bytes, Json meant) {
    return {{"dir", direction},
            {"hex", rollcall::tests::to_hex(as_bytes(bytes))},
            {"decoded", std::move(meant)}};
}

// "(transcript shortened: first 16 and last 24 of 405 objects)": of what went round the hole, an
// object may have lost its other half.
void mend(std::vector<Json>& lines, std::size_t hole) {
    if (hole < 2 || hole >= lines.size()) return;
    const Json before = lines[hole - 1];
    const auto at = lines.begin() + static_cast<std::ptrdiff_t>(hole);
    if (from_client(before) && before["decoded"].value("Command", "") == "monitor") {
        const std::uint64_t seq = before["decoded"]["Seq"];
        lines.insert(at, {line_of("client->agent", rpc::encode(rpc::MonitorRequest{"DEBUG"}),
                                  {{"LogLevel", "DEBUG"}}),
                          line_of("agent->client", rpc::encode(rpc::ResponseHeader{.seq = seq}),
                                  {{"Error", ""}, {"Seq", seq}})});
    } else if (is_reply(before["decoded"]) && is_reply((*at)["decoded"]) &&
               !from_client(lines[hole - 2])) {
        lines.erase(at - 1);  // the head of a record
    }
}

}  // namespace

std::vector<rollcall::tests::VectorFile> rpc_files() {
    return rollcall::tests::vector_files(rollcall::tests::VectorKind::rpc);
}

Conversation conversation_of(const Json& entry) {
    Conversation said{.name = entry["name"],
                      .lines = entry["transcript"].get<std::vector<Json>>(),
                      .closed_by_agent = {}};
    if (entry.contains("connection_closed_by_agent")) {
        said.closed_by_agent = entry["connection_closed_by_agent"].get<bool>();
    }
    std::size_t hole = 0;
    const std::string note = entry.value("note", "");
    if (std::sscanf(note.c_str(), "(transcript shortened: first %zu and", &hole) == 1) {
        mend(said.lines, hole);
    }
    return said;
}

Conversation recorded(const std::string& name) {
    for (const auto& file : rpc_files()) {
        for (const Json& entry : file.entries) {
            if (entry["name"] == name) return conversation_of(entry);
        }
    }
    throw std::out_of_range{"nothing of that name was recorded: " + name};
}

std::optional<Difference> difference_at(const Conversation& said, std::size_t line) {
    const Json& object = said.lines[line]["decoded"];
    if (!object.is_object()) return {};
    if (!from_client(said.lines[line])) {
        const bool again = line > 0 && object == said.lines[line - 1]["decoded"];
        if (again && object.value("Error", "") == "Authentication required") {
            return Difference::refused_body;
        }
        return {};
    }
    if (object.contains("Timeout") && object["Timeout"].is_number_integer() &&
        object["Timeout"] < 0) {
        return Difference::negative_timeout;
    }
    if (object.contains("command")) return Difference::header_without_command;
    const bool ended_by_it = line + 1 == said.lines.size() && said.closed_by_agent.value_or(false);
    if (ended_by_it && object.contains("Name") && object["Name"].is_object()) {
        return Difference::bytes_for_text;
    }
    return {};
}

}  // namespace rollcall::agent::tests
