// SPDX-License-Identifier: Apache-2.0
//
// The cluster's label in front of a datagram or of a stream:
//
//   f4 | u8 length, 1..255 | that many bytes
//
// It separates clusters that share a network by mistake. It is not a secret and proves nothing;
// with encryption it is authenticated too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/errors.h"

namespace rollcall::wire {

inline constexpr std::byte kLabelMark{0xf4};
inline constexpr std::size_t kMaxLabel = 255;

[[nodiscard]] inline std::size_t label_header_size(std::string_view label) {
    return label.empty() ? 0 : 2 + label.size();
}

// Writes the header; nothing for an empty label.
void put_label(std::string_view label, ByteWriter& out);

// The label that a receiver expects.
struct LabelRule {
    std::string_view label;  // ours; "" = none
    bool removed_outside;    // an outer layer took the header off: another one is an error
};

// The size of the header in front of `bytes`, 0 when there is none and none is due.
//   label_mismatch: missing, malformed, unexpected, or another cluster's
//   truncated:      it fits so far, and may still come (streams; for a datagram it is a mismatch)
[[nodiscard]] Result<std::size_t, DecodeError> check_label(const LabelRule& rule, Bytes bytes);

}  // namespace rollcall::wire
