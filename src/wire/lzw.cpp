// SPDX-License-Identifier: Apache-2.0
#include "wire/lzw.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/check.h"

namespace rollcall::wire {
namespace {

constexpr unsigned kLzwMaxWidth = 12;
constexpr std::size_t kLzwCodes = std::size_t{1} << kLzwMaxWidth;
constexpr std::uint32_t kLzwClear = 256;
constexpr std::uint32_t kLzwEnd = 257;
constexpr std::uint32_t kLzwNone = kLzwCodes;  // no code
constexpr unsigned kLzwFirstWidth = 9;
constexpr std::size_t kLzwFirstRoom = 512;

}  // namespace

// Codes into bytes, the first code in the lowest bits.
struct LzwOutput {
    MutableBytes room;
    std::size_t used = 0;
    std::uint32_t bits = 0;  // at most 7 that wait, and a code
    unsigned count = 0;
    bool full = false;

    void put(std::uint32_t code, unsigned width) {
        bits |= code << count;
        count += width;
        while (count >= 8) {
            flush_byte();
            count -= 8;
        }
    }
    void flush_byte() {
        if (used == room.size()) {
            full = true;
        } else {
            room[used++] = static_cast<std::byte>(bits & 0xff);
        }
        bits >>= 8;
    }
};

// The strings seen so far: a hash table with twice as many slots as strings, of which there is at
// most one per byte, and one per code. It lives on the stack: short inputs, which are nearly all,
// clear little of it, and it stays in the processor's cache from one codec's packet to the next's.
class LzwStrings {
public:
    explicit LzwStrings(std::size_t plain_size)
        : bits_{static_cast<unsigned>(
              std::bit_width(2 * std::clamp<std::size_t>(plain_size, 64, kLzwCodes) - 1))} {
        clear();
    }
    void clear() { std::fill_n(slots_.begin(), std::size_t{1} << bits_, 0); }

    // The slot of the string (code, byte): it holds that string, or is free.
    [[nodiscard]] std::uint32_t& slot_of(std::uint32_t string) {
        const std::size_t mask = (std::size_t{1} << bits_) - 1;
        std::size_t slot = (string * 0x9e3779b1u) >> (32 - bits_);
        while (slots_[slot] != 0 && slots_[slot] >> kLzwMaxWidth != string)
            slot = (slot + 1) & mask;
        return slots_[slot];
    }

private:
    unsigned bits_;
    std::array<std::uint32_t, 2 * kLzwCodes> slots_;  // string << 12 | code; 0 is free
};

// Everything that is known between two bytes of the input.
struct LzwEncoding {
    LzwEncoding(std::size_t plain_size, MutableBytes room) : out{room}, strings{plain_size} {}

    LzwOutput out;
    unsigned width = kLzwFirstWidth;
    std::uint32_t high = kLzwEnd;  // the last code given out
    std::uint32_t limit = 1u << kLzwFirstWidth;
    std::uint32_t current = 0;  // the string that is being extended
    LzwStrings strings;

    void begin(std::byte first) {
        out.put(kLzwClear, width);
        current = std::to_integer<std::uint32_t>(first);
    }

    // False: it does not fit.
    bool add(Bytes more) {
        // Copies: the compiler need not store them after each byte.
        LzwOutput to = out;
        Codes codes{width, high, limit};
        std::uint32_t string_now = current;
        for (const std::byte next : more) {
            const std::uint32_t string = string_now << 8 | std::to_integer<std::uint32_t>(next);
            std::uint32_t& slot = strings.slot_of(string);
            if (slot != 0) {
                string_now = slot & (kLzwCodes - 1);
                continue;
            }
            to.put(string_now, codes.width);
            if (to.full) return false;
            if (!step(to, codes)) slot = string << kLzwMaxWidth | codes.high;
            string_now = std::to_integer<std::uint32_t>(next);
        }
        out = to;
        width = codes.width, high = codes.high, limit = codes.limit;
        current = string_now;
        return true;
    }

