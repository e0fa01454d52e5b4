// SPDX-License-Identifier: Apache-2.0
//
// LZW both ways: the input as codes to unpack, and as data to pack and unpack again.
#include "fuzz_peer.h"
#include "wire/lzw.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rollcall;
    using namespace rollcall::wire;
    constexpr std::size_t kCap = 1u << 18;
    const Bytes input{reinterpret_cast<const std::byte*>(data), size};

    std::vector<std::byte> out;
    const auto unpacked = lzw_decode(input, kCap, out);
    FUZZ_CHECK(out.size() <= kCap);
    if (unpacked) FUZZ_CHECK(*unpacked <= out.size());

    std::vector<std::byte> packed(lzw_bound(size));
    const auto packed_size = lzw_encode(input, packed);
    FUZZ_CHECK(packed_size.has_value());
    const auto back = lzw_decode(Bytes{packed}.first(*packed_size), size, out);
    FUZZ_CHECK(back.ok() && same_bytes(Bytes{out}.first(*back), input));
    return 0;
}
