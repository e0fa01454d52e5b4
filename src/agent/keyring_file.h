// SPDX-License-Identifier: Apache-2.0
//
// Keys from text and from the keyring file: a JSON array of base64 keys, the primary first. Errors
// say what is wrong without repeating a key. Reads only.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "wire/keyring.h"

namespace rollcall::agent {

[[nodiscard]] Result<wire::Keyring, std::string> keyring_of(std::span<const std::string> keys);
[[nodiscard]] inline Result<wire::Keyring, std::string> keyring_of(const std::string& key) {
    return keyring_of(std::span{&key, 1});
}

// The error also says what a file should hold. A file above 64 KiB is refused unread.
[[nodiscard]] Result<wire::Keyring, std::string> load_keyring(const std::string& path);

// What the file should hold: indented as Serf does it.
[[nodiscard]] std::string keyring_text(const wire::Keyring& keyring);

}  // namespace rollcall::agent
