// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

namespace rollcall {

template <class T>
T ByteReader::big_endian() {
    const Bytes bytes = take(sizeof(T));
    T value = 0;
    for (const std::byte b : bytes) {
        value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 |
                               std::to_integer<std::uint64_t>(b));
    }
    return value;
}

std::uint8_t ByteReader::u8() {
    return big_endian<std::uint8_t>();
}
std::uint16_t ByteReader::u16() {
    return big_endian<std::uint16_t>();
}
std::uint32_t ByteReader::u32() {
    return big_endian<std::uint32_t>();
}
std::uint64_t ByteReader::u64() {
    return big_endian<std::uint64_t>();
}

Bytes ByteReader::take(std::size_t n) {
    if (failed_ || n > rest_.size()) {
        failed_ = true;
        return {};
    }
    const Bytes head = rest_.first(n);
    rest_ = rest_.subspan(n);
    return head;
}

template <class T>
void ByteWriter::big_endian(T value) {
    std::byte bytes[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        bytes[i] =
            static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * (sizeof(T) - 1 - i)));
    }
    append(bytes);
}

void ByteWriter::u8(std::uint8_t value) {
    big_endian(value);
}
void ByteWriter::u16(std::uint16_t value) {
    big_endian(value);
}
void ByteWriter::u32(std::uint32_t value) {
    big_endian(value);
}
void ByteWriter::u64(std::uint64_t value) {
    big_endian(value);
}

}  // namespace rollcall