    // The size, or nullopt when it does not fit.
    std::optional<std::size_t> end(bool empty) {
        Codes codes{width, high, limit};
        if (empty) {
            out.put(kLzwClear, codes.width);
        } else {
            out.put(current, codes.width);
            step(out, codes);
        }
        out.put(kLzwEnd, codes.width);
        if (out.count > 0) out.flush_byte();
        if (out.full) return {};
        return out.used;
    }

private:
    struct Codes {
        unsigned width;
        std::uint32_t high, limit;
    };
    // Counts one data code. True when that filled the table, which is then reset.
    bool step(LzwOutput& to, Codes& codes) {
        ++codes.high;
        if (codes.high == codes.limit) {
            ++codes.width;
            codes.limit *= 2;
        }
        if (codes.high < kLzwCodes - 1) return false;
        to.put(kLzwClear, codes.width);
        codes = {kLzwFirstWidth, kLzwEnd, 1u << kLzwFirstWidth};
        strings.clear();
        return true;
    }
};

std::optional<std::size_t> lzw_encode(Bytes plain, MutableBytes room) {
    LzwEncoding encoding{plain.size(), room};
    if (plain.empty()) return encoding.end(true);
    encoding.begin(plain.front());
    if (!encoding.add(plain.subspan(1))) return {};
    return encoding.end(false);
}

struct LzwEncoder::Impl {
    Impl(Bytes plain, MutableBytes room) : rest{plain}, encoding{plain.size(), room} {}
    Bytes rest;
    bool begun = false;
    LzwEncoding encoding;
};

LzwEncoder::LzwEncoder(Bytes plain, MutableBytes out) : impl_{std::make_unique<Impl>(plain, out)} {
    ROLLCALL_CHECK(out.size() >= lzw_bound(plain.size()));
}
LzwEncoder::~LzwEncoder() = default;
LzwEncoder::LzwEncoder(LzwEncoder&&) noexcept = default;
LzwEncoder& LzwEncoder::operator=(LzwEncoder&&) noexcept = default;

std::optional<std::size_t> LzwEncoder::advance(std::size_t most) {
    Impl& my = *impl_;
    if (!my.begun && !my.rest.empty()) {
        my.begun = true;
        my.encoding.begin(my.rest.front());
        my.rest = my.rest.subspan(1);
    }
    const std::size_t size = std::min(most, my.rest.size());
    ROLLCALL_CHECK(my.encoding.add(my.rest.first(size)));
    my.rest = my.rest.subspan(size);
    if (!my.rest.empty()) return {};
    return my.encoding.end(!my.begun);
}

namespace {

// A string is stored as its first complete position in the output.
struct LzwEntry {
    std::uint32_t offset;
    std::uint32_t size;
};

}  // namespace

Result<std::size_t, DecodeError> lzw_decode(Bytes packed, std::size_t cap,
                                            std::vector<std::byte>& out) {
    std::size_t used = 0;
    std::size_t at = 0;
    std::uint64_t bits = 0;
    unsigned count = 0;

    unsigned width = kLzwFirstWidth;
    std::uint32_t high = kLzwEnd;
    std::uint32_t last = kLzwNone;
    LzwEntry last_string{};
    // Copies of where things are: the compiler need not load them again after each byte.
    std::byte* data = out.data();
    std::size_t room = out.size();
    std::array<LzwEntry, kLzwCodes> entries;  // by code; only those up to `high` are set and read

    for (;;) {
        while (count < width) {
            if (at == packed.size()) return DecodeError::bad_compression;
            bits |= std::to_integer<std::uint64_t>(packed[at++]) << count;
            count += 8;
        }
        const auto code = static_cast<std::uint32_t>(bits & ((1u << width) - 1));
        bits >>= width;
        count -= width;

        if (code == kLzwClear) {
            width = kLzwFirstWidth;
            high = kLzwEnd;
            last = kLzwNone;
            continue;
        }
        if (code == kLzwEnd) return used;
        if (code > high) return DecodeError::bad_compression;

        // The string of this code. A code that is just being defined is its predecessor plus the
        // predecessor's first byte, which the byte-by-byte copy below produces.
        LzwEntry string{static_cast<std::uint32_t>(used), 1};
        if (code >= kLzwClear) {
            const bool being_defined = code == high;
            if (being_defined && last == kLzwNone) return DecodeError::bad_compression;
            string =
                being_defined ? LzwEntry{last_string.offset, last_string.size + 1} : entries[code];
        }
        if (string.size > cap - used) return DecodeError::too_large;
        if (room < used + string.size) {
            room = std::min(cap, std::max(room * 2, used + string.size + kLzwFirstRoom));
            out.resize(room);
            data = out.data();
        }
        std::byte* const to = data + used;
        if (code < kLzwClear) {
            *to = static_cast<std::byte>(code);
        } else {
            const std::byte* const from = data + string.offset;
            for (std::size_t i = 0; i < string.size; ++i) to[i] = from[i];
        }

        // The previous string and the first byte of this one form a new entry.
        if (last != kLzwNone) entries[high] = {last_string.offset, last_string.size + 1};
        last_string = {static_cast<std::uint32_t>(used), string.size};
        used += string.size;
        last = code;
        ++high;
        if (high >= 1u << width) {
            if (width == kLzwMaxWidth) {  // full: the table does not change until a clear
                last = kLzwNone;
                --high;
            } else {
                ++width;
            }
        }
    }
}

}  // namespace rollcall::wire
