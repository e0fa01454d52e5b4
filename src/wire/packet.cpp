// SPDX-License-Identifier: Apache-2.0
#include "wire/packet.h"

#include <algorithm>

#include "base/check.h"
#include "base/scratch.h"
#include "wire/compound.h"
#include "wire/compress.h"
#include "wire/crc32.h"
#include "wire/lzw.h"
#include "wire/packet_impl.h"
#include "wire/stream.h"

namespace rollcall::wire {
namespace {

// Keeps its size; the content is never read.
void give_back_if_large(std::vector<std::byte>& scratch) {
    if (scratch.size() > kKeptScratch) std::vector<std::byte>{}.swap(scratch);
}

MessageType type_of(Bytes message) {
    return static_cast<MessageType>(std::to_integer<std::uint8_t>(message[0]));
}

// Whether it starts like a message: a type byte, followed by a map where the type has one. Only
// selects the cause of a refusal. Encrypted bytes start with a version, 0 or 1, and then anything:
// one in nine of them looks plain.
bool looks_plain(Bytes packet) {
    if (packet.size() < 2) return false;
    const bool map = (packet[1] & std::byte{0xf0}) == std::byte{0x80};
    switch (type_of(packet)) {
        case MessageType::ping:
        case MessageType::indirect_ping:
        case MessageType::ack:
        case MessageType::suspect:
        case MessageType::alive:
        case MessageType::dead:
        case MessageType::compress:
        case MessageType::nack:
            return map || (packet[1] & std::byte{0xf0}) == std::byte{0x90} ||
                   packet[1] == std::byte{0xc0} ||
                   (packet[1] >= std::byte{0xdc} && packet[1] <= std::byte{0xdf});
        case MessageType::compound:
        case MessageType::user:
        case MessageType::has_crc:
            return true;
        default:
            return false;
    }
}

bool looks_encrypted(Bytes packet) {
    return packet.size() >= kSealedOverhead &&
           std::to_integer<unsigned>(packet[0]) <= kMaxEncryptionVersion && !looks_plain(packet);
}

// Decodes one packet, from the checksum inwards.
class PacketOpening {
public:
    PacketOpening(std::vector<std::byte>& expanded, PacketVisitor& visitor)
        : expanded_{expanded}, visitor_{visitor} {}

    // What is around a message. Peers compress the whole and only the whole: with more nesting, a
    // datagram could have any number of messages, each with an answer.
    enum class Inside : std::uint8_t { nothing, compression, compound };

    void dispatch(Bytes message, Inside inside) {
        if (message.empty()) return visitor_.rejected(DecodeError::empty_message);
        const MessageType type = type_of(message);
        const Bytes body = message.subspan(1);
        switch (type) {
            case MessageType::ping:
            case MessageType::indirect_ping:
            case MessageType::ack:
            case MessageType::suspect:
            case MessageType::alive:
            case MessageType::dead:
            case MessageType::user:
            case MessageType::nack:
                return visitor_.message(type, body);
            case MessageType::compound:
                if (inside == Inside::compound) return visitor_.rejected(DecodeError::nested);
                return compound(body);
            case MessageType::compress:
                if (inside != Inside::nothing) return visitor_.rejected(DecodeError::nested);
                return compressed(body);
            case MessageType::push_pull:  // streams only
            case MessageType::err:
            case MessageType::encrypt:
            case MessageType::has_crc:  // outermost only
            case MessageType::label:
                break;
        }
        visitor_.rejected(DecodeError::unknown_message);
    }

private:
    void compound(Bytes body) {
        auto parts = CompoundReader::open(body);
        if (!parts) return visitor_.rejected(parts.error());
        while (const auto part = parts->next()) dispatch(*part, Inside::compound);
        if (parts->cut_off()) visitor_.rejected(DecodeError::truncated);
    }

    void compressed(Bytes body) {
        const auto packed = packed_bytes(body);
        if (!packed) return visitor_.rejected(packed.error());
        const auto size = lzw_decode(*packed, kMaxPacketExpansion, expanded_);
        if (!size) return visitor_.rejected(size.error());
        if (*size == 0) return visitor_.rejected(DecodeError::bad_compression);
        dispatch(Bytes{expanded_}.first(*size), Inside::compression);
    }

