// SPDX-License-Identifier: Apache-2.0
//
// Golden vectors of this room, and messages in the words of those vectors: the field names of the
// wire, bytes as {"hex": ...}, absent fields absent.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wire/packet.h"
#include "wire/stream.h"

namespace rollcall::wire::tests {

using nlohmann::json;

struct GoldenVector {
    std::string file;
    std::string name;
    std::string transport;  // udp, tcp or lzw
    std::vector<std::byte> bytes;
    json decoded;  // null: must be rejected
    json all;      // the whole entry
    std::vector<std::byte> key;
    std::string label;
    bool from_dialer = false;  // tcp: who wrote it
    bool new_dialect = false;  // signed integers, which we read and never write
    [[nodiscard]] bool must_be_rejected() const { return decoded.is_null(); }
};

// Every vector that is about this room.
const std::vector<GoldenVector>& golden_vectors();

// A message as the vectors write it: {"type": ..., "fields": {...}}.
json message_json(const Ping& m);
json message_json(const IndirectPing& m);
json message_json(const Ack& m);
json message_json(const Nack& m);
json message_json(const ErrorReply& m);
json message_json(const Alive& m);
json message_json(const Accusation& m, MessageType type);
json stream_json(const StreamMessage& message);

// Decodes one packet message; nullopt when its decoder refuses it. `encoded`, when given, gets our
// own encoding of what was decoded, type byte included.
std::optional<json> decode_to_json(MessageType type, Bytes body,
                                   std::vector<std::byte>* encoded = nullptr);

// Draws the same bytes again and again: the nonce of a vector.
class RepeatingEntropy : public EntropySource {
public:
    explicit RepeatingEntropy(std::vector<std::byte> bytes) : bytes_{std::move(bytes)} {}
    void fill(MutableBytes out) override {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = bytes_[i % bytes_.size()];
    }

private:
    std::vector<std::byte> bytes_;
};

// Opens packets and keeps what came out of them.
struct Collected : PacketVisitor {
    std::vector<json> messages;                   // those that decoded
    std::vector<std::vector<std::byte>> encoded;  // our encoding of each
    std::vector<DecodeError> errors;              // layers and messages refused
    void message(MessageType type, Bytes body) override;
    void rejected(DecodeError error) override { errors.push_back(error); }
};

// The layer configuration in which a vector was written.
LayerConfig layers_of(const GoldenVector& vector);

}  // namespace rollcall::wire::tests
