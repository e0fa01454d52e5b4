// SPDX-License-Identifier: Apache-2.0
#include "agent/files/keyring_file.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "files/small_file.h"
#include "wire/base64.h"
#include "wire/key_text.h"

namespace rollcall::agent {
namespace {

constexpr std::size_t kMaxKeyringFile = std::size_t{64} << 10;
constexpr std::string_view kKeyringForm = "a JSON array of keys, the primary first; each ";

// `which` names the key without showing it: "the key", "key 2 of /etc/keys.json".
std::optional<KeyringError> add_key(wire::Keyring& keyring, const std::string& text,
                                    const std::string& which) {
    const auto key = wire::parse_key(text);
    if (!key) return KeyringError{which + " " + key.error(), std::string{wire::kKeyForm}};
    if (keyring.add(*key)) {  // its size is valid, so the keyring is full
        return KeyringError{which + " is one too many",
                            "at most " + std::to_string(wire::Keyring::kMaxKeys) + " keys"};
    }
    return {};
}

KeyringError bad_keyring(const std::string& path, std::string_view what) {
    return {"'" + path + "' " + std::string{what},
            std::string{kKeyringForm} + std::string{wire::kKeyForm}};
}

}  // namespace

Result<wire::Keyring, KeyringError> keyring_of(const std::string& key) {
    wire::Keyring keyring;
    if (auto error = add_key(keyring, key, "the key")) return *std::move(error);
    return keyring;
}

Result<wire::Keyring, KeyringError> load_keyring(const std::string& path) {
    const auto text = read_small_file(path, kMaxKeyringFile);
    if (!text) return bad_keyring(path, "cannot be read: " + text.error().text);

    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (json.is_discarded()) return bad_keyring(path, "is not JSON");
    if (!json.is_array()) return bad_keyring(path, "is JSON, but not an array");
    if (json.empty()) return bad_keyring(path, "contains no keys");
    wire::Keyring keyring;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const std::string which = "key " + std::to_string(i + 1) + " of '" + path + "'";
        if (!json[i].is_string()) {
            return KeyringError{which + " is not a string", std::string{wire::kKeyForm}};
        }
        if (auto error = add_key(keyring, json[i].get<std::string>(), which)) {
            return *std::move(error);
        }
    }
    return keyring;
}

std::string keyring_text(const wire::Keyring& keyring) {
    nlohmann::json keys = nlohmann::json::array();
    for (const auto& key : keyring.keys()) keys.push_back(wire::to_base64(key));
    return keys.dump(2) + '\n';
}

}  // namespace rollcall::agent
