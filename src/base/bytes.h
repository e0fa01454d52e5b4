// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing spans of bytes, big-endian, never past the end. A reader or writer that hits
// the end stays failed: check once, after the last field. Views are borrowed, nothing allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace rollcall {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline bool same_bytes(Bytes a, Bytes b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : rest_{bytes} {}

    [[nodiscard]] std::uint8_t u8();
    [[nodiscard]] std::uint16_t u16();
    [[nodiscard]] std::uint32_t u32();
    [[nodiscard]] std::uint64_t u64();
    // The next n bytes; empty, and failed, when there are fewer.
    [[nodiscard]] Bytes take(std::size_t n);
    [[nodiscard]] Bytes rest() const { return rest_; }
    [[nodiscard]] bool failed() const { return failed_; }

private:
    template <class T>
    T big_endian();
    Bytes rest_;
    bool failed_ = false;
};

class ByteWriter {
public:
    explicit ByteWriter(MutableBytes room) : room_{room} {}

    void u8(std::uint8_t value);
    void u16(std::uint16_t value);
    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    // In the header: most calls are for a byte or a few, of a size that the compiler knows.
    void append(Bytes bytes) {
        if (failed_ || bytes.size() > room_left()) {
            failed_ = true;
            return;
        }
        if (!bytes.empty()) std::memcpy(room_.data() + used_, bytes.data(), bytes.size());
        used_ += bytes.size();
    }
    // The bytes written so far. Meaningless once failed().
    [[nodiscard]] Bytes written() const { return room_.first(used_); }
    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] std::size_t room_left() const { return room_.size() - used_; }
    // Something did not fit. Nothing was written past the end.
    [[nodiscard]] bool failed() const { return failed_; }

private:
    template <class T>
    void big_endian(T value);
    MutableBytes room_;
    std::size_t used_ = 0;
    bool failed_ = false;
};

}  // namespace rollcall
