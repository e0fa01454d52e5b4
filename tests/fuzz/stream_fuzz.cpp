// SPDX-License-Identifier: Apache-2.0
//
// Streams in arbitrary cuts. The cuts must not matter, and memory must stay in proportion to what
// arrived: a ceiling is checked after every piece.
#include <algorithm>
#include <cstdint>

#include "base/rng.h"
#include "fuzz_peer.h"
#include "wire/stream.h"

namespace {

using namespace rollcall;
using namespace rollcall::wire;
using Status = StreamReader::Status;

// Vectors double as they grow, so three times what arrived; and what a reader is made of.
constexpr std::size_t kOwn = 4096;
void within_bounds(const StreamReader& reader, std::size_t arrived) {
    if (reader.status() != Status::complete) {
        FUZZ_CHECK(reader.memory() <= kOwn + 3 * std::max(arrived, kMaxStreamExpansion / 64) ||
                   arrived > kMaxStreamExpansion);
        return;
    }
    FUZZ_CHECK(reader.memory() <=
               kOwn + 3 * kMaxStreamExpansion + 2 * kMaxPushPullNodes * sizeof(PushPullNode));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const unsigned flags = data[0];
    const auto side = (flags & fuzz::kLenient) != 0 ? PacketCodec::StreamSide::dialer
                                                    : PacketCodec::StreamSide::acceptor;
    fuzz::Peer& peer = fuzz::peer_with(flags);
    Rng rng{data[1]};
    const Bytes input{reinterpret_cast<const std::byte*>(data) + 2, size - 2};
    std::vector<std::byte> bytes{input.begin(), input.end()};
    if ((flags & fuzz::kInner) != 0) {
        bytes.clear();
        peer.codec.seal_stream(input,
                               side == PacketCodec::StreamSide::dialer
                                   ? PacketCodec::StreamSide::acceptor
                                   : PacketCodec::StreamSide::dialer,
                               bytes);
    }

    StreamReader whole{peer.codec, side};
    whole.feed(bytes);
    within_bounds(whole, bytes.size());

    StreamReader pieces{peer.codec, side};
    Bytes rest = bytes;
    std::size_t arrived = 0;
    while (!rest.empty() && pieces.status() == Status::need_more) {
        const Bytes cut = rest.first(std::min<std::size_t>(1 + rng.below(50), rest.size()));
        pieces.feed(cut);
        rest = rest.subspan(cut.size());
        arrived += cut.size();
        within_bounds(pieces, arrived);
    }
    FUZZ_CHECK(whole.status() == pieces.status());
    whole.finish();
    pieces.finish();
    FUZZ_CHECK(whole.status() == pieces.status());
    if (whole.status() == Status::failed) {
        FUZZ_CHECK(whole.error() == pieces.error());
        return 0;
    }
    const auto* const exchange = std::get_if<ReceivedPushPull>(&whole.message());
    if (exchange == nullptr) return 0;
    // A decoded message can be encoded again, with the same meaning.
    std::vector<std::byte> again;
    encode_push_pull({.join = exchange->join,
                      .nodes = {exchange->nodes.begin(), exchange->nodes.end()},
                      .user_state = exchange->user_state},
                     again);
    fuzz::Peer& plain = fuzz::peer_with(0);
    StreamReader second{plain.codec, PacketCodec::StreamSide::dialer};
    if (again.size() > kMaxStreamExpansion) return 0;
    FUZZ_CHECK(second.feed(again) == Status::complete);
    const auto& reported = std::get<ReceivedPushPull>(second.message());
    FUZZ_CHECK(reported.nodes.size() == exchange->nodes.size());
    FUZZ_CHECK(same_bytes(reported.user_state, exchange->user_state));
    return 0;
}
