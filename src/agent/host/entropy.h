// SPDX-License-Identifier: Apache-2.0
//
// True randomness from the kernel, for nonces and for the seed of the protocol's dice.
#pragma once

#include "wire/keyring.h"

namespace rollcall::agent {

class SystemEntropy final : public wire::EntropySource {
public:
    // Ends the process when the kernel has none to give: nothing may go on with bad nonces.
    void fill(MutableBytes bytes) override;
    [[nodiscard]] std::uint64_t seed();
};

}  // namespace rollcall::agent
