// SPDX-License-Identifier: Apache-2.0
//
// The protocol's random numbers: SplitMix64, seeded by the owner of the node. A seed gives the same
// run with every compiler and standard library. Not for keys or nonces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/check.h"

namespace rollcall {

class Rng {
public:
    explicit Rng(std::uint64_t seed) : state_{seed} {}

    [[nodiscard]] std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    // Uniform in [0, bound). Rejects the uneven tail, so it is fair for every bound.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
        ROLLCALL_CHECK(bound > 0);
        const std::uint64_t uneven = (0 - bound) % bound;
        std::uint64_t x = next();
        while (x < uneven) x = next();
        return x % bound;
    }
    // Uniform in [0, 1), 53 bits.
    [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    // True with probability 1/n.
    [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }
    template <class T>
    void shuffle(std::span<T> items) {
        for (std::size_t n = items.size(); n > 1; --n) {
            const auto other = static_cast<std::size_t>(below(n));
            if (other != n - 1) std::swap(items[n - 1], items[other]);
        }
    }
    // One step of a partial shuffle: moves one of items[place..], each as likely as the others, to
    // `place` and returns it. Called for 0, 1, 2... it draws a sample without repetition.
    template <class T>
    T& draw(std::span<T> items, std::size_t place) {
        const auto other = place + static_cast<std::size_t>(below(items.size() - place));
        std::swap(items[place], items[other]);
        return items[place];
    }

private:
    std::uint64_t state_;
};

}  // namespace rollcall
