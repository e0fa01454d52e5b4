// SPDX-License-Identifier: Apache-2.0
//
// Conversations of clients with real Serf agents (tests/interop/vectors/serf_rpc.json, and those in
// files that ROLLCALL_EXTRA_VECTORS adds), as data. Holds none of them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/vectors.h"

namespace rollcall::agent::tests {

using Json = nlohmann::json;

struct Conversation {
    std::string name;
    std::vector<Json> lines;  // {dir, hex, decoded}; none: the client's program asked nothing
    std::optional<bool> closed_by_agent;  // nullopt: not looked at
};

// Where ours answers otherwise, on purpose (docs/rpc.md); rpc_differences_test.cpp says how.
enum class Difference : std::uint8_t {
    negative_timeout,        // refused; Serf sends empty records until it ends
    bytes_for_text,          // understood, as by newer Serfs; the recorded one closes
    header_without_command,  // is no command; Serf repeats the one before
    refused_body,            // passed over; Serf refuses it once more, as a header
};

[[nodiscard]] std::vector<rollcall::tests::VectorFile> rpc_files();
// Without the holes that the recorder left in very long ones.
[[nodiscard]] Conversation conversation_of(const Json& entry);
// Of the recordings that come with the tests.
[[nodiscard]] Conversation recorded(const std::string& name);

[[nodiscard]] inline bool is_conversation(const Json& entry) {
    return entry.contains("transcript");
}
[[nodiscard]] inline bool from_client(const Json& line) {
    return line["dir"] == "client->agent";
}
[[nodiscard]] inline bool is_reply(const Json& object) {
    return object.is_object() && object.contains("Error") && object.contains("Seq");
}
// Why the answer to this line, the client's or the agent's, is another one with us.
[[nodiscard]] std::optional<Difference> difference_at(const Conversation& said, std::size_t line);

}  // namespace rollcall::agent::tests
