// SPDX-License-Identifier: Apache-2.0
#include "wire/golden.h"

#include <array>
#include <stdexcept>
#include <type_traits>

#include "support/vectors.h"

namespace rollcall::wire::tests {
namespace {

using rollcall::tests::from_hex;
using rollcall::tests::to_hex;

json bytes_json(Bytes bytes) {
    return {{"hex", to_hex(bytes)}};
}

json bytes_json(const std::optional<Bytes>& bytes) {
    return bytes ? bytes_json(*bytes) : json(nullptr);
}

json versions_json(const std::optional<Versions>& versions) {
    if (!versions) return nullptr;
    const auto& v = *versions;
    const std::array<std::uint8_t, 6> all = {v.pmin, v.pmax, v.pcur, v.dmin, v.dmax, v.dcur};
    return bytes_json(Bytes{std::as_bytes(std::span{all})});
}

json typed(const char* type, json fields) {
    return {{"type", type}, {"fields", std::move(fields)}};
}

template <class Message>
void add_source(json& fields, const Message& m) {
    if (!m.source_address.empty()) fields["SourceAddr"] = bytes_json(m.source_address.bytes());
    if (!m.source_node.empty()) fields["SourceNode"] = m.source_node;
    if (m.source_port != 0) fields["SourcePort"] = m.source_port;
}

std::optional<GoldenVector> read_vector(const std::string& file, const json& entry) {
    GoldenVector v;
    v.file = file;
    v.name = entry.value("name", "");
    v.transport = entry.value("transport", entry.contains("decoded") ? "udp" : "lzw");
    if (v.transport != "udp" && v.transport != "tcp" && v.transport != "lzw") return {};
    v.bytes = from_hex(entry["hex"].get<std::string>());
    v.decoded = entry.value("decoded", json(nullptr));
    v.all = entry;
    if (entry.contains("key")) v.key = from_hex(entry["key"].get<std::string>());
    v.label = entry.value("label", "");
    v.from_dialer = entry.value("side", "dialer") == "dialer";
    v.new_dialect = entry.value("dialect", "") == "new";
    return v;
}

std::vector<GoldenVector> read_all() {
    std::vector<GoldenVector> vectors;
    for (const auto& file : rollcall::tests::vector_files(rollcall::tests::VectorKind::packet)) {
        for (const json& entry : file.entries) {
            auto vector = read_vector(file.name, entry);
            if (!vector) throw std::invalid_argument{file.name + ": an unknown transport"};
            vectors.push_back(std::move(*vector));
        }
    }
    return vectors;
}

template <class Message, class Encode>
std::optional<json> decode_encode(const Result<Message, DecodeError>& decoded, json as_json,
                                  std::vector<std::byte>* encoded, Encode&& encode_it) {
    if (encoded != nullptr) {
        encoded->resize(kMaxDatagram);
        ByteWriter out{*encoded};
        if (!encode_it(*decoded, out)) return {};
        encoded->resize(out.size());
    }
    return as_json;
}

}  // namespace

const std::vector<GoldenVector>& golden_vectors() {
    static const std::vector<GoldenVector> vectors = read_all();
    return vectors;
}

json message_json(const Ping& m) {
    json fields = {{"Node", m.node}, {"SeqNo", m.sequence.value()}};
    add_source(fields, m);
    return typed("ping", fields);
}

json message_json(const IndirectPing& m) {
    json fields = {{"Nack", m.nack},
                   {"Node", m.node},
                   {"Port", m.port},
                   {"SeqNo", m.sequence.value()},
                   {"Target", bytes_json(m.target.bytes())}};
    add_source(fields, m);
    return typed("indirectPing", fields);
}

json message_json(const Ack& m) {
    return typed("ackResp", {{"Payload", bytes_json(m.payload)}, {"SeqNo", m.sequence.value()}});
}

json message_json(const Nack& m) {
    return typed("nackResp", {{"SeqNo", m.sequence.value()}});
}

json message_json(const ErrorReply& m) {
    return typed("err", {{"Error", m.text}});
}

json message_json(const Alive& m) {
    return typed("alive", {{"Addr", bytes_json(m.address.bytes())},
                           {"Incarnation", m.incarnation.value()},
                           {"Meta", bytes_json(m.meta)},
                           {"Node", m.node},
                           {"Port", m.port},
                           {"Vsn", versions_json(m.versions)}});
}

json message_json(const Accusation& m, MessageType type) {
    return typed(type == MessageType::dead ? "dead" : "suspect",
                 {{"From", m.from}, {"Incarnation", m.incarnation.value()}, {"Node", m.node}});
}

json stream_json(const StreamMessage& message) {
    return std::visit(
        [](const auto& m) -> json {
            using T = std::decay_t<decltype(m)>;
            if constexpr (std::is_same_v<T, ReceivedPushPull>) {
                json nodes = json::array();
                for (const PushPullNode& n : m.nodes) {
                    nodes.push_back({{"Addr", bytes_json(n.address.bytes())},
                                     {"Incarnation", n.incarnation.value()},
                                     {"Meta", bytes_json(n.meta)},
                                     {"Name", n.name},
                                     {"Port", n.port},
                                     {"State", static_cast<int>(n.state)},
                                     {"Vsn", versions_json(n.versions)}});
                }
                return {{"type", "pushPull"},
                        {"header",
                         {{"Join", m.join},
                          {"Nodes", m.nodes.size()},
                          {"UserStateLen", m.user_state.size()}}},
                        {"nodes", nodes},
                        {"user_state", bytes_json(m.user_state)}};
            } else if constexpr (std::is_same_v<T, UserMessage>) {
                return {{"type", "user"},
                        {"header", {{"UserMsgLen", m.payload.size()}}},
                        {"payload", bytes_json(m.payload)}};
            } else {
                return message_json(m);
            }
        },
        message);
}

std::optional<json> decode_to_json(MessageType type, Bytes body, std::vector<std::byte>* encoded) {
    const auto plain = [](const auto& m, ByteWriter& out) { return encode(m, out); };
    switch (type) {
        case MessageType::ping: {
            const auto m = decode_ping(body);
            if (!m) return {};
            return decode_encode(m, message_json(*m), encoded, plain);
        }
        case MessageType::indirect_ping: {
            const auto m = decode_indirect_ping(body);
            if (!m) return {};
            return decode_encode(m, message_json(*m), encoded, plain);
        }
        case MessageType::ack: {
            const auto m = decode_ack(body);
            if (!m) return {};
            return decode_encode(m, message_json(*m), encoded, plain);
        }
        case MessageType::nack: {
            const auto m = decode_nack(body);
            if (!m) return {};
            return decode_encode(m, message_json(*m), encoded, plain);
        }
        case MessageType::alive: {
            const auto m = decode_alive(body);
            if (!m) return {};
            return decode_encode(m, message_json(*m), encoded, plain);
        }
        case MessageType::suspect: {
            const auto m = decode_accusation(body);
            if (!m) return {};
            return decode_encode(m, message_json(*m, type), encoded, encode_suspect);
        }
        case MessageType::dead: {
            const auto m = decode_accusation(body);
            if (!m) return {};
            return decode_encode(m, message_json(*m, type), encoded, encode_dead);
        }
        case MessageType::user:
            if (encoded != nullptr) {
                *encoded = {std::byte{static_cast<std::uint8_t>(type)}};
                encoded->insert(encoded->end(), body.begin(), body.end());
            }
            return json{{"type", "user"}, {"payload", bytes_json(body)}};
        default:
            return {};
    }
}

void Collected::message(MessageType type, Bytes body) {
    std::vector<std::byte> own;
    if (auto decoded = decode_to_json(type, body, &own)) {
        messages.push_back(std::move(*decoded));
        encoded.push_back(std::move(own));
    } else {
        errors.push_back(DecodeError::bad_msgpack);
    }
}

LayerConfig layers_of(const GoldenVector& vector) {
    LayerConfig config;
    config.label = vector.label;
    config.compress_from = 0;  // as the peers who wrote them
    config.compress =
        vector.decoded.is_object() && vector.decoded.dump().find("packed_len") != std::string::npos;
    if (vector.decoded.is_object() && vector.decoded.contains("encrypted")) {
        config.encryption_version = vector.decoded["encrypted"]["version"].get<std::uint8_t>();
    }
    return config;
}

}  // namespace rollcall::wire::tests
