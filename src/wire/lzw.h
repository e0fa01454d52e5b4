// SPDX-License-Identifier: Apache-2.0
//
// LZW as Go's compress/lzw writes it: codes of 9 to 12 bits, least significant bit first, 8-bit
// literals, 256 = clear, 257 = end. The encoder's output equals Go's byte for byte. The tables are
// on the stack (32 KiB): nothing is allocated but the decoder's output, which is capped by its
// caller, and the cost of a call depends on its input only, not on the size of the tables.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/errors.h"

namespace rollcall::wire {

// An upper bound of what `size` bytes become: every byte its own code of the largest width, a clear
// code per full table, and the three codes round it.
[[nodiscard]] constexpr std::size_t lzw_bound(std::size_t size) {
    return size + size / 2 + size / 1024 + 8;
}

// Bytes written, or nullopt when they do not fit: then `out` holds garbage.
std::optional<std::size_t> lzw_encode(Bytes plain, MutableBytes out);

// The same bytes in pieces, for an input that takes long. Borrows both: `out` has lzw_bound()
// bytes.
class LzwEncoder {
public:
    LzwEncoder(Bytes plain, MutableBytes out);
    ~LzwEncoder();
    LzwEncoder(LzwEncoder&&) noexcept;
    LzwEncoder& operator=(LzwEncoder&&) noexcept;

    // Encodes up to `most` bytes more. The size of the output when that was all; do not call it
    // after that.
    std::optional<std::size_t> advance(std::size_t most);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Decodes up to the end code into `out`, which grows as needed up to `cap` bytes and never shrinks:
// the result is the number of valid bytes. Bytes after the end code are ignored.
//   bad_compression: a code that cannot be, or no end code
//   too_large:       more than `cap` bytes
Result<std::size_t, DecodeError> lzw_decode(Bytes packed, std::size_t cap,
                                            std::vector<std::byte>& out);

}  // namespace rollcall::wire
