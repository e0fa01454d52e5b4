// SPDX-License-Identifier: Apache-2.0
#include "agent/keyring_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "agent/base64.h"

namespace rollcall::agent {
namespace {

constexpr std::size_t kMaxKeyringFile = std::size_t{64} << 10;

std::string wrong_key(std::size_t place, std::string_view what) {
    return "key " + std::to_string(place + 1) + " " + std::string{what} +
           "; keys are base64 of 16, 24 or 32 bytes";
}

}  // namespace

Result<wire::Keyring, std::string> keyring_of(std::span<const std::string> keys) {
    wire::Keyring keyring;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto key = from_base64(keys[i]);
        if (!key) return wrong_key(i, "is not base64");
        const auto error = keyring.add(*key);
        if (!error) continue;
        if (*error == wire::KeyError::too_many) {
            return "at most " + std::to_string(wire::Keyring::kMaxKeys) + " keys";
        }
        return wrong_key(i, "has " + std::to_string(key->size()) + " bytes");
    }
    return keyring;
}

Result<wire::Keyring, std::string> load_keyring(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return std::string{"a readable file ("} + std::strerror(errno) + ")";
    }
    std::string text(kMaxKeyringFile + 1, '\0');
    errno = 0;
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) {  // a directory opens, and only then refuses
        return std::string{"a readable file ("} + std::strerror(errno) + ")";
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxKeyringFile) return std::string{"a file of at most 64 KiB"};

    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array()) return std::string{"a JSON array of base64 keys, the primary first"};
    std::vector<std::string> keys;
    for (const auto& entry : json) {
        if (!entry.is_string()) return std::string{"a JSON array of strings only"};
        keys.push_back(entry.get<std::string>());
    }
    if (keys.empty()) return std::string{"at least one key: Keyring file contains no keys"};
    return keyring_of(keys);
}

std::string keyring_text(const wire::Keyring& keyring) {
    nlohmann::json keys = nlohmann::json::array();
    for (const auto& key : keyring.keys()) keys.push_back(to_base64(key));
    return keys.dump(2) + '\n';
}

}  // namespace rollcall::agent
