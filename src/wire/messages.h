// SPDX-License-Identifier: Apache-2.0
//
// The messages of memberlist: structs, encoders and decoders. Strings and byte fields of a decoded
// message are borrowed from the packet and die with it. Encoders write the type byte and the body
// in the dialect that both generations of peers accept (docs/wire.md, "msgpack dialect"): keys in
// byte order, raw strings, unsigned integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/result.h"
#include "wire/errors.h"

namespace rollcall::wire {

enum class MessageType : std::uint8_t {
    ping = 0,
    indirect_ping = 1,
    ack = 2,
    suspect = 3,
    alive = 4,
    dead = 5,
    push_pull = 6,
    compound = 7,
    user = 8,
    compress = 9,
    encrypt = 10,
    nack = 11,
    has_crc = 12,
    err = 13,
    label = 244,
};

// What a member speaks: memberlist's protocol (p) and the application's (d, "delegate"), each as
// minimum, maximum and in use. Six bytes on the wire.
struct Versions {
    std::uint8_t pmin = 0, pmax = 0, pcur = 0, dmin = 0, dmax = 0, dcur = 0;
    friend bool operator==(const Versions&, const Versions&) = default;
};
inline constexpr Versions kSerfVersions{1, 5, 2, 2, 5, 5};
inline constexpr Versions kBareVersions{1, 5, 2, 0, 0, 0};

struct Ping {
    SequenceNumber sequence;
    std::string_view node;       // the intended target; "" means any node
    WireAddress source_address;  // empty: answer to where the packet came from
    std::uint16_t source_port = 0;
    std::string_view source_node;
};

struct IndirectPing {
    SequenceNumber sequence;  // the requester's number
    std::string_view node;
    WireAddress target;
    std::uint16_t port = 0;  // 0: the receiver's own bind port
    bool nack = false;       // the requester wants a nack
    WireAddress source_address;
    std::uint16_t source_port = 0;
    std::string_view source_node;
};

struct Ack {
    SequenceNumber sequence;
    std::optional<Bytes> payload;  // nullopt is msgpack nil: relayed acks and acks on streams
};

struct Nack {
    SequenceNumber sequence;
};

struct ErrorReply {
    std::string_view text;
};

struct Alive {
    std::string_view node;
    Incarnation incarnation;
    WireAddress address;
    std::uint16_t port = 0;            // 0: the receiver's own bind port
    std::optional<Bytes> meta;         // nullopt is msgpack nil
    std::optional<Versions> versions;  // nullopt: absent or empty. Any length but 0 or 6 is refused
};

// suspect and dead have the same fields. A dead with from == node is a member's own leave.
struct Accusation {
    std::string_view node;
    Incarnation incarnation;
    std::string_view from;
};

// How a push/pull names a member's state on the wire.
enum class NodeState : std::uint8_t { alive = 0, suspect = 1, dead = 2, left = 3 };

struct PushPullHeader {
    bool join = false;
    std::uint32_t nodes = 0;            // at most kMaxPushPullNodes
    std::uint32_t user_state_size = 0;  // bytes; at most kMaxStreamPayload
};

struct PushPullNode {
    std::string_view name;
    WireAddress address;
    std::uint16_t port = 0;
    Incarnation incarnation;
    NodeState state = NodeState::alive;
    std::optional<Bytes> meta;
    std::optional<Versions> versions;  // nullopt: fewer than 6 bytes. Such a node is quarantined
};

struct UserStreamHeader {
    std::uint32_t size = 0;
};

// Encoders: false, and nothing usable in the writer, when it does not fit.
bool encode(const Ping& message, ByteWriter& out);
bool encode(const IndirectPing& message, ByteWriter& out);
bool encode(const Ack& message, ByteWriter& out);
bool encode(const Nack& message, ByteWriter& out);
bool encode(const ErrorReply& message, ByteWriter& out);
bool encode(const Alive& message, ByteWriter& out);
bool encode_suspect(const Accusation& message, ByteWriter& out);
bool encode_dead(const Accusation& message, ByteWriter& out);
bool encode(const PushPullHeader& header, ByteWriter& out);    // with the type byte
bool encode(const PushPullNode& node, ByteWriter& out);        // no type byte of its own
bool encode(const UserStreamHeader& header, ByteWriter& out);  // with the type byte

// Decoders take the body, without the type byte. Bytes after the map are ignored, as peers do.
[[nodiscard]] Result<Ping, DecodeError> decode_ping(Bytes body);
[[nodiscard]] Result<IndirectPing, DecodeError> decode_indirect_ping(Bytes body);
[[nodiscard]] Result<Ack, DecodeError> decode_ack(Bytes body);
[[nodiscard]] Result<Nack, DecodeError> decode_nack(Bytes body);
[[nodiscard]] Result<ErrorReply, DecodeError> decode_error_reply(Bytes body);
[[nodiscard]] Result<Alive, DecodeError> decode_alive(Bytes body);
[[nodiscard]] Result<Accusation, DecodeError> decode_accusation(Bytes body);

// Stream parts: what was decoded, and how many bytes it took.
template <class T>
struct Consumed {
    T value;
    std::size_t size = 0;
};
[[nodiscard]] Result<Consumed<PushPullHeader>, DecodeError> decode_push_pull_header(Bytes body);
[[nodiscard]] Result<Consumed<PushPullNode>, DecodeError> decode_push_pull_node(Bytes body);
[[nodiscard]] Result<Consumed<UserStreamHeader>, DecodeError> decode_user_stream_header(Bytes body);

inline constexpr std::size_t kMaxMeta = 512;  // contract for our own metadata
inline constexpr std::uint32_t kMaxPushPullNodes = 1u << 20;
inline constexpr std::uint32_t kMaxStreamPayload = 20u << 20;  // bytes

}  // namespace rollcall::wire
