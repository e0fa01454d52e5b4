// SPDX-License-Identifier: Apache-2.0
//
// The layers of a datagram, outermost first: label, encryption, checksum, compression, compound,
// message (docs/wire.md, "Packet"). Each is there at most once, in this order, so a datagram has at
// most 255 messages. One PacketCodec per node: it owns the keys' cipher contexts and
// the scratch room, so that once warm neither direction allocates. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/encryption.h"
#include "wire/errors.h"
#include "wire/keyring.h"
#include "wire/lzw.h"
#include "wire/messages.h"

namespace rollcall::wire {

struct LayerConfig {
    std::string label;                      // 0..255 bytes; "" = none
    bool skip_inbound_label_check = false;  // an outer layer already removed the header
    bool compress = true;                   // outgoing: compress when it makes the packet smaller
    Encryption encryption = Encryption::require;
    std::uint8_t encryption_version = 1;  // 0 for protocol 1, else 1
    // Outgoing packets below this many bytes are not compressed: that would save a few bytes at
    // best (docs/decisions/0008). 0 tries all, as Go peers do.
    std::size_t compress_from = 192;
};

inline constexpr std::size_t kMaxDatagram = 65507;            // largest UDP payload
inline constexpr std::size_t kMaxPacketExpansion = 1u << 20;  // bytes a packet may decompress to
inline constexpr std::size_t kMaxCompoundParts = 127;         // old peers mis-decode more
inline constexpr std::size_t kCompoundHeader = 2;             // type and count
inline constexpr std::size_t kCompoundPart = 2;               // one length
inline constexpr std::size_t kChecksumHeader = 5;             // type and CRC

// Called once for each innermost message of a packet, in order. `body` excludes the type byte and
// is borrowed. A refused part is reported by rejected() and does not stop the others of a compound.
class PacketVisitor {
public:
    virtual ~PacketVisitor() = default;
    virtual void message(MessageType type, Bytes body) = 0;
    // The messages that follow are plain text though keys are used.
    virtual void in_plain_text() {}
    virtual void rejected(DecodeError error) = 0;
};

class PacketCodec {
public:
    PacketCodec(LayerConfig config, EntropySource& entropy);
    ~PacketCodec();
    PacketCodec(const PacketCodec&) = delete;
    PacketCodec& operator=(const PacketCodec&) = delete;

    [[nodiscard]] Keyring& keyring();
    [[nodiscard]] const Keyring& keyring() const;
    [[nodiscard]] const LayerConfig& config() const;
    // From the next packet and stream on; sizes that were asked for before are no longer true.
    void set_encryption(Encryption encryption);

    // Packets and frames sealed with the current primary key. Nonces are random, so a key should be
    // replaced before all nodes together sealed some 2^32; operators are warned far earlier.
    [[nodiscard]] std::uint64_t sealed_with_primary() const;

    // Opens a datagram and visits its messages. visitor must not call back into this codec's
    // open().
    void open(Bytes datagram, PacketVisitor& visitor);

    // Bytes of a datagram that are not messages: label header and encryption.
    [[nodiscard]] std::size_t overhead() const;

    // Seals one message, or several as a compound (at most kMaxCompoundParts), into `out`. Each
    // part starts with its type byte. Returns the size written; 0 when it does not fit or there are
    // no parts.
    struct SealOptions {
        bool checksum = false;  // the receiver is known and speaks protocol 5
    };
    std::size_t seal(std::span<const Bytes> parts, SealOptions options, MutableBytes out);

    // --- streams -------------------------------------------------------------------------------

    // Frames one message for a stream: label header when we are the dialer, then encryption round
    // compression round `message`. Appends to `out`.
    enum class StreamSide : std::uint8_t { dialer, acceptor };
    void seal_stream(Bytes message, StreamSide side, std::vector<std::byte>& out);
    // The longest message that every peer accepts, whatever its content: includes the worst-case
    // overhead of compression and encryption.
    [[nodiscard]] std::size_t max_stream_message() const;

private:
    friend class StreamReader;
    friend class StreamSealer;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// PacketCodec::seal_stream in pieces, for a message that takes long to compress. It is sealed with
// the key that is the primary in the last step. Borrows the codec.
class StreamSealer {
public:
    StreamSealer(PacketCodec& codec, std::vector<std::byte> message, PacketCodec::StreamSide side);

    // Compresses up to `most` bytes more. True: that was all, and the whole was appended to `out`;
    // do not call it after that.
    [[nodiscard]] bool advance(std::size_t most, std::vector<std::byte>& out);

private:
    PacketCodec* codec_;
    PacketCodec::StreamSide side_;
    std::vector<std::byte> message_;
    std::vector<std::byte> packed_;
    std::optional<LzwEncoder> encoder_;  // if it is compressed; borrows both
};

}  // namespace rollcall::wire
