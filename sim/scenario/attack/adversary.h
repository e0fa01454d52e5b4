// SPDX-License-Identifier: Apache-2.0
//
// A hostile host in a simulated network: it has an address of its own and is no node of the
// cluster. Each attack is carried out at its rate until it ends; the Arsenal decides what is sent.
// Everything is drawn from one seed of its own, so that a world without attacks is not changed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/endpoint.h"
#include "base/rng.h"
#include "sim/scenario/attack/arsenal.h"
#include "sim/scenario/attack/records.h"
#include "sim/scenario/language/scenario.h"
#include "sim/world/entropy.h"
#include "sim/world/network.h"
#include "sim/world/streams.h"
#include "wire/keyring.h"
#include "wire/packet.h"

namespace rollcall::sim {

class Adversary final : public Port, public Actor {
public:
    // Borrowed; they must outlive the adversary's last event.
    struct Around {
        const ClusterView& view;
        Network& network;
        StreamNetwork& streams;
        std::function<void(const Forgery&)> forged;  // called for each, as it is sent
    };
    static constexpr const char* kName = "adversary";

    Adversary(const Around& around, const Scenario& scenario, std::uint64_t seed);
    ~Adversary() override;
    Adversary(const Adversary&) = delete;
    Adversary& operator=(const Adversary&) = delete;

    void begin(const action::Attack& attack);
    void end(std::optional<AttackKind> kind);
    [[nodiscard]] bool attacks() const;
    // Packets and exchanges so far.
    [[nodiscard]] std::uint64_t shots() const { return shots_; }

    // --- Port, Actor -----------------------------------------------------------------------------
    void datagram(Endpoint from, Bytes bytes) override;
    void send_error(Endpoint, membership::SendError) override {}
    bool stream_accepted(StreamId id, Endpoint from) override;
    void stream_connected(StreamId id) override;
    void stream_data(StreamId id, Bytes bytes) override;
    void stream_closed(StreamId id, membership::StreamEnd end) override;
    void act(std::uint64_t what) override;

private:
    struct Running {
        std::optional<action::Attack> attack;
        std::uint64_t generation = 0;  // timers of former attacks of the kind are outdated
    };
    class PingReader;

    void next_shot(std::size_t kind);
    void fire(const Shot& shot);
    void replay(const action::Attack& attack);
    void dial(const Endpoint& to, std::vector<std::byte> bytes);
    void introduce_itself();
    void send(const std::optional<Endpoint>& stated, const Endpoint& to,
              std::span<const Message> messages);
    [[nodiscard]] std::uint32_t node_at(const Endpoint& place) const;

    Around around_;
    AdversaryPowers powers_;
    Endpoint place_;
    HostId host_;
    Rng rng_;
    SeededEntropy entropy_;
    wire::PacketCodec codec_;
    Records records_{rng_};
    Arsenal arsenal_;
    std::array<Running, kAttackKinds> running_;
    bool introduced_ = false;
    std::uint64_t shots_ = 0;
    std::uint64_t next_stream_ = 1;
    std::map<std::uint64_t, std::vector<std::byte>> dialed_;  // bytes to write once connected
    std::set<std::uint64_t> accepted_;                        // that others opened
};

}  // namespace rollcall::sim
