// SPDX-License-Identifier: Apache-2.0
//
// Randomness from the kernel, for nonces and for the seed of the protocol's random generator.
#pragma once

#include "wire/keyring.h"

namespace rollcall::agent {

class SystemEntropy final : public wire::EntropySource {
public:
    // Aborts if the kernel provides none: encryption with bad nonces is unsafe.
    void fill(MutableBytes bytes) override;
    [[nodiscard]] std::uint64_t seed();
};

}  // namespace rollcall::agent
