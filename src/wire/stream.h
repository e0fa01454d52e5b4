// SPDX-License-Identifier: Apache-2.0
//
// Reads one message from a stream, fed in any cut (docs/wire.md, "Streams"). Memory grows only with
// bytes that really arrived, never with a length that the peer declared; caps are stated below.
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

namespace rollcall::wire {

inline constexpr std::size_t kMaxEncryptedFrame = 20u << 20;   // bytes
inline constexpr std::size_t kMaxStreamExpansion = 40u << 20;  // bytes of a message, packed or not

// A whole push/pull. Strings and bytes are borrowed from the reader.
struct PushPull {
    bool join = false;
    std::vector<PushPullNode> nodes;
    Bytes user_state;
    // Nodes left out, since a field of theirs is out of range. Peers store and pass on such
    // entries; refusing the whole exchange for one would let one liar cut us off from everybody.
    std::uint32_t refused_nodes = 0;
};
struct UserMessage {
    Bytes payload;
};
using StreamMessage = std::variant<Ping, Ack, PushPull, UserMessage, ErrorReply>;

// Encodes a push/pull as one message (with type byte), appended to `out`; seal it with
// PacketCodec::seal_stream.
void encode_push_pull(const PushPull& message, std::vector<std::byte>& out);
// The same for a user message on a stream.
void encode_user_stream(Bytes payload, std::vector<std::byte>& out);

// The error texts of docs/wire.md, "err replies": what an acceptor answers to a request it cannot
// read. Empty: close without a word.
[[nodiscard]] std::string_view error_reply_text(DecodeError error, bool have_keys);

class StreamReader {
public:
    // The side that we are on: an acceptor expects the label header, a dialer does not.
    StreamReader(PacketCodec& codec, PacketCodec::StreamSide side);
    ~StreamReader();
    StreamReader(StreamReader&&) noexcept;
    StreamReader& operator=(StreamReader&&) noexcept;

    enum class Status : std::uint8_t { need_more, complete, failed };
    // Bytes after a complete message are ignored.
    Status feed(Bytes bytes);
    // The peer finished sending. need_more becomes failed(truncated).
    Status finish();

    [[nodiscard]] Status status() const;
    [[nodiscard]] DecodeError error() const;             // of a failed reader
    [[nodiscard]] const StreamMessage& message() const;  // of a complete reader
    // Bytes held, for limits over all streams.
    [[nodiscard]] std::size_t memory() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::wire
