// SPDX-License-Identifier: Apache-2.0
#include "wire/stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "wire/compress.h"
#include "wire/lzw.h"
#include "wire/packet_impl.h"
#include "wire/stream_message.h"

namespace rollcall::wire {
namespace {

constexpr std::size_t kFrameHead = 5;  // type and length of an encrypted frame

// Room for `size` more bytes at the end of `out`, cut back to what was written.
template <class Write>
void append_bounded(std::vector<std::byte>& out, std::size_t size, Write&& write) {
    const std::size_t start = out.size();
    out.resize(start + size);
    ByteWriter writer{MutableBytes{out}.subspan(start)};
    ROLLCALL_CHECK(write(writer));
    out.resize(start + writer.size());
}

void append_plain(std::vector<std::byte>& out, Bytes bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

void encode_push_pull(const PushPull& message, std::vector<std::byte>& out) {
    ROLLCALL_CHECK(message.nodes.size() <= kMaxPushPullNodes);
    ROLLCALL_CHECK(message.user_state.size() <= kMaxStreamPayload);
    const PushPullHeader header{
        .join = message.join,
        .nodes = static_cast<std::uint32_t>(message.nodes.size()),
        .user_state_size = static_cast<std::uint32_t>(message.user_state.size())};
    append_push_pull_header(header, out);
    for (const PushPullNode& node : message.nodes) append_push_pull_node(node, out);
    append_plain(out, message.user_state);
}

void append_push_pull_header(const PushPullHeader& header, std::vector<std::byte>& out) {
    append_bounded(out, kPushPullHeaderBound, [&](ByteWriter& to) { return encode(header, to); });
}

void append_push_pull_node(const PushPullNode& node, std::vector<std::byte>& out) {
    const std::size_t bound =
        push_pull_node_bound(node.name.size(), node.meta ? node.meta->size() : 0);
    append_bounded(out, bound, [&](ByteWriter& to) { return encode(node, to); });
}

void encode_user_stream(Bytes payload, std::vector<std::byte>& out) {
    ROLLCALL_CHECK(payload.size() <= kMaxStreamPayload);
    const UserStreamHeader header{.size = static_cast<std::uint32_t>(payload.size())};
    append_bounded(out, kPushPullHeaderBound, [&](ByteWriter& to) { return encode(header, to); });
    append_plain(out, payload);
}

std::string_view error_reply_text(DecodeError error, bool have_keys) {
    switch (error) {
        case DecodeError::encrypted_unexpectedly:
            return "remote state is encrypted and encryption is not configured";
        case DecodeError::not_encrypted:
            return "encryption is configured but remote state is not encrypted";
        case DecodeError::bad_encryption:
            return "no installed keys could decrypt the message";
        case DecodeError::bad_compression:
            return "lzw: invalid code";
        case DecodeError::too_large:  // of a frame, which only a node with keys reads
            return have_keys ? "remote node state is larger than limit" : "";
        default:
            return "";
    }
}

// The layers are removed one after another, and each has its buffer: the bytes that arrived, the
// decrypted text of a frame, the expansion of a compressed message. The outer buffer is freed when
// the next is created.
struct StreamReader::Impl {
    Impl(PacketCodec::Impl& its_codec, PacketCodec::StreamSide its_side)
        : codec{its_codec}, side{its_side}, parser{its_side} {
        if (side == PacketCodec::StreamSide::dialer) layer = Layer::frame;
    }

    enum class Layer : std::uint8_t { label, frame, sealed, packed, message };

    PacketCodec::Impl& codec;
    PacketCodec::StreamSide side;
    Layer layer = Layer::label;
    Status status = Status::need_more;
    DecodeError error = DecodeError::truncated;
    std::vector<std::byte> buffer;
    std::size_t start = 0;  // of the current layer in the buffer
    bool whole = false;     // the buffer is complete: it was decrypted or expanded
    bool opened = false;
    MsgpackSkipper packed{kMaxStreamExpansion};
    StreamMessageParser parser;
    StreamMessage message;

    [[nodiscard]] Bytes rest() const { return Bytes{buffer}.subspan(start); }

    Status fail(DecodeError cause) {
        error = cause;
        std::vector<std::byte>{}.swap(buffer);
        return status = Status::failed;
    }
    // The missing bytes may still arrive, unless the buffer is complete.
    Status want_more() { return whole ? fail(DecodeError::truncated) : Status::need_more; }

    void replace_buffer(std::vector<std::byte> inner) {
        buffer = std::move(inner);
        start = 0;
        whole = true;
    }

    Status advance() {
        while (status == Status::need_more) {
            const Layer before = layer;
            switch (layer) {
                case Layer::label:
                    take_label();
                    break;
                case Layer::frame:
                    take_type();
                    break;
                case Layer::sealed:
                    take_sealed();
                    break;
                case Layer::packed:
                    take_packed();
                    break;
                case Layer::message:
                    take_message();
                    break;
            }
            if (layer == before) break;  // waits, or is done
        }
        return status;
    }

    void take_label() {
        const auto size = check_label(codec.label_rule(), rest());
        if (size) {
            start += *size;
            layer = Layer::frame;
        } else if (size.error() == DecodeError::label_mismatch) {
            fail(DecodeError::label_mismatch);
        }
    }

    void take_type() {
        if (rest().empty()) {
            want_more();
            return;
        }
        switch (static_cast<MessageType>(std::to_integer<std::uint8_t>(rest()[0]))) {
            case MessageType::encrypt:
                if (opened) {
                    fail(DecodeError::unknown_message);
                } else if (!codec.uses_keys()) {
                    fail(DecodeError::encrypted_unexpectedly);
                } else {
                    layer = Layer::sealed;
                }
                return;
            case MessageType::compress:
                layer = Layer::packed;
                break;
            default:
                layer = Layer::message;
        }
        if (!opened && !codec.takes_plain_text()) {
            fail(DecodeError::not_encrypted);
        }
    }

    void take_sealed() {
        if (rest().size() < kFrameHead) return;
        const Bytes head = rest().first(kFrameHead);
        ByteReader in{head.subspan(1)};
        const std::size_t size = in.u32();
        if (size > kMaxEncryptedFrame) {
            fail(DecodeError::too_large);
            return;
        }
        if (size < kSealedOverhead) {
            fail(DecodeError::bad_encryption);
            return;
        }
        if (rest().size() - kFrameHead < size) return;
        std::vector<std::byte> text(size);
        const auto text_size = codec.open(head, rest().subspan(kFrameHead, size), text);
        if (!text_size) {
            fail(DecodeError::bad_encryption);
            return;
        }
        text.resize(*text_size);
        replace_buffer(std::move(text));
        opened = true;
        layer = Layer::frame;
    }

    void take_packed() {
        const Bytes body = rest().subspan(1);
        switch (packed.advance(body)) {
            case MsgpackSkipper::Status::need_more:
                want_more();
                return;
            case MsgpackSkipper::Status::too_large:
                fail(DecodeError::too_large);
                return;
            case MsgpackSkipper::Status::bad:
                fail(DecodeError::bad_msgpack);
                return;
            case MsgpackSkipper::Status::complete:
                break;
        }
        const auto codes = packed_bytes(body.first(packed.position()));
        if (!codes) {
            fail(codes.error());
            return;
        }
        std::vector<std::byte> plain;
        const auto size = lzw_decode(*codes, kMaxStreamExpansion, plain);
        if (!size || *size == 0) {
            fail(size ? DecodeError::bad_compression : size.error());
            return;
        }
        plain.resize(*size);
        replace_buffer(std::move(plain));
        layer = Layer::message;  // compression does not nest on streams
    }

    void take_message() {
        switch (parser.advance(rest())) {
            case StreamMessageParser::Status::need_more:
                want_more();
                return;
            case StreamMessageParser::Status::failed:
                fail(parser.error());
                return;
            case StreamMessageParser::Status::complete:
                break;
        }
        if (parser.decode(rest(), message)) {
            status = Status::complete;
        } else {
            fail(parser.error());
        }
    }
};

StreamReader::StreamReader(PacketCodec& codec, PacketCodec::StreamSide side)
    : impl_{std::make_unique<Impl>(*codec.impl_, side)} {}
StreamReader::~StreamReader() = default;
StreamReader::StreamReader(StreamReader&&) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&&) noexcept = default;

StreamReader::Status StreamReader::feed(Bytes bytes) {
    if (impl_->status != Status::need_more) return impl_->status;
    append_plain(impl_->buffer, bytes);
    return impl_->advance();
}

void StreamReader::hold(Bytes bytes) {
    if (impl_->status == Status::need_more) append_plain(impl_->buffer, bytes);
}

StreamReader::Status StreamReader::finish() {
    if (impl_->status == Status::need_more) impl_->fail(DecodeError::truncated);
    return impl_->status;
}

StreamReader::Status StreamReader::status() const {
    return impl_->status;
}

DecodeError StreamReader::error() const {
    ROLLCALL_CHECK(impl_->status == Status::failed);
    return impl_->error;
}

const StreamMessage& StreamReader::message() const {
    ROLLCALL_CHECK(impl_->status == Status::complete);
    return impl_->message;
}

bool StreamReader::in_plain_text() const {
    return !impl_->opened && impl_->codec.uses_keys();
}

std::size_t StreamReader::memory() const {
    return sizeof(Impl) + impl_->buffer.capacity();
}

}  // namespace rollcall::wire
