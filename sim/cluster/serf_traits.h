// SPDX-License-Identifier: Apache-2.0
//
// serf::Serf in the simulator: include this for SimCluster<serf::Serf>. Views can be queried
// with the states of both layers: membership::State and serf::Status.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "serf/serf.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/core_traits.h"

namespace rollcall::sim {

template <>
inline constexpr std::uint8_t kLayerOf<serf::Status> = 1;
[[nodiscard]] std::string describe(const serf::Event& event);

template <>
struct CoreTraits<serf::Serf> {
    using Config = serf::Config;
    using Outbox = serf::Serf::Outbox;

    class Instance {
    public:
        Instance(Config config, wire::EntropySource& entropy, std::uint64_t seed,
                 std::shared_ptr<membership::ProfilePool> profiles = {})
            : serf_{std::move(config), entropy, seed, std::move(profiles)} {}
        [[nodiscard]] serf::Serf& core() { return serf_; }
        [[nodiscard]] const serf::Serf& core() const { return serf_; }

    private:
        serf::Serf serf_;
    };

    [[nodiscard]] static Config wrap(membership::Config config) {
        Config wrapped;
        wrapped.membership = std::move(config);
        return wrapped;
    }
    [[nodiscard]] static membership::Config& membership_of(Config& config) {
        return config.membership;
    }
    [[nodiscard]] static const membership::Config& membership_of(const Config& config) {
        return config.membership;
    }
    [[nodiscard]] static const membership::Node& node_of(const serf::Serf& serf) {
        return serf.node();
    }
    static void install_key(serf::Serf& serf, Bytes key) { serf.keyring().add(key); }

    static std::optional<RequestId> join(serf::Serf& serf, Time now,
                                         std::span<const membership::JoinPeer> peers, Outbox& out) {
        const auto request = serf.join(now, peers, false, out);
        return request ? std::optional{*request} : std::nullopt;
    }
    static void leave(serf::Serf& serf, Time now, Outbox& out) {
        const auto request = serf.leave(now, out);
        (void)request;  // already leaving: nothing more to do
    }
    static void set_address(serf::Serf& serf, Time now, const Endpoint& to, Outbox& out) {
        serf.set_address(now, to, out);
    }
    [[nodiscard]] static std::optional<membership::State> sees(const serf::Serf& serf,
                                                               std::string_view name,
                                                               membership::State state) {
        return CoreTraits<membership::Node>::sees(serf.node(), name, state);
    }
    [[nodiscard]] static std::optional<serf::Status> sees(const serf::Serf& serf,
                                                          std::string_view name, serf::Status) {
        const auto member = serf.member(name);
        if (!member) return {};
        return member->status;
    }
    static void chronicle(Time at, std::uint32_t node, const Outbox& out, Chronicle& chronicle);
};

extern template class SimCluster<serf::Serf>;

}  // namespace rollcall::sim
