// SPDX-License-Identifier: Apache-2.0
#include "wire/label.h"

#include <algorithm>

namespace rollcall::wire {

void put_label(std::string_view label, ByteWriter& out) {
    if (label.empty()) return;
    ROLLCALL_CHECK(label.size() <= kMaxLabel);
    out.u8(std::to_integer<std::uint8_t>(kLabelMark));
    out.u8(static_cast<std::uint8_t>(label.size()));
    out.append(as_bytes(label));
}

Result<std::size_t, DecodeError> check_label(const LabelRule& rule, Bytes bytes) {
    if (bytes.empty()) return DecodeError::truncated;
    const bool marked = bytes[0] == kLabelMark;
    const bool due = !rule.label.empty() && !rule.removed_outside;
    if (marked != due) return DecodeError::label_mismatch;
    if (!due) return std::size_t{0};
    if (bytes.size() < 2) return DecodeError::truncated;
    if (std::to_integer<std::size_t>(bytes[1]) != rule.label.size()) {
        return DecodeError::label_mismatch;
    }
    const Bytes theirs = bytes.subspan(2, std::min(bytes.size() - 2, rule.label.size()));
    if (!same_bytes(theirs, as_bytes(rule.label.substr(0, theirs.size())))) {
        return DecodeError::label_mismatch;
    }
    if (theirs.size() < rule.label.size()) return DecodeError::truncated;
    return label_header_size(rule.label);
}

}  // namespace rollcall::wire
