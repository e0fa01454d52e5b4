// SPDX-License-Identifier: Apache-2.0
//
// Datagrams: through the layers into the decoders. What decodes must encode, and decode again to
// the same bytes.
#include <array>

#include "fuzz_peer.h"
#include "wire/messages.h"

namespace {

using namespace rollcall;
using namespace rollcall::wire;

template <class Decode, class Encode>
void comes_back(Bytes body, Decode decode_it, Encode encode_it) {
    const auto first = decode_it(body);
    if (!first) return;
    static std::array<std::byte, kMaxPacketExpansion + 1024> once;
    static std::array<std::byte, kMaxPacketExpansion + 1024> twice;
    ByteWriter out{once};
    FUZZ_CHECK(encode_it(*first, out));
    const auto second = decode_it(out.written().subspan(1));
    FUZZ_CHECK(second.ok());
    ByteWriter again{twice};
    FUZZ_CHECK(encode_it(*second, again));
    FUZZ_CHECK(same_bytes(out.written(), again.written()));
}

struct Decoding : PacketVisitor {
    void message(MessageType type, Bytes body) override {
        const auto plain = [](const auto& m, ByteWriter& out) { return encode(m, out); };
        switch (type) {
            case MessageType::ping:
                return comes_back(body, decode_ping, plain);
            case MessageType::indirect_ping:
                return comes_back(body, decode_indirect_ping, plain);
            case MessageType::ack:
                return comes_back(body, decode_ack, plain);
            case MessageType::nack:
                return comes_back(body, decode_nack, plain);
            case MessageType::alive:
                return comes_back(body, decode_alive, plain);
            case MessageType::suspect:
                return comes_back(body, decode_accusation, encode_suspect);
            case MessageType::dead:
                return comes_back(body, decode_accusation, encode_dead);
            default:
                FUZZ_CHECK(type == MessageType::user);  // no other has a place in a packet
        }
    }
    void rejected(DecodeError error) override { FUZZ_CHECK(to_string(error) != "unknown"); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > kMaxDatagram) return 0;
    const unsigned flags = data[0];
    fuzz::Peer& peer = fuzz::peer_with(flags);
    Decoding visitor;
    const Bytes input{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
    if ((flags & fuzz::kInner) == 0) {
        peer.codec.open(input, visitor);
        return 0;
    }
    std::vector<std::byte> sealed(input.size() + 512);
    const std::array<Bytes, 1> parts{input};
    sealed.resize(peer.codec.seal(parts, {.checksum = (flags & 64) != 0}, sealed));
    peer.codec.open(sealed, visitor);
    return 0;
}
