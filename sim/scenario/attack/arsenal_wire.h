// SPDX-License-Identifier: Apache-2.0
//
// Messages as bytes, with their type bytes. For arsenal.cpp and adversary.cpp.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "serf/messages.h"
#include "wire/stream.h"

namespace rollcall::sim {

// What `encode(writer)` writes.
template <class Encode>
[[nodiscard]] std::vector<std::byte> written(Encode&& encode) {
    std::vector<std::byte> bytes(2048);
    ByteWriter writer{bytes};
    const bool fits = encode(writer);
    ROLLCALL_CHECK(fits);
    bytes.resize(writer.size());
    return bytes;
}

// A message of the Serf layer, as memberlist carries it.
template <class Content>
[[nodiscard]] std::vector<std::byte> user_message(const Content& content) {
    std::vector<std::byte> bytes = serf::encoded(content);
    bytes.insert(bytes.begin(), static_cast<std::byte>(wire::MessageType::user));
    return bytes;
}

[[nodiscard]] inline std::vector<std::byte> written_state(const wire::PushPull& state) {
    std::vector<std::byte> bytes;
    wire::encode_push_pull(state, bytes);
    return bytes;
}

}  // namespace rollcall::sim
