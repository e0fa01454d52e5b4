// SPDX-License-Identifier: Apache-2.0
//
// Conversations of real Serf clients with real Serf agents, byte for byte, and what the client
// printed (tests/interop/vectors/serf_rpc.json).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::cli::testing {

struct Step {
    bool from_client = false;
    std::string bytes;  // one msgpack object
};
struct Recording {
    std::string name;
    std::vector<std::string> argv;  // without "serf"
    int exit = 0;
    std::string out;
    std::vector<Step> steps;
};

const std::vector<Recording>& recordings();
const Recording& recording(std::string_view name);

// Bytes of the n-th object that the agent sent.
std::string agent_object(const Recording& recording, std::size_t n);

// "role=web,dc=east" as "dc=east,role=web": Serf prints tags in any order.
std::string with_sorted_tags(const std::string& text);

}  // namespace rollcall::cli::testing
