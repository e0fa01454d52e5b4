// SPDX-License-Identifier: Apache-2.0
//
// Repeatable randomness for nonces in a simulation. Never for a real key or packet.
#pragma once

#include <cstdint>

#include "base/rng.h"
#include "wire/keyring.h"

namespace rollcall::sim {

class SeededEntropy final : public wire::EntropySource {
public:
    explicit SeededEntropy(std::uint64_t seed) : rng_{seed} {}
    void fill(MutableBytes bytes) override {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (i % 8 == 0) word = rng_.next();
            bytes[i] = static_cast<std::byte>(word >> (8 * (i % 8)));
        }
    }

private:
    Rng rng_;
};

}  // namespace rollcall::sim
