// SPDX-License-Identifier: Apache-2.0
//
// Golden bytes: files of packets and streams that real peers wrote, with what they mean. Loads
// every file of tests/interop/vectors, and the file or all files of the directory that
// ROLLCALL_EXTRA_VECTORS names; judges nothing. Header only, so that the tests of any room can use
// it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace rollcall::tests {

inline std::vector<std::byte> from_hex(std::string_view hex) {
    const auto digit = [](char c) -> unsigned {
        if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
        throw std::invalid_argument{"not lower-case hex"};
    };
    if (hex.size() % 2 != 0) throw std::invalid_argument{"an odd number of hex digits"};
    std::vector<std::byte> bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::byte>(digit(hex[i]) << 4 | digit(hex[i + 1])));
    }
    return bytes;
}

inline std::string to_hex(Bytes bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        hex += digits[std::to_integer<std::size_t>(b >> 4)];
        hex += digits[std::to_integer<std::size_t>(b & std::byte{0x0f})];
    }
    return hex;
}

struct VectorFile {
    std::string name;
    nlohmann::json content;
};

// `kind` is a part of their names: "serf_gossip"; "" is all of them.
inline std::vector<VectorFile> vector_files(std::string_view kind = "") {
    std::vector<std::filesystem::path> places{std::filesystem::path{ROLLCALL_SOURCE_DIR} /
                                              "tests/interop/vectors"};
    if (const char* extra = std::getenv("ROLLCALL_EXTRA_VECTORS");
        extra != nullptr && *extra != 0) {
        places.emplace_back(extra);
    }
    std::vector<VectorFile> files;
    for (const auto& place : places) {
        std::vector<std::filesystem::path> paths;
        if (!std::filesystem::is_directory(place)) {
            paths.push_back(place);
        } else {
            for (const auto& entry : std::filesystem::directory_iterator{place}) {
                if (entry.path().extension() == ".json") paths.push_back(entry.path());
            }
        }
        std::sort(paths.begin(), paths.end());
        for (const auto& path : paths) {
            const std::string name = path.filename().string();
            if (name.find(kind) == std::string::npos) continue;
            std::ifstream in{path};
            files.push_back({name, nlohmann::json::parse(in)});
        }
    }
    return files;
}

}  // namespace rollcall::tests
