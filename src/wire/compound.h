// SPDX-License-Identifier: Apache-2.0
//
// Several messages in one packet. After the type byte 07:
//
//   u8 count | count x u16 length | the messages, back to back, each with its type byte
//
// We send at most kMaxCompoundParts of them, since old peers lose their place in longer tables; we
// read 255. What is cut off at the end is lost, and what was whole before it is used.
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
    // The body, without the type byte. truncated: no count, or a table that does not fit: then
    // nothing can be told apart. empty_message: a count of 0.
    [[nodiscard]] static Result<CompoundReader, DecodeError> open(Bytes body);
    // The next whole part, which may have no bytes at all; nullopt after the last one.
    [[nodiscard]] std::optional<Bytes> next();
    // After next() said nullopt: parts were announced that the data does not hold.
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
