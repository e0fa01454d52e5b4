// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/frame/experiment.h"

#include "base/rng.h"

namespace rollcall::sim::papers {

std::uint64_t seed_of(std::string_view experiment, std::size_t job) {
    std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
    for (const char c : experiment) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return Rng{hash + job}.next();
}

}  // namespace rollcall::sim::papers
