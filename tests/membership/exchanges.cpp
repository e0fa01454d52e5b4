// SPDX-License-Identifier: Apache-2.0
#include "exchanges.h"

#include <algorithm>

namespace rollcall::membership {

StreamId Exchanges::accept(Endpoint from) {
    const StreamId id{StreamId::kAcceptedBit | ++next_};
    lone.call([&](Node& n, Time at, Outbox& out) { n.handle_stream_accepted(at, id, from, out); });
    return id;
}

void Exchanges::data(StreamId id, Bytes bytes) {
    lone.call([&](Node& n, Time at, Outbox& out) { n.handle_stream_data(at, id, bytes, out); });
}

void Exchanges::ended(StreamId id, StreamEnd end) {
    lone.call([&](Node& n, Time at, Outbox& out) { n.handle_stream_closed(at, id, end, out); });
}

StreamId Exchanges::ask(Endpoint from, bool join) {
    return send(from, {.join = join, .nodes = {}, .user_state = {}});
}

StreamId Exchanges::send(Endpoint from, const wire::PushPull& state) {
    const StreamId id = accept(from);
    data(id, stream_bytes(state));
    return id;
}

StreamId Exchanges::join(Endpoint to) {
    collect();
    const JoinPeer peer{.endpoint = to, .name = {}};
    lone.call([&](Node& n, Time at, Outbox& out) { n.join(at, std::span{&peer, 1}, out); });
    const StreamId id = lone.take_streams().at(0).action.id;
    lone.call([&](Node& n, Time at, Outbox& out) { n.handle_stream_connected(at, id, out); });
    return id;
}

void Exchanges::collect() {
    for (SentStream& stream : lone.take_streams()) streams_.push_back(std::move(stream));
}

SharedBytes Exchanges::written(StreamId id) {
    collect();
    for (const SentStream& stream : streams_) {
        if (stream.action.id == id && stream.action.shared) return stream.action.shared;
    }
    return nullptr;
}

bool Exchanges::closed(StreamId id) {
    collect();
    return std::ranges::any_of(streams_, [&](const SentStream& stream) {
        return stream.action.id == id && stream.action.verb == StreamVerb::close;
    });
}

std::vector<std::string> Exchanges::names(StreamId id) {
    const SharedBytes bytes = written(id);
    if (!bytes) return {};
    sim::SeededEntropy entropy{1};
    wire::PacketCodec codec{lone.config().layers, entropy};
    wire::StreamReader reader{codec, wire::PacketCodec::StreamSide::dialer};
    if (reader.feed(*bytes) != wire::StreamReader::Status::complete) return {};
    std::vector<std::string> found;
    for (const auto& node : std::get<wire::ReceivedPushPull>(reader.message()).nodes) {
        found.emplace_back(node.name);
    }
    return found;
}

LongState::LongState(std::size_t members, const std::string& prefix) {
    names.reserve(members);
    for (std::size_t i = 0; i < members; ++i) {
        names.push_back(prefix + std::to_string(i));
        state.nodes.push_back({.name = names.back(),
                               .address = WireAddress::v4(
                                   10, static_cast<std::uint8_t>(1 + (i >> 16)),
                                   static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)),
                               .port = 7946,
                               .incarnation = Incarnation{1},
                               .state = wire::NodeState::alive,
                               .versions = wire::kSerfVersions});
    }
}

}  // namespace rollcall::membership
