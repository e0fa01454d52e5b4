// SPDX-License-Identifier: Apache-2.0
//
// An attacker's messages for a cluster of Serf agents n1, n2, ...: each well-formed, and each
// possibly a lie about who is alive, who means to leave, and what time it is. What it says is
// chosen by a fuzzer's bytes. Makes bytes; sends nothing.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz_input.h"
#include "fuzz_peer.h"
#include "serf/answers.h"
#include "serf/messages.h"
#include "serf/push_pull_state.h"
#include "serf/query_filters.h"
#include "serf/serf.h"
#include "serf/tags.h"
#include "wire/messages.h"
#include "wire/packet.h"
#include "wire/stream.h"

namespace rollcall::fuzz {

using Buffer = std::vector<std::byte>;

inline constexpr std::array<std::string_view, 9> kNames{"n1",    "n2",    "n3",    "evil1", "evil2",
                                                        "evil3", "evil4", "evil5", "evil6"};
inline constexpr std::size_t kHonest = 3;

class Liar {
public:
    Liar(FuzzInput& in, const std::vector<Endpoint>& honest, const Endpoint& self)
        : in_{in}, honest_{honest}, self_{self} {}

    // A packet for this agent.
    Buffer packet(const serf::Serf& to) {
        switch (in_.byte() % 10) {
            case 0:
                return alive(to);
            case 1:
            case 2:
                return accusation(to);
            case 3:
                return ping_or_ack();
            default:
                return user_message(to);
        }
    }
    // A whole push/pull as the dialer sends it, sealed.
    Buffer push_pull(const serf::Serf& to) {
        Buffer state;
        serf::encode_push_pull_state(user_state(to), state);
        wire::PushPull message{.join = in_.flag(), .nodes = {}, .user_state = state};
        const std::size_t count = in_.below(4);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t who = in_.below(kNames.size());
            const Place at = place(who);
            message.nodes.push_back({.name = kNames[who],
                                     .address = at.address,
                                     .port = at.port,
                                     .incarnation = incarnation(to, kNames[who]),
                                     .state = static_cast<wire::NodeState>(in_.below(4)),
                                     .meta = Bytes{meta_},
                                     .versions = wire::kSerfVersions});
        }
        Buffer plain, framed;
        wire::encode_push_pull(message, plain);
        sim::SeededEntropy entropy{1};
        wire::PacketCodec codec{{.compress = false}, entropy};
        codec.seal_stream(plain, wire::PacketCodec::StreamSide::dialer, framed);
        return framed;
    }

private:
    template <class Encode>
    static Buffer written(Encode&& encode) {
        Buffer room(4096);
        ByteWriter out{room};
        FUZZ_CHECK(encode(out));
        room.resize(out.size());
        return room;
    }
    std::string_view name() { return kNames[in_.below(kNames.size())]; }

