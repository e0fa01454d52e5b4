// SPDX-License-Identifier: Apache-2.0
//
// Golden bytes: files of packets and streams that real peers wrote, with what they mean. Loads
// every file of tests/interop/vectors, and the file or all files of the directory that
// ROLLCALL_EXTRA_VECTORS names, with any file name; checks nothing. Header only, so that the tests
// of any folder can use it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

// What a vector is about, by what it has in it: files and vectors may have any names.
enum class VectorKind : std::uint8_t {
    packet,   // datagrams and streams of memberlist, and its LZW
    gossip,   // messages of the Serf layer and what carries them
    rpc,      // conversations of clients with an agent, and single objects of that protocol
    vivaldi,  // runs of network coordinates
    unknown,
};

inline VectorKind kind_of(const nlohmann::json& entry) {
    const auto has = [&](const char* key) { return entry.is_object() && entry.contains(key); };
    if (has("transcript") || has("argv")) return VectorKind::rpc;
    if (has("start") && has("steps")) return VectorKind::vivaldi;
    if (!has("hex")) return VectorKind::unknown;
    if (has("transport") || has("plain_hex") || has("plain_recipe")) return VectorKind::packet;
    if (!has("decoded")) return VectorKind::unknown;
    const nlohmann::json& decoded = entry["decoded"];
    const bool layered =
        decoded.is_object() && (decoded.contains("message") || decoded.contains("fields") ||
                                decoded.contains("encrypted"));
    return layered ? VectorKind::packet : VectorKind::gossip;
}

struct VectorFile {
    std::string name;
    bool ours = true;  // comes with the tests
    std::vector<nlohmann::json> entries;
};

// A list of vectors, such a list under any key, or a single one.
inline std::vector<nlohmann::json> entries_of(const nlohmann::json& content) {
    if (content.is_array()) return content.get<std::vector<nlohmann::json>>();
    if (kind_of(content) != VectorKind::unknown) return {content};
    for (const auto& [key, value] : content.items()) {
        if (value.is_array() && !value.empty() && value.front().is_object()) {
            return value.get<std::vector<nlohmann::json>>();
        }
    }
    return {};
}

inline std::vector<VectorFile> all_vector_files() {
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
            std::ifstream in{path};
            files.push_back({.name = path.filename().string(),
                             .ours = place == places.front(),
                             .entries = entries_of(nlohmann::json::parse(in))});
        }
    }
    return files;
}

// The files that have vectors of this kind, with those alone. In a file of conversations the single
// objects are of the same protocol.
inline std::vector<VectorFile> vector_files(VectorKind kind) {
    std::vector<VectorFile> files = all_vector_files();
    for (VectorFile& file : files) {
        const bool rpc =
            std::ranges::find(file.entries, VectorKind::rpc, kind_of) != file.entries.end();
        std::erase_if(file.entries, [&](const nlohmann::json& entry) {
            const VectorKind own = kind_of(entry);
            return (rpc && own == VectorKind::gossip ? VectorKind::rpc : own) != kind;
        });
    }
    std::erase_if(files, [](const VectorFile& file) { return file.entries.empty(); });
    return files;
}

}  // namespace rollcall::tests
