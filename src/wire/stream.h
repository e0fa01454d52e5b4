// SPDX-License-Identifier: Apache-2.0
//
// Reads one message from a stream, in pieces of any size (docs/wire.md, "Streams"). Memory grows
// only with bytes that arrived, never with a length that the peer declared; caps are stated below.
// One reader per stream and direction. Sans-I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/messages.h"
#include "wire/packet.h"
#include "wire/push_pull_nodes.h"

namespace rollcall::wire {

inline constexpr std::size_t kMaxEncryptedFrame = 20u << 20;   // bytes
inline constexpr std::size_t kMaxStreamExpansion = 40u << 20;  // bytes of a message, packed or not

// A whole push/pull, to be sent.
struct PushPull {
    bool join = false;
    std::vector<PushPullNode> nodes;
    Bytes user_state;
};
// A received one. Everything is borrowed from the reader.
struct ReceivedPushPull {
    bool join = false;
    PushPullNodes nodes;
    Bytes user_state;
};
struct UserMessage {
    Bytes payload;
};
using StreamMessage = std::variant<Ping, Ack, ReceivedPushPull, UserMessage, ErrorReply>;

// Encodes a push/pull as one message (with type byte), appended to `out`; seal it with
// PacketCodec::seal_stream.
void encode_push_pull(const PushPull& message, std::vector<std::byte>& out);
// The same in parts, for a state that is not in one piece: the header, the number of nodes that it
// declares, then the bytes of the user state.
void append_push_pull_header(const PushPullHeader& header, std::vector<std::byte>& out);
void append_push_pull_node(const PushPullNode& node, std::vector<std::byte>& out);
// Upper bounds of what these append.
inline constexpr std::size_t kPushPullHeaderBound = 48;
[[nodiscard]] constexpr std::size_t push_pull_node_bound(std::size_t name, std::size_t meta) {
    return 112 + name + meta;  // keys, heads and numbers
}
// The same for a user message on a stream.
void encode_user_stream(Bytes payload, std::vector<std::byte>& out);

// The error texts of docs/wire.md, "err replies": what an acceptor answers to a request it cannot
// read. Empty: close without an answer.
[[nodiscard]] std::string_view error_reply_text(DecodeError error, bool have_keys);

class StreamReader {
public:
    // Our side: an acceptor expects the label header, a dialer does not.
    StreamReader(PacketCodec& codec, PacketCodec::StreamSide side);
    ~StreamReader();
    StreamReader(StreamReader&&) noexcept;
    StreamReader& operator=(StreamReader&&) noexcept;

    enum class Status : std::uint8_t { need_more, complete, failed };
    // Bytes after a complete message are ignored.
    Status feed(Bytes bytes);
    // Keeps the bytes until the next feed(): opening and unpacking a message takes time.
    void hold(Bytes bytes);
    // The peer finished sending. need_more becomes failed(truncated).
    Status finish();

    [[nodiscard]] Status status() const;
    [[nodiscard]] DecodeError error() const;             // of a failed reader
    [[nodiscard]] const StreamMessage& message() const;  // of a complete reader
    // Of a complete reader: the message came in plain text though keys are used.
    [[nodiscard]] bool in_plain_text() const;
    // Bytes held, for limits over all streams.
    [[nodiscard]] std::size_t memory() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::wire
