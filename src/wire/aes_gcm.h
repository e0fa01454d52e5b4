// SPDX-License-Identifier: Apache-2.0
//
// The encryption layer: AES-GCM with 128, 192 or 256 bits by the key's size.
//
//   u8 version | 12 bytes nonce | ciphertext | 16 bytes tag
//
// Version 0 pads the text to whole blocks of 16 (PKCS #7, a full block when it is whole already),
// version 1 does not pad. Contexts are created once per key and kept; only the nonce changes.
// Nonces are random and come from a block drawn in advance, since a draw of twelve bytes costs more
// than sealing a packet. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/keyring.h"

struct evp_cipher_ctx_st;

namespace rollcall::wire {

inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;
inline constexpr std::size_t kCipherBlock = 16;
inline constexpr std::size_t kSealedOverhead = 1 + kNonceSize + kTagSize;  // version 1
inline constexpr std::uint8_t kMaxEncryptionVersion = 1;

using Nonce = std::array<std::byte, kNonceSize>;

// What is authenticated beside the text: the frame's head on streams, then the label.
struct SealContext {
    Bytes frame_head;
    std::string_view label;
};

// The size of `plain` bytes once sealed.
[[nodiscard]] constexpr std::size_t sealed_size(std::uint8_t version, std::size_t plain) {
    const std::size_t padding = version == 0 ? kCipherBlock - plain % kCipherBlock : 0;
    return plain + padding + kSealedOverhead;
}

// One key, ready to use.
class AesGcm {
public:
    explicit AesGcm(Bytes key);  // 16, 24 or 32 bytes
    ~AesGcm();
    AesGcm(AesGcm&&) noexcept;
    AesGcm& operator=(AesGcm&&) noexcept;

    // The text is in place: `sealed` has sealed_size() bytes and the plain bytes from offset 13 on.
    void seal(std::uint8_t version, const Nonce& nonce, const SealContext& context,
              std::size_t plain_size, MutableBytes sealed);
    // Opens into `plain`, which has at least sealed.size() bytes: the size of the text, or nullopt
    // when the key does not open it or its padding is wrong. `plain` then holds garbage.
    std::optional<std::size_t> open(const SealContext& context, Bytes sealed, MutableBytes plain);

private:
    struct Freer {
        void operator()(evp_cipher_ctx_st* context) const;
    };
    using Context = std::unique_ptr<evp_cipher_ctx_st, Freer>;
    Context sealer_;
    Context opener_;
};

// Random nonces out of a block, refilled when it is used up.
class NoncePool {
public:
    explicit NoncePool(EntropySource& entropy) : entropy_{entropy} {}
    [[nodiscard]] Nonce draw();

private:
    static constexpr std::size_t kBlock = 4096 / kNonceSize * kNonceSize;
    EntropySource& entropy_;
    std::vector<std::byte> block_;  // allocated at the first draw: a node without keys needs none
    std::size_t used_ = kBlock;
};

// The ciphers of a keyring, in its order; rebuilt when it changes.
class KeyedCiphers {
public:
    [[nodiscard]] std::span<AesGcm> of(const Keyring& keys);

private:
    std::vector<AesGcm> ciphers_;
    std::vector<Keyring::Key> keys_;  // their keys: a keyring may be replaced as a whole
};

}  // namespace rollcall::wire