    std::vector<std::byte>& expanded_;
    PacketVisitor& visitor_;
};

}  // namespace

void PacketCodec::Impl::seal(Bytes frame_head, std::size_t plain_size, MutableBytes out) {
    const Bytes primary = keyring.primary();
    if (!same_bytes(primary, sealed_with)) {
        sealed_with.assign(primary.begin(), primary.end());
        sealed = 0;
    }
    ++sealed;
    ciphers.of(keyring).front().seal(config.encryption_version, nonces.draw(),
                                     {frame_head, config.label}, plain_size, out);
}

std::optional<std::size_t> PacketCodec::Impl::open(Bytes frame_head, Bytes sealed_bytes,
                                                   MutableBytes out) {
    for (AesGcm& cipher : ciphers.of(keyring)) {
        if (const auto size = cipher.open({frame_head, config.label}, sealed_bytes, out)) {
            return size;
        }
    }
    return {};
}

PacketCodec::PacketCodec(LayerConfig config, EntropySource& entropy)
    : impl_{std::make_unique<Impl>(std::move(config), entropy)} {
    ROLLCALL_CHECK(impl_->config.label.size() <= kMaxLabel);
    ROLLCALL_CHECK(impl_->config.encryption_version <= kMaxEncryptionVersion);
}

PacketCodec::~PacketCodec() = default;

Keyring& PacketCodec::keyring() {
    return impl_->keyring;
}
const Keyring& PacketCodec::keyring() const {
    return impl_->keyring;
}
const LayerConfig& PacketCodec::config() const {
    return impl_->config;
}
void PacketCodec::set_encryption(Encryption encryption) {
    impl_->config.encryption = encryption;
}
std::uint64_t PacketCodec::sealed_with_primary() const {
    return same_bytes(impl_->keyring.primary(), impl_->sealed_with) ? impl_->sealed : 0;
}

void PacketCodec::open(Bytes datagram, PacketVisitor& visitor) {
    Impl& my = *impl_;
    if (datagram.empty()) return visitor.rejected(DecodeError::empty_message);
    const auto header = check_label(my.label_rule(), datagram);
    if (!header) return visitor.rejected(DecodeError::label_mismatch);
    Bytes packet = datagram.subspan(*header);

    if (my.uses_keys()) {
        if (my.opened.size() < packet.size()) my.opened.resize(packet.size());
        if (const auto size = my.open({}, packet, my.opened)) {
            packet = Bytes{my.opened}.first(*size);
        } else if (!my.takes_plain_text()) {
            return visitor.rejected(looks_plain(packet) ? DecodeError::not_encrypted
                                                        : DecodeError::bad_encryption);
        } else if (looks_encrypted(packet)) {
            return visitor.rejected(DecodeError::bad_encryption);
        } else {
            visitor.in_plain_text();
        }
    } else if (looks_encrypted(packet)) {
        return visitor.rejected(DecodeError::encrypted_unexpectedly);
    }

    if (packet.size() >= kChecksumHeader && type_of(packet) == MessageType::has_crc) {
        ByteReader in{packet.subspan(1)};
        const std::uint32_t checksum = in.u32();
        if (checksum != checksum_of(in.rest())) {
            return visitor.rejected(DecodeError::bad_checksum);
        }
        packet = in.rest();
    }
    PacketOpening{my.expanded, visitor}.dispatch(packet, PacketOpening::Inside::nothing);
    give_back_if_large(my.expanded);
}

std::size_t PacketCodec::overhead() const {
    const Impl& my = *impl_;
    std::size_t size = label_header_size(my.config.label);
    if (my.seals()) {
        size += kSealedOverhead + (my.config.encryption_version == 0 ? kCipherBlock : 0);
    }
    return size;
}

std::size_t PacketCodec::seal(std::span<const Bytes> parts, SealOptions options, MutableBytes out) {
    Impl& my = *impl_;
    if (parts.empty() || parts.size() > kMaxCompoundParts) return 0;
    const std::size_t plain_size = parts.size() == 1 ? parts[0].size() : compound_size(parts);
    for (const Bytes part : parts) {
        if (part.empty()) return 0;  // would crash old peers
    }
    if (plain_size > kMaxDatagram) return 0;

    // Where the message starts: behind the label, the nonce and the checksum.
    const bool seals = my.seals();
    const std::size_t label = label_header_size(my.config.label);
    const std::size_t front = label + (seals ? 1 + kNonceSize : 0);
    const std::size_t checksum = options.checksum ? kChecksumHeader : 0;
    if (front + checksum > out.size()) return 0;
    ByteWriter message{out.subspan(front + checksum)};

    const auto put_plain = [&](ByteWriter& to) {
        if (parts.size() == 1) {
            to.append(parts[0]);
        } else {
            put_compound(parts, to);
        }
    };
    bool small = false;
    if (my.config.compress && plain_size >= my.config.compress_from) {
        if (my.message.size() < plain_size) my.message.resize(plain_size);
        ByteWriter plain{my.message};
        put_plain(plain);
        small = put_compressed(plain.written(), plain_size - 1, my.packed, message);
        if (!small) message = ByteWriter{out.subspan(front + checksum)};
    }
    if (!small) put_plain(message);
    if (message.failed()) return 0;

    std::size_t inner = message.size();
    if (options.checksum) {
        ByteWriter header{out.subspan(front, checksum)};
        header.u8(static_cast<std::uint8_t>(MessageType::has_crc));
        header.u32(checksum_of(message.written()));
        inner += checksum;
    }
    ByteWriter header{out.first(label)};
    put_label(my.config.label, header);
    if (!seals) return label + inner;

    const std::size_t sealed = sealed_size(my.config.encryption_version, inner);
    if (label + sealed > out.size()) return 0;
    my.seal({}, inner, out.subspan(label, sealed));
    return label + sealed;
}

std::size_t PacketCodec::max_stream_message() const {
    const Impl& my = *impl_;
    std::size_t room = kMaxStreamExpansion;
    if (my.seals()) room = kMaxEncryptedFrame - sealed_size(my.config.encryption_version, 0);
    if (!my.config.compress) return room;
    room -= kCompressOverhead;
    std::size_t plain = room / 3 * 2;  // about what lzw_bound allows
    while (lzw_bound(plain) > room) plain -= plain / 1024;
    return plain;
}

// Frames what write(ByteWriter&) writes, at most `bound` bytes; appended to `out`.
template <class Write>
void PacketCodec::Impl::frame_stream(StreamSide side, std::size_t bound,
                                     std::vector<std::byte>& out, Write&& write) {
    constexpr std::size_t kFrameHead = 5;  // type and length
    const std::size_t start = out.size();
    const std::size_t label = side == StreamSide::dialer ? label_header_size(config.label) : 0;
    const std::size_t front = label + (seals() ? kFrameHead + 1 + kNonceSize : 0);
    out.resize(start + front + bound);

    ByteWriter inner{MutableBytes{out}.subspan(start + front)};
    write(inner);
    ROLLCALL_CHECK(!inner.failed());
    const std::size_t plain_size = inner.size();
    ByteWriter header{MutableBytes{out}.subspan(start, label)};
    if (label > 0) put_label(config.label, header);
    if (!seals()) {
        out.resize(start + front + plain_size);
        return;
    }
    const std::size_t size = sealed_size(config.encryption_version, plain_size);
    out.resize(start + label + kFrameHead + size);
    const MutableBytes frame = MutableBytes{out}.subspan(start + label);
    ByteWriter head{frame.first(kFrameHead)};
    head.u8(static_cast<std::uint8_t>(MessageType::encrypt));
    head.u32(static_cast<std::uint32_t>(size));
    seal(head.written(), plain_size, frame.subspan(kFrameHead));
}

void PacketCodec::seal_stream(Bytes message, StreamSide side, std::vector<std::byte>& out) {
    Impl& my = *impl_;
    if (!my.config.compress) {
        return my.frame_stream(side, message.size(), out,
                               [&](ByteWriter& inner) { inner.append(message); });
    }
    const std::size_t bound = lzw_bound(message.size()) + kCompressOverhead;
    my.frame_stream(side, bound, out, [&](ByteWriter& inner) {
        ROLLCALL_CHECK(put_compressed(message, bound, my.packed, inner));
    });
    give_back_if_large(my.packed);
}

StreamSealer::StreamSealer(PacketCodec& codec, std::vector<std::byte> message,
                           PacketCodec::StreamSide side)
    : codec_{&codec}, side_{side}, message_{std::move(message)} {
    if (!codec.impl_->config.compress) return;
    packed_.resize(lzw_bound(message_.size()));
    encoder_.emplace(message_, packed_);
}

bool StreamSealer::advance(std::size_t most, std::vector<std::byte>& out) {
    PacketCodec::Impl& codec = *codec_->impl_;
    if (!encoder_) {
        codec.frame_stream(side_, message_.size(), out,
                           [&](ByteWriter& inner) { inner.append(message_); });
        return true;
    }
    const auto size = encoder_->advance(most);
    if (!size) return false;
    codec.frame_stream(side_, *size + kCompressOverhead, out,
                       [&](ByteWriter& inner) { put_packed(Bytes{packed_}.first(*size), inner); });
    return true;
}

}  // namespace rollcall::wire
