// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rollcall::wire {

// Why bytes from the network were refused. A refused packet or message changes nothing: it is
// decoded completely before anything is applied. Each cause has its own counter.
enum class DecodeError : std::uint8_t {
    truncated,               // the data ends inside a field, a table or a frame
    bad_msgpack,             // not msgpack, or not the kind of value the field takes
    bad_field,               // a value outside its range: negative, too wide, bad address length
    unknown_message,         // an undefined type number, or one that is not allowed here
    empty_message,           // a part or a packet of no bytes
    nested,                  // a layer that is not allowed inside the one around it
    too_large,               // beyond a stated cap: frame, expansion, count, string
    bad_checksum,            // CRC-32 differs
    bad_compression,         // LZW stream broken, expands to nothing, or unknown algorithm
    label_mismatch,          // a label is missing, malformed, or another cluster's
    not_encrypted,           // plain bytes where encryption is required
    encrypted_unexpectedly,  // encrypted bytes and no key is configured
    bad_encryption,          // no installed key opens it, unknown version, bad padding, too short
};
inline constexpr std::size_t kDecodeErrors = 13;

// A name for logs and metrics, e.g. "bad_checksum".
[[nodiscard]] std::string_view to_string(DecodeError error);

}  // namespace rollcall::wire
