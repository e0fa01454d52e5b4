// SPDX-License-Identifier: Apache-2.0
#include "wire/compress.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "wire/lzw.h"
#include "wire/messages.h"
#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"

namespace rollcall::wire {
namespace {

constexpr std::array<std::string_view, 2> kCompressFields = {"Algo", "Buf"};
constexpr std::array<std::uint8_t, 2> kCompressDeclared = {0, 1};
constexpr std::uint64_t kCompressLzw = 0;

}  // namespace

bool put_compressed(Bytes plain, std::size_t cap, std::vector<std::byte>& scratch,
                    ByteWriter& out) {
    const std::size_t room = std::min(cap, lzw_bound(plain.size()));
    if (scratch.size() < room) scratch.resize(room);
    const auto packed = lzw_encode(plain, MutableBytes{scratch}.first(room));
    if (!packed) return false;
    const std::size_t before = out.size();
    return put_packed(Bytes{scratch}.first(*packed), out) && out.size() - before <= cap;
}

bool put_packed(Bytes packed, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(MessageType::compress));
    MsgpackWriter body{out};
    body.map(2);
    body.field("Algo", kCompressLzw);
    body.field("Buf", packed);
    return !out.failed();
}

Result<Bytes, DecodeError> packed_bytes(Bytes body) {
    MsgpackReader in{body};
    std::uint64_t algorithm = kCompressLzw;
    Bytes packed;
    read_struct(in, kCompressFields, kCompressDeclared, [&](std::size_t field) {
        if (field == 0) {
            algorithm = in.unsigned_integer(0xff);
        } else {
            packed = in.bytes().value_or(Bytes{});
        }
    });
    if (in.failed()) return in.error();
    if (algorithm != kCompressLzw) return DecodeError::bad_compression;
    return packed;
}

}  // namespace rollcall::wire
