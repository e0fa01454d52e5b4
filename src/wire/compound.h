// SPDX-License-Identifier: Apache-2.0
//
// Several messages in one packet. After the type byte 07:
//
//   u8 count | count x u16 length | the messages, back to back, each with its type byte
//
// We send at most kMaxCompoundParts of them, since old peers misread longer tables; we accept 255.
// A part that is cut off at the end is lost; complete parts before it are used.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/errors.h"

namespace rollcall::wire {

class CompoundReader {
public:
    // The body, without the type byte. truncated: no count, or a table that does not fit, so the
    // parts cannot be separated. empty_message: a count of 0.
    [[nodiscard]] static Result<CompoundReader, DecodeError> open(Bytes body);
    // The next complete part, which may be empty; nullopt after the last one.
    [[nodiscard]] std::optional<Bytes> next();
    // Valid after next() returned nullopt: the table lists parts that the data does not contain.
    [[nodiscard]] bool cut_off() const { return !lengths_.empty(); }

private:
    CompoundReader(Bytes lengths, Bytes data) : lengths_{lengths}, data_{data} {}
    Bytes lengths_;
    Bytes data_;
};

// The size of a compound of these parts, with its type byte.
[[nodiscard]] std::size_t compound_size(std::span<const Bytes> parts);
// Writes it. Each part has 1 to 65535 bytes, and there are 1 to kMaxCompoundParts of them.
void put_compound(std::span<const Bytes> parts, ByteWriter& out);

}  // namespace rollcall::wire
