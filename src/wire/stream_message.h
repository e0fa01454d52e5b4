// SPDX-License-Identifier: Apache-2.0
//
// One plain message of a stream, from its type byte on, that arrives in pieces. It finds the end of
// the message without reading a byte twice and without trusting a length, and decodes the message
// when it is complete. Private to stream.cpp; independent of labels, encryption and compression.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "wire/errors.h"
#include "wire/msgpack_reader.h"
#include "wire/stream.h"

namespace rollcall::wire {

class StreamMessageParser {
public:
    explicit StreamMessageParser(PacketCodec::StreamSide side) : side_{side} {}

    enum class Status : std::uint8_t { need_more, complete, failed };
    // `message` starts at the type byte and only grows between calls; it may move.
    Status advance(Bytes message);
    [[nodiscard]] DecodeError error() const { return error_; }
    // Of a complete message: decodes it into `out`, which then borrows from `message`. False:
    // error().
    bool decode(Bytes message, StreamMessage& out);

private:
    enum class Part : std::uint8_t { type, head, nodes, payload };
    Status fail(DecodeError error);
    // Passes one msgpack value, starting at value_.
    Status pass_value(Bytes message);
    Status head_passed(Bytes head);
    [[nodiscard]] ReceivedPushPull decode_push_pull(Bytes body) const;

    PacketCodec::StreamSide side_;
    Part part_ = Part::type;
    MessageType type_ = MessageType::ping;
    MsgpackSkipper skipper_{kMaxStreamExpansion - 1};
    std::size_t value_ = 1;  // where the value that is being passed starts
    std::uint32_t nodes_left_ = 0;
    std::size_t payload_size_ = 0;
    DecodeError error_ = DecodeError::truncated;
};

}  // namespace rollcall::wire
