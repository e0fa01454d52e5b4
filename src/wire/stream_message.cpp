// SPDX-License-Identifier: Apache-2.0
#include "wire/stream_message.h"

namespace rollcall::wire {
namespace {

// The message types that the accepting side may receive, and those that it may answer with.
bool has_a_place(MessageType type, PacketCodec::StreamSide side) {
    const bool request = side == PacketCodec::StreamSide::acceptor;
    switch (type) {
        case MessageType::push_pull:
            return true;
        case MessageType::ping:
        case MessageType::user:
            return request;
        case MessageType::ack:
        case MessageType::err:
            return !request;
        default:
            return false;
    }
}

}  // namespace

StreamMessageParser::Status StreamMessageParser::fail(DecodeError error) {
    error_ = error;
    return Status::failed;
}

StreamMessageParser::Status StreamMessageParser::pass_value(Bytes message) {
    switch (skipper_.advance(message.subspan(value_))) {
        case MsgpackSkipper::Status::need_more:
            return Status::need_more;
        case MsgpackSkipper::Status::bad:
            return fail(DecodeError::bad_msgpack);
        case MsgpackSkipper::Status::too_large:  // before the rest of it is waited for
            return fail(DecodeError::too_large);
        case MsgpackSkipper::Status::complete:
            break;
    }
    return Status::complete;
}

StreamMessageParser::Status StreamMessageParser::head_passed(Bytes head) {
    if (type_ == MessageType::push_pull) {
        const auto header = decode_push_pull_header(head);
        if (!header) return fail(header.error());
        nodes_left_ = header->value.nodes;
        payload_size_ = header->value.user_state_size;
    } else if (type_ == MessageType::user) {
        const auto header = decode_user_stream_header(head);
        if (!header) return fail(header.error());
        payload_size_ = header->value.size;
    }
    return Status::complete;
}

StreamMessageParser::Status StreamMessageParser::advance(Bytes message) {
    if (message.empty()) return Status::need_more;
    if (part_ == Part::type) {
        type_ = static_cast<MessageType>(std::to_integer<std::uint8_t>(message[0]));
        if (!has_a_place(type_, side_)) return fail(DecodeError::unknown_message);
        part_ = Part::head;
    }
    while (part_ == Part::head || nodes_left_ > 0) {
        if (const Status passed = pass_value(message); passed != Status::complete) return passed;
        const Bytes value = message.subspan(value_, skipper_.position());
        value_ += value.size();  // at most the cap: the value would have been too large
        skipper_ = MsgpackSkipper{kMaxStreamExpansion - value_};
        if (part_ == Part::head) {
            if (const Status s = head_passed(value); s != Status::complete) return s;
            part_ = Part::nodes;
        } else {
            --nodes_left_;
        }
    }
    part_ = Part::payload;
    return message.size() - value_ >= payload_size_ ? Status::complete : Status::need_more;
}

bool StreamMessageParser::decode(Bytes message, StreamMessage& out) {
    const Bytes body = message.subspan(1);
    const auto take = [&](const auto& decoded) {
        if (decoded) {
            out = *decoded;
        } else {
            error_ = decoded.error();
        }
        return decoded.ok();
    };
    switch (type_) {
        case MessageType::ping:
            return take(decode_ping(body));
        case MessageType::ack:
            return take(decode_ack(body));
        case MessageType::err:
            return take(decode_error_reply(body));
        case MessageType::user:
            out = UserMessage{message.subspan(value_, payload_size_)};
            return true;
        default:
            out = decode_push_pull(body);
            return true;
    }
}

// The header is already decoded and every node was skipped as a complete value: only a field of a
// node can still be wrong.
ReceivedPushPull StreamMessageParser::decode_push_pull(Bytes body) const {
    const auto header = decode_push_pull_header(body);
    const Bytes rest = body.subspan(header->size);
    const PushPullNodes nodes{rest, header->value.nodes};
    return {.join = header->value.join,
            .nodes = nodes,
            .user_state = rest.subspan(nodes.encoded_size(), payload_size_)};
}

}  // namespace rollcall::wire
