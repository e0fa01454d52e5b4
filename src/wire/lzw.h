// SPDX-License-Identifier: Apache-2.0
//
// LZW as Go's compress/lzw writes it: codes of 9 to 12 bits, least significant bit first, 8-bit
// literals, 256 = clear, 257 = end. The encoder's output equals Go's byte for byte. Both objects
// are meant to be kept: once made they allocate nothing, and the cost of a call depends on its
// input only, not on the size of the tables. The decoder's output is capped by its caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/errors.h"

namespace rollcall::wire {

inline constexpr unsigned kLzwMaxWidth = 12;
inline constexpr std::size_t kLzwCodes = std::size_t{1} << kLzwMaxWidth;

// An upper bound of what `size` bytes become: every byte its own code of the largest width, a clear
// code per full table, and the three codes round it.
[[nodiscard]] constexpr std::size_t lzw_bound(std::size_t size) {
    return size + size / 2 + size / 1024 + 8;
}

class LzwEncoder {
public:
    // Bytes written, or nullopt when they do not fit: then `out` holds garbage.
    std::optional<std::size_t> encode(Bytes plain, MutableBytes out);

private:
    struct Output;
    struct Table;
    void make_room(std::size_t plain_size);
    void clear();

    // A hash table, and the list of its used slots, so clearing costs no more than what was
    // inserted. Both grow with the inputs seen so far: every node of a simulation has its own.
    std::vector<std::uint32_t> slots_;  // string << 12 | code; 0 is free
    unsigned slot_bits_ = 0;
    std::vector<std::uint16_t> used_;
    std::size_t used_count_ = 0;
};

class LzwDecoder {
public:
    // Decodes up to the end code into `out`, which grows as needed up to `cap` bytes and never
    // shrinks: the result is the number of valid bytes. Bytes after the end code are ignored.
    //   bad_compression: a code that cannot be, or no end code
    //   too_large:       more than `cap` bytes
    Result<std::size_t, DecodeError> decode(Bytes packed, std::size_t cap,
                                            std::vector<std::byte>& out);

private:
    // A string is stored as its first complete position in the output.
    struct Entry {
        std::uint32_t offset;
        std::uint32_t size;
    };
    std::vector<Entry> entries_;  // by code, as many as inputs so far defined
};

}  // namespace rollcall::wire
