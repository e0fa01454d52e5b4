// SPDX-License-Identifier: Apache-2.0
//
// A host in a simulated cluster that is no member: it sends what a test wants it to send, and
// answers pings for any name if told to.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lone_node.h"
#include "sim/cluster/cluster.h"
#include "sim/world/entropy.h"
#include "wire/packet.h"

namespace rollcall::membership {

class Attacker final : public sim::Port, private wire::PacketVisitor {
public:
    explicit Attacker(sim::SimCluster<>& cluster, std::string_view address = "10.66.0.1:7946")
        : cluster_{cluster}, here_{*Endpoint::parse(address)} {
        cluster_.add_stranger(here_);
        cluster_.network().bind(here_, *this);
    }
    Attacker(const Attacker&) = delete;
    Attacker& operator=(const Attacker&) = delete;
    ~Attacker() override { cluster_.network().unbind(here_); }

    [[nodiscard]] const Endpoint& here() const { return here_; }
    void answer_pings(bool answers) { answers_ = answers; }
    [[nodiscard]] std::size_t pings() const { return pings_; }

    // An alive claim about anybody, from here.
    void alive(std::string_view to, std::string_view name, Incarnation incarnation,
               const Endpoint& at, std::string_view meta = {}) {
        send(cluster_.node(to).endpoint(), [&](ByteWriter& w) {
            wire::encode(
                wire::Alive{.node = name,
                            .incarnation = incarnation,
                            .address = at.to_wire(),
                            .port = at.port,
                            .meta = meta.empty() ? std::nullopt : std::optional{as_bytes(meta)},
                            .versions = wire::kSerfVersions},
                w);
        });
    }
    void dead(std::string_view to, std::string_view name, Incarnation incarnation,
              std::string_view from) {
        send(cluster_.node(to).endpoint(), [&](ByteWriter& w) {
            wire::encode_dead({.node = name, .incarnation = incarnation, .from = from}, w);
        });
    }
    // A whole state, by a stream of its own.
    void push(std::string_view to, const wire::PushPull& state) {
        const StreamId id{++streams_};
        unsent_[id.value()] = stream_bytes(state);
        cluster_.streams().open(*this, here_, id, cluster_.node(to).endpoint(),
                                cluster_.now() + std::chrono::seconds{10});
    }

private:
    template <class Encode>
    void send(const Endpoint& to, Encode&& encode) {
        std::vector<std::byte> room(2048), packet(4096);
        ByteWriter writer{room};
        encode(writer);
        const Bytes part = writer.written();
        packet.resize(codec_.seal(std::span{&part, 1}, {}, packet));
        cluster_.network().send(here_, to, packet);
    }

    // --- what arrives ----------------------------------------------------------------------------
    void datagram(Endpoint from, Bytes bytes) override {
        from_ = from;
        codec_.open(bytes, *this);
    }
    void message(wire::MessageType type, Bytes body) override {
        if (type != wire::MessageType::ping) return;
        const auto ping = wire::decode_ping(body);
        ++pings_;
        if (!ping || !answers_) return;
        send(from_, [&](ByteWriter& w) {
            wire::encode(wire::Ack{.sequence = ping->sequence, .payload = {}}, w);
        });
    }
    void rejected(wire::DecodeError) override {}
    void send_error(Endpoint, SendError) override {}
    bool stream_accepted(StreamId, Endpoint) override { return true; }
    void stream_connected(StreamId id) override {
        cluster_.streams().write(*this, id, unsent_[id.value()]);
    }
    void stream_data(StreamId, Bytes) override {}
    void stream_closed(StreamId id, StreamEnd) override {
        cluster_.streams().close(*this, id);
        unsent_.erase(id.value());
    }

    sim::SimCluster<>& cluster_;
    Endpoint here_;
    Endpoint from_;
    sim::SeededEntropy entropy_{99};
    wire::PacketCodec codec_{{}, entropy_};
    bool answers_ = false;
    std::size_t pings_ = 0;
    std::uint64_t streams_ = 0;
    std::map<std::uint64_t, std::vector<std::byte>> unsent_;
};

}  // namespace rollcall::membership
