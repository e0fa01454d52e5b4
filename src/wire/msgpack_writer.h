// SPDX-License-Identifier: Apache-2.0
//
// Writes msgpack in the dialect that every peer accepts, old and new: text and bytes in the old raw
// family (never str8, never bin), integers in the shortest form, unsigned wherever the value is not
// negative, floating point as 64 bits. There is deliberately no other way to write a string here.
// Writes into the caller's buffer: check failed() of the ByteWriter at the end. The caller writes
// keys in ascending byte order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace rollcall::wire {

class MsgpackWriter {
public:
    explicit MsgpackWriter(ByteWriter& out) : out_{out} {}

    void map(std::uint32_t pairs);
    void array(std::uint32_t values);
    void text(std::string_view value);
    void bytes(Bytes value);
    void bytes(const std::optional<Bytes>& value);  // nullopt is nil
    void boolean(bool value);
    void unsigned_integer(std::uint64_t value);
    void signed_integer(std::int64_t value);
    void real(double value);
    void nil();

    // A pair of a struct.
    void field(std::string_view key, std::string_view value) { text(key), text(value); }
    void field(std::string_view key, const char* value) { text(key), text(value); }
    void field(std::string_view key, Bytes value) { text(key), bytes(value); }
    void field(std::string_view key, const std::optional<Bytes>& value) { text(key), bytes(value); }
    void field(std::string_view key, bool value) { text(key), boolean(value); }
    void field(std::string_view key, std::uint64_t value) { text(key), unsigned_integer(value); }
    void field(std::string_view key, std::uint32_t value) { text(key), unsigned_integer(value); }
    void field(std::string_view key, std::uint16_t value) { text(key), unsigned_integer(value); }
    void field(std::string_view key, std::uint8_t value) { text(key), unsigned_integer(value); }
    void field(std::string_view key, std::int64_t value) { text(key), signed_integer(value); }
    void field(std::string_view key, double value) { text(key), real(value); }

private:
    ByteWriter& out_;
};

}  // namespace rollcall::wire
