// SPDX-License-Identifier: Apache-2.0
//
// The cluster's symmetric keys: the primary encrypts, and the older ones still decrypt. No file
// access here; the agent loads and saves them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace rollcall::wire {

// True randomness, for nonces and keys. The driver gives the system's; the simulator a seeded one.
class EntropySource {
public:
    virtual ~EntropySource() = default;
    virtual void fill(MutableBytes bytes) = 0;
};

enum class KeyError : std::uint8_t {
    bad_size,  // not 16, 24 or 32 bytes
    too_many,  // kMaxKeys are installed: each bad packet is tried with every key
    unknown_key,
    is_primary,  // the primary key cannot be removed
};

class Keyring {
public:
    static constexpr std::size_t kMaxKeys = 8;
    using Key = std::vector<std::byte>;

    [[nodiscard]] bool empty() const { return keys_.empty(); }
    // Primary first.
    [[nodiscard]] std::span<const Key> keys() const { return keys_; }
    [[nodiscard]] Bytes primary() const { return keys_.empty() ? Bytes{} : Bytes{keys_.front()}; }

    // Each returns nullopt on success and changes nothing on error. The first key added becomes the
    // primary; adding an installed key and removing an absent one succeed and change nothing.
    std::optional<KeyError> add(Bytes key);
    std::optional<KeyError> use(Bytes key);  // make an installed key the primary
    std::optional<KeyError> remove(Bytes key);

    // Changes whenever the set or the primary changes; ciphers cache by it.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }

private:
    std::vector<Key> keys_;
    std::uint64_t revision_ = 0;
};

}  // namespace rollcall::wire
