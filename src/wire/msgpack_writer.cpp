// SPDX-License-Identifier: Apache-2.0
#include "wire/msgpack_writer.h"

#include <bit>
#include <limits>
#include <msgpack/pack.hpp>

#include "base/check.h"

namespace rollcall::wire {
namespace {

// What msgpack-c calls a stream.
struct MsgpackSink {
    ByteWriter& out;
    void write(const char* data, std::size_t size) { out.append(as_bytes({data, size})); }
};

template <class Pack>
void msgpack_pack(ByteWriter& out, Pack&& pack) {
    MsgpackSink sink{out};
    msgpack::packer<MsgpackSink> packer{sink};
    pack(packer);
}

}  // namespace

void MsgpackWriter::map(std::uint32_t pairs) {
    msgpack_pack(out_, [&](auto& p) { p.pack_map(pairs); });
}

void MsgpackWriter::array(std::uint32_t values) {
    msgpack_pack(out_, [&](auto& p) { p.pack_array(values); });
}

void MsgpackWriter::bytes(Bytes value) {
    // Longer than any length the format can state: no room of ours is that large.
    ROLLCALL_CHECK(value.size() <= std::numeric_limits<std::uint32_t>::max());
    msgpack_pack(out_, [&](auto& p) { p.pack_v4raw(static_cast<std::uint32_t>(value.size())); });
    out_.append(value);
}

void MsgpackWriter::text(std::string_view value) {
    bytes(as_bytes(value));
}

void MsgpackWriter::bytes(const std::optional<Bytes>& value) {
    if (value) {
        bytes(*value);
    } else {
        nil();
    }
}

void MsgpackWriter::boolean(bool value) {
    out_.u8(value ? 0xc3 : 0xc2);
}

void MsgpackWriter::unsigned_integer(std::uint64_t value) {
    msgpack_pack(out_, [&](auto& p) { p.pack_uint64(value); });
}

void MsgpackWriter::signed_integer(std::int64_t value) {
    msgpack_pack(out_, [&](auto& p) { p.pack_int64(value); });
}

// Not pack_double: it writes 1.0 as the integer 1, and peers write all eight bytes.
void MsgpackWriter::real(double value) {
    out_.u8(0xcb);
    out_.u64(std::bit_cast<std::uint64_t>(value));
}

void MsgpackWriter::nil() {
    out_.u8(0xc0);
}

}  // namespace rollcall::wire
