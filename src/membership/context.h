// SPDX-License-Identifier: Apache-2.0
//
// What the machines of one node share: its settings, its table, its dice, its counters. Internal to
// this room; a Node owns exactly one. No decisions are made here.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/ids.h"
#include "base/rng.h"
#include "base/time.h"
#include "membership/application.h"
#include "membership/awareness.h"
#include "membership/broadcast_queue.h"
#include "membership/config.h"
#include "membership/events.h"
#include "membership/member_table.h"
#include "membership/stats.h"
#include "membership/swim_scale.h"
#include "wire/packet.h"

namespace rollcall::membership {

struct Context {
    Context(Config config_, Application& app_, wire::EntropySource& entropy, std::uint64_t seed,
            std::shared_ptr<ProfilePool> profiles)
        : config{std::move(config_)},
          app{app_},
          rng{seed},
          codec{config.layers, entropy},
          table{config.max_members, std::move(profiles)},
          awareness{config.awareness_max_multiplier},
          broadcasts{config.max_broadcasts},
          sequence_{static_cast<std::uint32_t>(rng.next())} {}

    Config config;  // only its timings (rule L4) and its address (rule S8) ever change
    Application& app;
    Rng rng;
    wire::PacketCodec codec;
    MemberTable table;
    Awareness awareness;
    BroadcastQueue broadcasts;
    Stats stats;
    MemberId self;
    unsigned live = 0;  // alive and suspect, with ourselves
    bool leaving = false;

    // Shared by probes and relayed pings. Starts anywhere, so that a stranger cannot guess it.
    [[nodiscard]] SequenceNumber next_sequence() { return SequenceNumber{++sequence_}; }

    [[nodiscard]] Member me() const {
        const auto member = table.find(self);
        ROLLCALL_CHECK(member);
        return *member;
    }
    // Who handed us what is being handled, if that is a member we know by its address.
    std::optional<Endpoint> packet_from;
    [[nodiscard]] std::optional<MemberId> teller() const {
        // Sparing one telling matters where there are few; in a large cluster the search would not
        // pay.
        constexpr std::size_t kFew = 64;
        if (!packet_from || table.size() > kFew) return {};
        for (const MemberId id : table.ids()) {
            if (table.find(id)->is_at(*packet_from)) return id;
        }
        return {};
    }
    // As it stands now. The id must be somebody's.
    [[nodiscard]] About about(MemberId id) const;
    [[nodiscard]] Listener listener(MemberId id) const {
        const auto member = table.find(id);
        if (!member || !config.variant.sparing_counts) return {};
        return {.known = true,
                .member = id,
                .live = member->is_live(),
                .others = live - (me().is_live() ? 1u : 0u)};
    }
    [[nodiscard]] Listener listener(std::string_view name) const {
        const auto id = table.id_of(name);
        return id ? listener(*id) : Listener{};
    }
    // Rule V4: SWIM counts who lives, memberlist every entry.
    [[nodiscard]] std::size_t scaled_members() const {
        return config.variant.natural_logarithms ? live : table.size();
    }
    [[nodiscard]] unsigned transmit_limit() const {
        if (config.variant.natural_logarithms) {
            return config.retransmit_mult * swim_scale(scaled_members());
        }
        return membership::transmit_limit(config.retransmit_mult, scaled_members());
    }
    // The longest message that a packet of gossip can carry.
    [[nodiscard]] std::size_t longest_broadcast() const {
        return config.packet_size - wire::kCompoundHeader - wire::kCompoundPart -
               wire::kChecksumHeader - codec.overhead();
    }
    // Somebody but us would hear what we tell.
    [[nodiscard]] bool anybody_listens() const { return live > (me().is_live() ? 1u : 0u); }
    [[nodiscard]] std::uint16_t port_or_default(std::uint16_t port) const {
        return port == 0 ? config.bind_port : port;
    }

private:
    std::uint32_t sequence_;
};

[[nodiscard]] inline About about(MemberId id, const Member& member) {
    return {.member = id,
            .name = std::string{member.name()},
            .address = member.address(),
            .port = member.port(),
            .incarnation = member.incarnation};
}
inline About Context::about(MemberId id) const {
    return membership::about(id, *table.find(id));
}

// As the wire has it: none is msgpack nil.
[[nodiscard]] inline std::optional<Bytes> some_meta(const Member& member) {
    if (member.meta().empty()) return {};
    return as_bytes(member.meta());
}

}  // namespace rollcall::membership
