// SPDX-License-Identifier: Apache-2.0
//
// Parses keys, also from the keyring file: a JSON array of base64 keys, the primary first. Errors
// never contain a key. Reads only.
#pragma once

#include <string>

#include "base/result.h"
#include "wire/keyring.h"

namespace rollcall::agent {

// Follows the name of the setting: "the key ends with a newline", "key 2 has 5 bytes".
struct KeyringError {
    std::string problem;
    std::string allowed;
};

[[nodiscard]] Result<wire::Keyring, KeyringError> keyring_of(const std::string& key);

// A file above 64 KiB is refused.
[[nodiscard]] Result<wire::Keyring, KeyringError> load_keyring(const std::string& path);

// The content of the file, indented like Serf's.
[[nodiscard]] std::string keyring_text(const wire::Keyring& keyring);

}  // namespace rollcall::agent
