// SPDX-License-Identifier: Apache-2.0
#include "wire/compound.h"

#include "base/check.h"
#include "wire/packet.h"

namespace rollcall::wire {

Result<CompoundReader, DecodeError> CompoundReader::open(Bytes body) {
    ByteReader in{body};
    const std::size_t count = in.u8();
    const Bytes lengths = in.take(2 * count);
    if (in.failed()) return DecodeError::truncated;
    if (count == 0) return DecodeError::empty_message;
    return CompoundReader{lengths, in.rest()};
}

std::optional<Bytes> CompoundReader::next() {
    if (lengths_.empty()) return {};
    const std::size_t size =
        std::to_integer<std::size_t>(lengths_[0]) << 8 | std::to_integer<std::size_t>(lengths_[1]);
    if (size > data_.size()) return {};
    const Bytes part = data_.first(size);
    lengths_ = lengths_.subspan(2);
    data_ = data_.subspan(size);
    return part;
}

std::size_t compound_size(std::span<const Bytes> parts) {
    std::size_t size = kCompoundHeader;
    for (const Bytes part : parts) size += kCompoundPart + part.size();
    return size;
}

void put_compound(std::span<const Bytes> parts, ByteWriter& out) {
    ROLLCALL_CHECK(!parts.empty() && parts.size() <= kMaxCompoundParts);
    out.u8(static_cast<std::uint8_t>(MessageType::compound));
    out.u8(static_cast<std::uint8_t>(parts.size()));
    for (const Bytes part : parts) out.u16(static_cast<std::uint16_t>(part.size()));
    for (const Bytes part : parts) out.append(part);
}

}  // namespace rollcall::wire
