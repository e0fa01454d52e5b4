// SPDX-License-Identifier: Apache-2.0
#include "wire/keyring.h"

#include <openssl/crypto.h>

#include <algorithm>

namespace rollcall::wire {
namespace {

auto keyring_find(std::vector<Keyring::Key>& keys, Bytes key) {
    return std::find_if(keys.begin(), keys.end(),
                        [&](const Keyring::Key& each) { return same_bytes(each, key); });
}

}  // namespace

std::optional<KeyError> Keyring::add(Bytes key) {
    if (key.size() != 16 && key.size() != 24 && key.size() != 32) return KeyError::bad_size;
    if (keyring_find(keys_, key) != keys_.end()) return {};
    if (keys_.size() == kMaxKeys) return KeyError::too_many;
    keys_.emplace_back(key.begin(), key.end());
    ++revision_;
    return {};
}

std::optional<KeyError> Keyring::use(Bytes key) {
    const auto found = keyring_find(keys_, key);
    if (found == keys_.end()) return KeyError::unknown_key;
    if (found == keys_.begin()) return {};
    std::rotate(keys_.begin(), found, found + 1);
    ++revision_;
    return {};
}

std::optional<KeyError> Keyring::remove(Bytes key) {
    const auto found = keyring_find(keys_, key);
    if (found == keys_.end()) return {};
    if (found == keys_.begin()) return KeyError::is_primary;
    OPENSSL_cleanse(found->data(), found->size());
    keys_.erase(found);
    ++revision_;
    return {};
}

}  // namespace rollcall::wire
