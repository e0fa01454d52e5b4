// SPDX-License-Identifier: Apache-2.0
//
// The compress message: a map with the algorithm (0 = LZW, there is no other) and the packed bytes,
// around one message. Size caps and buffers are the caller's.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/errors.h"

namespace rollcall::wire {

// Type byte, map head, both keys, the algorithm, and the longest head of a raw.
inline constexpr std::size_t kCompressOverhead = 1 + 1 + 5 + 1 + 4 + 5;

// Writes `plain` as a compress message, type byte included; `scratch` is room for the codes, kept
// by the caller. False, and nothing usable in `out`, when it would take more than `cap` bytes.
bool put_compressed(Bytes plain, std::size_t cap, std::vector<std::byte>& scratch, ByteWriter& out);

// The same of bytes that are packed already. False when they do not fit.
bool put_packed(Bytes packed, ByteWriter& out);

// The packed bytes of a compress message's body. bad_compression: another algorithm.
[[nodiscard]] Result<Bytes, DecodeError> packed_bytes(Bytes body);

}  // namespace rollcall::wire
