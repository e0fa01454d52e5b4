// SPDX-License-Identifier: Apache-2.0
//
// Messages of real peers by their names in tests/interop/vectors/serf_gossip.json.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "serf/lone.h"
#include "support/test_folder.h"
#include "support/vectors.h"

namespace rollcall::serf {

inline std::map<std::string, Buffer> recorded_messages() {
    const auto vectors =
        nlohmann::json::parse(tests::project_file("tests/interop/vectors/serf_gossip.json"));
    std::map<std::string, Buffer> messages;
    for (const auto& vector : vectors) {
        messages[vector["name"]] = tests::from_hex(vector["hex"].get<std::string>());
    }
    return messages;
}

// What the Serf sent to 127.0.0.1:port.
inline std::vector<Buffer> sent_to_port(const Lone& a, std::uint16_t port) {
    std::vector<Buffer> messages;
    for (const DirectMessage& h : a.direct_messages) {
        if (h.to == at(port)) messages.push_back(h.message);
    }
    return messages;
}

}  // namespace rollcall::serf
