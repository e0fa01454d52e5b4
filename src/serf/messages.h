// SPDX-License-Identifier: Apache-2.0
//
// The messages of the Serf layer: structs, encoders, decoders. A message is one type byte and one
// msgpack value, and travels as a memberlist user message (docs/wire.md, "Serf messages"). Decoded
// text and bytes are borrowed from the input and die with it. Encoders write field names in byte
// order, text and bytes as raw, numbers unsigned, which both generations of peers accept. Pure
// functions.
//
//   message = type:u8 map            relay = 9 map(header) message
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/errors.h"

namespace rollcall::serf {

enum class MessageType : std::uint8_t {
    leave = 0,
    join = 1,
    push_pull = 2,  // the user state of a push/pull, see push_pull_state.h
    user_event = 3,
    query = 4,
    query_response = 5,
    conflict_response = 6,  // payloads of queries and answers, see answers.h
    key_request = 7,
    key_response = 8,
    relay = 9,
};

// Longer member names are refused, since they are buffered; announced names have at most 255 bytes.
inline constexpr std::size_t kMaxNodeName = 512;
// A query with more filters than this is refused; peers send one per tag at most.
inline constexpr std::size_t kMaxFilters = 1024;

struct JoinIntent {
    LamportTime time;
    std::string_view node;
};

struct LeaveIntent {
    LamportTime time;
    std::string_view node;
    bool prune = false;  // also erase the member
};

struct UserEvent {
    LamportTime time;
    std::string_view name;
    std::optional<Bytes> payload;  // nullopt is msgpack nil
    bool coalesce = false;         // receivers may report only the newest of one name
};

namespace query_flags {
inline constexpr std::uint32_t ack = 1u << 0;           // the asker wants acks
inline constexpr std::uint32_t no_broadcast = 1u << 1;  // receivers do not gossip it
}  // namespace query_flags

struct Query {
    LamportTime time;
    std::uint32_t id = 0;
    WireAddress address;  // where answers go
    std::uint16_t port = 0;
    std::string_view source_node;
    std::optional<std::vector<Bytes>> filters;  // each a filter type byte and its body
    std::uint32_t flags = 0;
    std::uint8_t relay_factor = 0;
    Duration timeout{};
    std::string_view name;
    std::optional<Bytes> payload;
};

namespace response_flags {
inline constexpr std::uint32_t ack = 1u << 0;  // an ack, not an answer
}

struct QueryResponse {
    LamportTime time;  // this and the id are the query's
    std::uint32_t id = 0;
    std::string_view from;
    std::uint32_t flags = 0;
    std::optional<Bytes> payload;
};

struct Relay {
    WireAddress address;
    std::uint16_t port = 0;
    std::string_view zone;  // of an IPv6 address; always "" so far
    std::string_view node;
    Bytes message;  // a whole message with its type byte
};

// Encoders write the type byte too. False, and nothing usable in the writer, when it does not fit.
bool encode(const JoinIntent& message, ByteWriter& out);
bool encode(const LeaveIntent& message, ByteWriter& out);
bool encode(const UserEvent& message, ByteWriter& out);
bool encode(const Query& message, ByteWriter& out);
bool encode(const QueryResponse& message, ByteWriter& out);
bool encode(const Relay& message, ByteWriter& out);

// The same into a vector of the exact size.
template <class Message>
[[nodiscard]] std::vector<std::byte> encoded(const Message& message) {
    for (std::size_t room = 512;; room *= 2) {
        std::vector<std::byte> bytes(room);
        ByteWriter out{bytes};
        if (!encode(message, out)) continue;
        bytes.resize(out.size());
        return bytes;
    }
}

// Decoders take the body, without the type byte. Unknown fields and bytes after the map are
// ignored; missing fields are zero. A name that is empty or too long, where a member must be named,
// is refused.
[[nodiscard]] Result<JoinIntent, wire::DecodeError> decode_join(Bytes body);
[[nodiscard]] Result<LeaveIntent, wire::DecodeError> decode_leave(Bytes body);
[[nodiscard]] Result<UserEvent, wire::DecodeError> decode_user_event(Bytes body);
[[nodiscard]] Result<Query, wire::DecodeError> decode_query(Bytes body);
[[nodiscard]] Result<QueryResponse, wire::DecodeError> decode_query_response(Bytes body);
[[nodiscard]] Result<Relay, wire::DecodeError> decode_relay(Bytes body);

}  // namespace rollcall::serf
