// SPDX-License-Identifier: Apache-2.0
//
// Messages of real peers by their names in tests/interop/vectors/serf_gossip.json.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "serf/lone.h"

namespace rollcall::serf {

inline Buffer bytes_of_hex(const std::string& hex) {
    Buffer bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::byte>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

inline std::map<std::string, Buffer> recorded_messages() {
    std::ifstream file{std::string{ROLLCALL_SOURCE_DIR} +
                       "/tests/interop/vectors/serf_gossip.json"};
    EXPECT_TRUE(file);
    std::map<std::string, Buffer> messages;
    for (const auto& vector : nlohmann::json::parse(file)) {
        messages[vector["name"]] = bytes_of_hex(vector["hex"]);
    }
    return messages;
}

// What the Serf sent to 127.0.0.1:port.
inline std::vector<Buffer> sent_to_port(const Lone& a, std::uint16_t port) {
    std::vector<Buffer> messages;
    for (const Heard& h : a.heard) {
        if (h.to == at(port)) messages.push_back(h.message);
    }
    return messages;
}

}  // namespace rollcall::serf
