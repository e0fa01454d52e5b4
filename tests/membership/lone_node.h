// SPDX-License-Identifier: Apache-2.0
//
// A single membership::Node: the test is its network and its clock. Its packets are decoded into
// messages, so that a test can require "this, and nothing else". Quiet by default: no gossip
// rounds, no push/pull, an hour between probes; broadcasts are read from the ack of a ping.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "membership/node.h"
#include "sim/world/entropy.h"
#include "wire/stream.h"

namespace rollcall::membership {

inline Endpoint host(std::uint8_t last, std::uint16_t port = 7946) {
    return *Endpoint::from_wire(WireAddress::v4(10, 0, 0, last), port);
}

// An alive claim with everything filled in.
struct AliveClaim {
    std::string_view node;
    std::uint32_t incarnation = 1;
    WireAddress address = WireAddress::v4(10, 0, 0, 2);
    std::uint16_t port = 7946;
    std::string_view meta;
    std::optional<wire::Versions> versions = wire::kSerfVersions;
};

// A decoded message with its own bytes.
struct Message {
    wire::MessageType type{};
    std::vector<std::byte> body;

    [[nodiscard]] wire::Ping ping() const { return *wire::decode_ping(body); }
    [[nodiscard]] wire::IndirectPing indirect_ping() const {
        return *wire::decode_indirect_ping(body);
    }
    [[nodiscard]] wire::Ack ack() const { return *wire::decode_ack(body); }
    [[nodiscard]] wire::Nack nack() const { return *wire::decode_nack(body); }
    [[nodiscard]] wire::Alive alive() const { return *wire::decode_alive(body); }
    [[nodiscard]] wire::Accusation accusation() const { return *wire::decode_accusation(body); }
};
// One datagram that left the node.
struct Sent {
    Endpoint to;
    std::size_t size = 0;
    bool checksum = false;
    std::vector<Message> messages;
};
struct SentStream {
    StreamAction action;
    std::vector<std::byte> bytes;
};

class LoneNode {
public:
    using Tweak = std::function<void(Config&)>;
    // "me" at 10.0.0.1.
    explicit LoneNode(const Tweak& tweak = {}, Application* app = nullptr,
                      WorkClock& clock = still_clock());

    [[nodiscard]] Node& node() { return *node_; }
    [[nodiscard]] Time now() const { return now_; }
    [[nodiscard]] const Config& config() const { return node_->config(); }
    [[nodiscard]] FoundMember member(std::string_view name) const {
        return node_->members().find(name);
    }
    [[nodiscard]] std::optional<State> state(std::string_view name) const;
    [[nodiscard]] std::uint32_t incarnation(std::string_view name) const;

    // --- what arrives ----------------------------------------------------------------------------
    void packet(Bytes bytes, Endpoint from = host(9));
    void alive(const AliveClaim& claim, Endpoint from = host(9));
    void suspect(std::string_view node, std::uint32_t incarnation, std::string_view from);
    void dead(std::string_view node, std::uint32_t incarnation, std::string_view from,
              Endpoint sender = host(9));
    void ack(SequenceNumber sequence, Endpoint from = host(9));
    void nack(SequenceNumber sequence, Endpoint from = host(9));
    // One message, through the layers of a cluster mate.
    template <class Encode>
    void encoded(Encode&& encode, Endpoint from = host(9)) {
        std::vector<std::byte> room(wire::kMaxDatagram);
        ByteWriter writer{room};
        encode(writer);
        packet(sealed({writer.written()}), from);
    }
    [[nodiscard]] std::vector<std::byte> sealed(std::vector<Bytes> parts);
    void install_key(Bytes key);
    // A whole state arrives by a stream that a peer opens; what we answer stays in streams().
    void peer_state(const wire::PushPull& state, Endpoint from = host(9, 40000));
    // The member says by a stream of its own that it left: its name is free at once (rule S2).
    void leaves_by_stream(std::string_view node, std::uint32_t incarnation, Endpoint home);
    // `states` of n members n2, n3, ... at 10.0.0.2, ... alive with incarnation 1.
    void know(unsigned members);

    // --- time ------------------------------------------------------------------------------------
    // Calls handle_timeout at every deadline on the way.
    void advance(Duration time);
    // From now on every ping is acked at once by its target.
    void answer_pings(bool answers = true) { answers_ = answers, answering_.reset(); }
    // Only this one does.
    void answer_pings_of(Endpoint target) { answers_ = true, answering_ = target; }
    // No call for that long; then one call.
    void sleep_through(Duration time);

    // --- what came out ---------------------------------------------------------------------------
    // Since the last take.
    [[nodiscard]] std::vector<Sent> take_sent();
    [[nodiscard]] std::vector<SentStream> take_streams();
    template <class E>
    [[nodiscard]] std::vector<E> take_events() {
        std::vector<E> found;
        std::erase_if(events_, [&](const Event& event) {
            const E* e = std::get_if<E>(&event);
            if (e != nullptr) found.push_back(*e);
            return e != nullptr;
        });
        return found;
    }
    void forget_events() { events_.clear(); }
    [[nodiscard]] const std::vector<Event>& events() const { return events_; }
    // The broadcasts piggybacked on an ack.
    [[nodiscard]] std::vector<Message> broadcasts();
    // Until no broadcasts wait.
    void drain();

    // Calls the node, then keeps what came out.
    template <class F>
    auto call(F&& f) {
        out_.clear();
        using Answer = decltype(f(*node_, now_, out_));
        if constexpr (std::is_void_v<Answer>) {
            f(*node_, now_, out_);
            keep();
        } else {
            Answer answer = f(*node_, now_, out_);
            keep();
            return answer;
        }
    }

private:
    void keep();
    void answer();

    sim::SeededEntropy entropy_{1};
    Application no_application_;
    std::unique_ptr<Node> node_;
    wire::PacketCodec codec_;
    Outbox out_;
    Time now_{std::chrono::hours{1}};
    bool answers_ = false;
    std::optional<Endpoint> answering_;  // nullopt: all
    std::uint64_t next_stream_ = 1;
    std::uint32_t next_ping_ = 1'000'000;
    std::vector<Sent> sent_;
    std::vector<SentStream> streams_;
    std::vector<Event> events_;
};

// Messages of one type.
[[nodiscard]] std::vector<Message> of_type(const std::vector<Message>& messages,
                                           wire::MessageType type);
[[nodiscard]] std::vector<Message> of_type(const std::vector<Sent>& sent, wire::MessageType type);
// A push/pull as a dialer without keys or label sends it.
[[nodiscard]] std::vector<std::byte> stream_bytes(const wire::PushPull& state);

}  // namespace rollcall::membership
