// SPDX-License-Identifier: Apache-2.0
//
// The state that the machines of one node share: settings, member table, random numbers, counters.
// Internal to this folder; a Node owns exactly one. No decisions are made here.
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
#include "base/time_budget.h"
#include "membership/answer_limits.h"
#include "membership/application.h"
#include "membership/awareness.h"
#include "membership/broadcast_queue.h"
#include "membership/config.h"
#include "membership/events.h"
#include "membership/gate.h"
#include "membership/hearsay.h"
#include "membership/member_table.h"
#include "membership/plain_text.h"
#include "membership/rtt_estimate.h"
#include "membership/stats.h"
#include "membership/swim_scale.h"
#include "wire/packet.h"

namespace rollcall::membership {

struct Context {
    Context(Config config_, Application& app_, wire::EntropySource& entropy, std::uint64_t seed,
            std::shared_ptr<ProfilePool> profiles, WorkClock& clock_)
        : config{std::move(config_)},
          app{app_},
          clock{clock_},
          rng{seed},
          salt{rng.next()},
          codec{config.layers, entropy},
          table{config.max_members, std::move(profiles)},
          awareness{config.awareness_max_multiplier},
          broadcasts{config.max_broadcasts},
          hearsay{salt},
          sequence_{static_cast<std::uint32_t>(salt)} {}

    Config config;  // only its timings (rule L4) and its address (rule S8) ever change
    Application& app;
    WorkClock& clock;
    Rng rng;
    const std::uint64_t salt;  // the first draw: nobody else knows it
    wire::PacketCodec codec;
    MemberTable table;
    Awareness awareness;
    RttEstimate rtt;  // rule F1
    Gate gate;        // rule F6
    PlainText plain_text;
    BroadcastQueue broadcasts;
    Hearsay hearsay;  // rule S9
    Stats stats;
    AnswerLimits answer_limits{stats.answers_refused};  // rule X4
    MemberId self;
    unsigned live = 0;  // alive and suspect, with ourselves
    bool leaving = false;
    bool answer_to_join = false;  // the state that is being merged answers a join of ours

    // Shared by probes and relayed pings. Starts at a random number, so that it cannot be guessed.
    [[nodiscard]] SequenceNumber next_sequence() { return SequenceNumber{++sequence_}; }

    [[nodiscard]] Member me() const {
        const auto member = table.find(self);
        ROLLCALL_CHECK(member);
        return *member;
    }
    // The packet that is being handled is for the member that we were at a former address, or
    // before our leave (rule S2).
    bool for_former_self = false;
    // A member knew us under our name at our address: it pinged us by name, or its state had us.
    bool acknowledged = false;
    // A member's state had us as dead, suspect or left: it does not ask how we are.
    bool held_dead = false;
    // The sender of the packet that is being handled, if it is a member known by its address.
    std::optional<Endpoint> packet_from;
    [[nodiscard]] std::optional<MemberId> packet_sender() const {
        // Saving one transmission matters in a small cluster; in a large one the search costs more
        // than it saves.
        constexpr std::size_t kFew = 64;
        if (!packet_from || table.size() > kFew) return {};
        for (const MemberId id : table.ids()) {
            if (table.find(id)->is_at(*packet_from)) return id;
        }
        return {};
    }
    // Rule X4: who gets an answer sent to that address, for a member of the stated name.
    [[nodiscard]] bool is_member_at(std::string_view name, const Endpoint& address) const {
        const auto id = table.id_of(name);
        return id && table.find(*id)->is_at(address);
    }
    [[nodiscard]] AnswerLimits::Recipient answer_recipient(std::string_view name,
                                                           const Endpoint& address) const {
        return {.sender = packet_from == address, .member = is_member_at(name, address)};
    }
    // Its current state. The id must be valid.
    [[nodiscard]] About about(MemberId id) const;
    [[nodiscard]] Recipient recipient(MemberId id) const {
        const auto member = table.find(id);
        if (!member || !config.variant.sparing_counts) return {};
        return {.known = true,
                .member = id,
                .live = config.variant.looking ? member->state == State::alive : member->is_live(),
                .others = live - (me().is_live() ? 1u : 0u)};
    }
    [[nodiscard]] Recipient recipient(std::string_view name) const {
        const auto id = table.id_of(name);
        return id ? recipient(*id) : Recipient{};
    }
    // Without those that were probably invented (rule S9).
    [[nodiscard]] std::size_t believed_members() const { return table.size() - hearsay.doubtful(); }
    // Rule V4: SWIM counts live members, memberlist every entry.
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
    // Rule F1: how long an answer of the member may take.
    [[nodiscard]] Duration answer_time(MemberId id) const {
        return config.variant.looking ? rtt.timeout(id, config.probe_timeout)
                                      : config.probe_timeout;
    }
    // Rule S9: the same for a member that never answered us.
    [[nodiscard]] Duration answer_time_of_any() const {
        return config.variant.looking ? rtt.timeout_of_any(config.probe_timeout)
                                      : config.probe_timeout;
    }
    // Rule S9: false for a member that was probably invented.
    [[nodiscard]] bool worth_asking(MemberId id) const { return !hearsay.is_doubtful(id); }
    // Rule F6, for a verdict about one member.
    [[nodiscard]] Gate::Closed gate_closed(Time now) const {
        return gate.closed(now, 4 * config.probe_interval, live > 2 ? live - 2 : 0);
    }
    // Whether there is a live member that our gossip reaches.
    [[nodiscard]] bool has_live_peers() const { return live > (me().is_live() ? 1u : 0u); }
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

// The wire form: no metadata is msgpack nil.
[[nodiscard]] inline std::optional<Bytes> some_meta(const Member& member) {
    if (member.meta().empty()) return {};
    return as_bytes(member.meta());
}

// What the table knows of the member, as a claim; borrowed from its entry.
[[nodiscard]] inline wire::Alive alive_claim(const Member& member) {
    return {.node = member.name(),
            .incarnation = member.incarnation,
            .address = member.address(),
            .port = member.port(),
            .meta = some_meta(member),
            .versions = member.versions()};
}

}  // namespace rollcall::membership
