// SPDX-License-Identifier: Apache-2.0
//
// The state of a PacketCodec: keys, ciphers, scratch buffers. Private to packet.cpp and stream.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "wire/aes_gcm.h"
#include "wire/label.h"
#include "wire/packet.h"

namespace rollcall::wire {

struct PacketCodec::Impl {
    Impl(LayerConfig layers, EntropySource& entropy) : config{std::move(layers)}, nonces{entropy} {}

    LayerConfig config;
    Keyring keyring;
    KeyedCiphers ciphers;
    NoncePool nonces;
    // Sending: the message before compression, and the codes. Receiving: the decrypted text, and
    // the output of the compress layer. Separate: a visitor may seal an answer while it reads.
    std::vector<std::byte> message;
    std::vector<std::byte> packed;
    std::vector<std::byte> opened;
    std::vector<std::byte> expanded;
    std::uint64_t sealed = 0;  // with the primary key since it became that
    Keyring::Key sealed_with;

    [[nodiscard]] bool uses_keys() const {
        return config.encryption != Encryption::off && !keyring.empty();
    }
    [[nodiscard]] bool seals() const {
        return config.encryption >= Encryption::send && !keyring.empty();
    }
    [[nodiscard]] bool takes_plain_text() const {
        return config.encryption != Encryption::require || keyring.empty();
    }
    [[nodiscard]] LabelRule label_rule() const {
        return {config.label, config.skip_inbound_label_check};
    }

    template <class Write>
    void frame_stream(StreamSide side, std::size_t bound, std::vector<std::byte>& out,
                      Write&& write);
    // Seals in place: see AesGcm::seal.
    void seal(Bytes frame_head, std::size_t plain_size, MutableBytes out);
    // Tries every key; the size of the text in `out`, which has at least sealed.size() bytes.
    std::optional<std::size_t> open(Bytes frame_head, Bytes sealed_bytes, MutableBytes out);
};

}  // namespace rollcall::wire