    struct Place {
        WireAddress address;
        std::uint16_t port = 0;
    };
    // Now and then an honest name at an address of the liar (rules S2 and W1).
    Place place(std::size_t who) {
        const bool lies = in_.byte() % 4 == 0;
        if (who < kHonest && !lies) return {honest_[who].to_wire(), honest_[who].port};
        return {self_.to_wire(), static_cast<std::uint16_t>(self_.port + in_.below(3))};
    }
    Incarnation incarnation(const serf::Serf& to, std::string_view about) {
        const auto known = to.node().members().find(about);
        const std::uint64_t here = known ? known->incarnation.value() : 1;
        return Incarnation{static_cast<std::uint32_t>(in_.number(here))};
    }
    Buffer alive(const serf::Serf& to) {
        const std::size_t who = in_.below(kNames.size());
        const Place at = place(who);
        const wire::Alive claim{.node = kNames[who],
                                .incarnation = incarnation(to, kNames[who]),
                                .address = at.address,
                                .port = at.port,
                                .meta = Bytes{meta_},
                                .versions = wire::kSerfVersions};
        return written([&](ByteWriter& out) { return wire::encode(claim, out); });
    }
    Buffer accusation(const serf::Serf& to) {
        const std::string_view about = name();
        const wire::Accusation claim{
            .node = about, .incarnation = incarnation(to, about), .from = name()};
        const bool suspect = in_.flag();
        return written([&](ByteWriter& out) {
            return suspect ? wire::encode_suspect(claim, out) : wire::encode_dead(claim, out);
        });
    }
    Buffer ping_or_ack() {
        const SequenceNumber sequence{static_cast<std::uint32_t>(in_.number(1))};
        const std::size_t who = in_.below(kNames.size());
        const Place at = place(who);
        const std::string_view to = name();
        switch (in_.byte() % 4) {
            case 0:
                return written([&](ByteWriter& out) {
                    return wire::encode(wire::Ping{.sequence = sequence,
                                                   .node = to,
                                                   .source_address = at.address,
                                                   .source_port = at.port,
                                                   .source_node = kNames[who]},
                                        out);
                });
            case 1:
                return written([&](ByteWriter& out) {
                    return wire::encode(wire::IndirectPing{.sequence = sequence,
                                                           .node = to,
                                                           .target = at.address,
                                                           .port = at.port,
                                                           .nack = true,
                                                           .source_node = kNames[who]},
                                        out);
                });
            case 2:
                return written([&](ByteWriter& out) {
                    return wire::encode(wire::Ack{.sequence = sequence, .payload = {}}, out);
                });
            default:
                return written([&](ByteWriter& out) {
                    return wire::encode(wire::Nack{.sequence = sequence}, out);
                });
        }
    }
    Buffer user_message(const serf::Serf& to) {
        Buffer message = serf_message(to, true);
        message.insert(message.begin(), static_cast<std::byte>(wire::MessageType::user));
        return message;
    }
    Buffer serf_message(const serf::Serf& to, bool may_relay) {
        const serf::Stats stats = to.stats();
        const auto near = [&](LamportTime clock) { return LamportTime{in_.number(clock.value())}; };
        switch (in_.byte() % 7) {
            case 0:
                return serf::encoded(
                    serf::JoinIntent{.time = near(stats.member_time), .node = name()});
            case 1:
            case 2:
                return serf::encoded(serf::LeaveIntent{
                    .time = near(stats.member_time), .node = name(), .prune = in_.flag()});
            case 3:
                return serf::encoded(serf::UserEvent{.time = near(stats.event_time),
                                                     .name = name(),
                                                     .payload = payload(),
                                                     .coalesce = in_.flag()});
            case 4:
                return query(near(stats.query_time));
            case 5:
                return serf::encoded(serf::QueryResponse{
                    .time = near(stats.query_time),
                    .id = static_cast<std::uint32_t>(in_.number(1) & 0x7fffffff),
                    .from = name(),
                    .flags = in_.byte() & 1u,
                    .payload = payload()});
            default:
                break;
        }
        if (!may_relay) return serf::encoded(serf::JoinIntent{.time = {}, .node = name()});
        const Buffer inner = serf_message(to, false);
        const Place at = place(in_.below(kNames.size()));
        return serf::encoded(serf::Relay{
            .address = at.address, .port = at.port, .zone = "", .node = name(), .message = inner});
    }
    Buffer query(LamportTime time) {
        constexpr std::array<std::string_view, 7> kQueries{
            "uptime",        "_serf_ping",          "_serf_conflict",   "_serf_list-keys",
            "_serf_use-key", "_serf_rollcall_view", "_serf_install-key"};
        constexpr std::array<std::string_view, 4> kExpressions{"", "x", "\\pL{1000}", "("};
        const Place at = place(in_.below(kNames.size()));
        std::vector<std::string> nodes;
        if (in_.flag()) nodes.emplace_back(name());
        serf::Tags tags;
        if (in_.flag()) tags.emplace("role", in_.one_of(kExpressions));
        const auto filters = serf::encode_filters(nodes, tags);
        serf::Query query{.time = time,
                          .id = static_cast<std::uint32_t>(in_.number(1) & 0x7fffffff),
                          .address = at.address,
                          .port = at.port,
                          .source_node = name(),
                          .filters = std::nullopt,
                          .flags = in_.byte() & 3u,
                          .relay_factor = static_cast<std::uint8_t>(in_.below(6)),
                          .timeout = std::chrono::seconds{in_.below(60)},
                          .name = in_.one_of(kQueries),
                          .payload = as_bytes(name())};
        if (!filters.empty()) query.filters.emplace(filters.begin(), filters.end());
        return serf::encoded(query);
    }
    serf::PushPullState user_state(const serf::Serf& to) {
        const serf::Stats stats = to.stats();
        const auto near = [&](LamportTime clock) { return LamportTime{in_.number(clock.value())}; };
        serf::PushPullState state{.time = near(stats.member_time),
                                  .event_time = near(stats.event_time),
                                  .query_time = near(stats.query_time)};
        for (std::size_t i = in_.below(4); i > 0; --i) {
            state.status_times.push_back({.name = name(), .time = near(stats.member_time)});
            if (in_.flag()) state.left.push_back(state.status_times.back().name);
        }
        for (std::size_t i = in_.below(3); i > 0; --i) {
            state.slots.push_back({.used = true,
                                   .time = near(stats.event_time),
                                   .first = state.events.size(),
                                   .count = 1});
            state.events.push_back({.name = name(), .payload = payload()});
        }
        return state;
    }
    std::optional<Bytes> payload() {
        static const Buffer bytes(300, std::byte{'x'});
        return Bytes{bytes}.first(in_.byte());
    }

    FuzzInput& in_;
    const std::vector<Endpoint>& honest_;
    Endpoint self_;
    Buffer meta_ = *serf::encode_tags({{"role", "lie"}});
};

}  // namespace rollcall::fuzz
