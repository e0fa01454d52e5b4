// SPDX-License-Identifier: Apache-2.0
//
// What the simulator needs of a core beyond ProtocolCore: how it is built, in which state it sees a
// member, and which of its events are noted. One specialisation per core; this
// file has the one for the bare membership::Node, serf_traits.h the one for serf::Serf.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/time.h"
#include "membership/node.h"
#include "sim/cluster/chronicle.h"

namespace rollcall::sim {

template <class Core>
struct CoreTraits;

template <>
struct CoreTraits<membership::Node> {
    using Config = membership::Config;
    using Outbox = membership::Node::Outbox;

    // Everything that one process owns.
    class Instance {
    public:
        Instance(Config config, wire::EntropySource& entropy, std::uint64_t seed,
                 std::shared_ptr<membership::ProfilePool> profiles = {})
            : node_{std::move(config), app_, entropy, seed, std::move(profiles)} {}
        [[nodiscard]] membership::Node& core() { return node_; }
        [[nodiscard]] const membership::Node& core() const { return node_; }

    private:
        membership::Application app_;
        membership::Node node_;
    };

    [[nodiscard]] static Config wrap(membership::Config config) { return config; }
    [[nodiscard]] static membership::Config& membership_of(Config& config) { return config; }
    [[nodiscard]] static const membership::Config& membership_of(const Config& config) {
        return config;
    }
    [[nodiscard]] static const membership::Node& node_of(const membership::Node& node) {
        return node;
    }
    static void install_key(membership::Node& node, Bytes key) { node.keyring().add(key); }

    static std::optional<RequestId> join(membership::Node& node, Time now,
                                         std::span<const membership::JoinPeer> peers, Outbox& out) {
        return node.join(now, peers, out);
    }
    // Only for a core that can start with known members.
    static void adopt(membership::Node& node, Time now,
                      std::span<const membership::KnownMember> members) {
        node.adopt_members(now, members);
    }
    static void leave(membership::Node& node, Time now, Outbox& out) {
        node.leave(now, std::chrono::seconds{5}, out);
    }
    static void set_address(membership::Node& node, Time now, const Endpoint& to, Outbox& out) {
        node.set_address(now, to.to_wire(), to.port, out);
    }
    [[nodiscard]] static std::optional<membership::State> sees(const membership::Node& node,
                                                               std::string_view name,
                                                               membership::State) {
        const auto member = node.members().find(name);
        if (!member) return {};
        return member->state;
    }
    // Lines beyond the membership events: a bare node has none.
    static void chronicle(Time at, std::uint32_t node, const Outbox& out, Chronicle& chronicle) {
        (void)at, (void)node, (void)out, (void)chronicle;
    }
};

}  // namespace rollcall::sim
