// SPDX-License-Identifier: Apache-2.0
//
// What the fuzz targets share: a codec in one of the configurations that the first byte of the
// input chooses, and a check that stays on.
//
//   1 label "blue"    2 a key of 128 bits   4 a key of 256 bits
//   8 plain bytes are let in; for streams also: we are the dialer
//   16 an outer layer removed the label     32 seal the input first, so that it is what lies inside
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "sim/world/entropy.h"
#include "wire/packet.h"

#define FUZZ_CHECK(condition)                                                    \
    do {                                                                         \
        if (!(condition)) {                                                      \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                        \
        }                                                                        \
    } while (false)

namespace rollcall::fuzz {

inline constexpr unsigned kLabel = 1, kKey128 = 2, kKey256 = 4, kLenient = 8, kOuter = 16,
                          kInner = 32;

struct Peer {
    explicit Peer(unsigned flags)
        : codec{wire::LayerConfig{.label = (flags & kLabel) != 0 ? "blue" : "",
                                  .skip_inbound_label_check = (flags & kOuter) != 0,
                                  .compress = false,
                                  .encryption = (flags & kLenient) == 0 ? wire::Encryption::require
                                                                        : wire::Encryption::send},
                entropy} {
        for (const auto& [flag, size] : {std::pair{kKey128, 16}, std::pair{kKey256, 32}}) {
            if ((flags & flag) == 0) continue;
            std::vector<std::byte> key;  // 00 01 02 ..., as in the vectors
            for (int i = 0; i < size; ++i) key.push_back(static_cast<std::byte>(i));
            FUZZ_CHECK(!codec.keyring().add(key));
        }
    }
    sim::SeededEntropy entropy{1};
    wire::PacketCodec codec;
};

// Made once: most of the time of a run would be the set-up of keys. Keeps nothing from run to run
// but its source of nonces.
inline Peer& peer_with(unsigned flags) {
    constexpr std::size_t kCombinations = 64;
    static std::array<std::unique_ptr<Peer>, kCombinations> peers;
    std::unique_ptr<Peer>& peer = peers[flags % kCombinations];
    if (!peer) peer = std::make_unique<Peer>(flags % kCombinations);
    return *peer;
}

}  // namespace rollcall::fuzz
