// SPDX-License-Identifier: Apache-2.0
//
// Reads numbers and choices from a fuzzer's bytes. At the end all numbers are 0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rollcall::fuzz {

class FuzzInput {
public:
    FuzzInput(const std::uint8_t* data, std::size_t size) : bytes_{data, size} {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) return 0;
        const std::uint8_t first = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return first;
    }
    bool flag() { return (byte() & 1) != 0; }
    std::size_t below(std::size_t count) { return byte() % count; }
    template <class T, std::size_t N>
    const T& one_of(const std::array<T, N>& choices) {
        return choices[below(N)];
    }
    std::uint64_t whole() {
        std::uint64_t value = 0;
        for (int i = 0; i < 8; ++i) value = value << 8 | byte();
        return value;
    }
    // Near `here`, near a power of two, near the end, or anything: where mistakes are.
    std::uint64_t number(std::uint64_t here) {
        const std::uint64_t off = byte();
        switch (byte() % 6) {
            case 0:
                return here + off;
            case 1:
                return here - off;
            case 2:
                return (std::uint64_t{1} << (byte() % 64)) + off - 128;
            case 3:
                return here + (off << (byte() % 56));
            case 4:
                return ~std::uint64_t{0} - off;
            default:
                return whole();
        }
    }

private:
    std::span<const std::uint8_t> bytes_;
};

}  // namespace rollcall::fuzz
