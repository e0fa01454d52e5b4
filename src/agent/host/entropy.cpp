// SPDX-License-Identifier: Apache-2.0
#include "agent/host/entropy.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"

namespace rollcall::agent {
namespace {

constexpr std::size_t kMostPerCall = 256;  // limit of getentropy()

}  // namespace

void SystemEntropy::fill(MutableBytes bytes) {
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), kMostPerCall);
        ROLLCALL_CHECK(getentropy(bytes.data(), size) == 0);
        bytes = bytes.subspan(size);
    }
}

std::uint64_t SystemEntropy::seed() {
    std::uint64_t seed = 0;
    std::array<std::byte, sizeof seed> bytes{};
    fill(bytes);
    std::memcpy(&seed, bytes.data(), sizeof seed);
    return seed;
}

}  // namespace rollcall::agent
