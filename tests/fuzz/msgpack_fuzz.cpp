// SPDX-License-Identifier: Apache-2.0
//
// The pull reader against msgpack-c: both accept or both refuse, and take the same values and the
// same number of bytes.
#include <bit>
#include <msgpack.hpp>

#include "fuzz_peer.h"
#include "wire/msgpack_reader.h"

namespace {

using namespace rollcall;
using namespace rollcall::wire;

std::string_view view(const char* data, std::uint32_t size) {
    return {data, size};
}

void same_value(MsgpackReader& in, const msgpack::object& expected) {
    switch (expected.type) {
        case msgpack::type::NIL:
            FUZZ_CHECK(in.peek() == MsgpackKind::nil && in.take_nil());
            break;
        case msgpack::type::BOOLEAN:
            FUZZ_CHECK(in.peek() == MsgpackKind::boolean);
            FUZZ_CHECK(in.boolean() == expected.via.boolean);
            break;
        case msgpack::type::POSITIVE_INTEGER:
            FUZZ_CHECK(in.unsigned_integer() == expected.via.u64);
            break;
        case msgpack::type::NEGATIVE_INTEGER:
            FUZZ_CHECK(in.signed_integer() == expected.via.i64);
            break;
        case msgpack::type::FLOAT32:
        case msgpack::type::FLOAT64: {
            const double value = in.real();
            FUZZ_CHECK(value == expected.via.f64 ||
                       (value != value && expected.via.f64 != expected.via.f64));
            break;
        }
        case msgpack::type::STR:
            FUZZ_CHECK(in.text() == view(expected.via.str.ptr, expected.via.str.size));
            break;
        case msgpack::type::BIN:
            FUZZ_CHECK(in.text() == view(expected.via.bin.ptr, expected.via.bin.size));
            break;
        case msgpack::type::EXT:
            FUZZ_CHECK(in.peek() == MsgpackKind::ext);
            in.skip();
            break;
        case msgpack::type::ARRAY:
            FUZZ_CHECK(in.array() == expected.via.array.size);
            for (std::uint32_t i = 0; i < expected.via.array.size; ++i) {
                same_value(in, expected.via.array.ptr[i]);
            }
            break;
        case msgpack::type::MAP:
            FUZZ_CHECK(in.map() == expected.via.map.size);
            for (std::uint32_t i = 0; i < expected.via.map.size; ++i) {
                same_value(in, expected.via.map.ptr[i].key);
                same_value(in, expected.via.map.ptr[i].val);
            }
            break;
    }
    FUZZ_CHECK(!in.failed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes input{reinterpret_cast<const std::byte*>(data), size};
    MsgpackReader skipping{input};
    skipping.skip();

    std::size_t offset = 0;
    try {
        const msgpack::unpack_limit limit{100'000, 100'000, 1 << 20, 1 << 20, 1 << 20, 200};
        const auto object = msgpack::unpack(reinterpret_cast<const char*>(data), size, offset,
                                            nullptr, nullptr, limit);
        FUZZ_CHECK(!skipping.failed() && skipping.consumed() == offset);
        MsgpackReader in{input};
        same_value(in, object.get());
        FUZZ_CHECK(in.consumed() == offset);
    } catch (const msgpack::size_overflow&) {
        // msgpack-c's own limits, which we have elsewhere.
    } catch (const msgpack::insufficient_bytes&) {
        FUZZ_CHECK(skipping.failed() && skipping.error() == DecodeError::truncated);
    } catch (const msgpack::unpack_error&) {
        FUZZ_CHECK(skipping.failed() && skipping.error() == DecodeError::bad_msgpack);
    }
    return 0;
}
