// SPDX-License-Identifier: Apache-2.0
//
// Whole nodes under fuzzed input: the bytes are cut into datagrams, stream fragments and steps of
// time, and fed to a Serf core. Nothing may crash, leak, loop or move what only we may move.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "base/check.h"
#include "serf/serf.h"
#include "sim/world/entropy.h"

namespace {

using namespace rollcall;
using namespace std::chrono_literals;

Endpoint at(std::uint8_t last, std::uint16_t port) {
    return *Endpoint::from_wire(WireAddress::v4(10, 0, 0, last), port);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    sim::SeededEntropy entropy{1};
    serf::Config config;
    config.membership.name = "target";
    config.membership.address = WireAddress::v4(10, 0, 0, 1);
    config.membership.max_members = 64;
    serf::Serf node{config, entropy, 1};
    serf::Outbox out;
    Time now{};
    node.start(now, out);

    std::span<const std::uint8_t> input{data, size};
    std::uint64_t streams = 0;
    std::optional<StreamId> stream;
    while (input.size() > 3) {
        // A step: what, how much, and the bytes themselves.
        const unsigned what = input[0] % 8;
        const std::size_t want = static_cast<std::size_t>(input[1]) << 8 | input[2];
        input = input.subspan(3);
        const std::size_t take = std::min(want, input.size());
        const Bytes bytes = std::as_bytes(input.first(take));
        input = input.subspan(take);
        out.clear();
        switch (what) {
            case 0:
            case 1:
            case 2:
                node.handle_packet(now, at(static_cast<std::uint8_t>(2 + take % 5), 7946), bytes,
                                   out);
                break;
            case 3:
                stream = StreamId{StreamId::kAcceptedBit | ++streams};
                node.handle_stream_accepted(now, *stream, at(9, 5000), out);
                node.handle_stream_data(now, *stream, bytes, out);
                break;
            case 4:
                if (stream) node.handle_stream_data(now, *stream, bytes, out);
                break;
            case 5:
                if (stream) {
                    node.handle_stream_closed(now, *stream, membership::StreamEnd::finished, out);
                }
                stream.reset();
                break;
            case 6:
                node.handle_send_error(now, at(2, 7946), membership::SendError::unreachable, out);
                break;
            default:
                now += std::chrono::milliseconds{want};
                node.handle_timeout(now, out);
        }
        const membership::Node& core = node.node();
        ROLLCALL_CHECK(core.members().size() <= 64);
        ROLLCALL_CHECK(core.self_member().name() == "target");
        ROLLCALL_CHECK(core.self_member().state == membership::State::alive);
        ROLLCALL_CHECK(node.next_deadline().has_value());
    }
    return 0;
}
