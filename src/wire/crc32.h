// SPDX-License-Identifier: Apache-2.0
//
// The checksum of a hasCrc layer: CRC-32 of IEEE 802.3, by zlib.
#pragma once

#include <zlib.h>

#include <cstdint>

#include "base/bytes.h"

namespace rollcall::wire {

[[nodiscard]] inline std::uint32_t checksum_of(Bytes bytes) {
    return static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace rollcall::wire
