// SPDX-License-Identifier: Apache-2.0
//
// One Serf and its puppets: members that exist only as packets written by the test. They answer
// pings unless silenced; the Serf's gossip is collected, message by message. No network, no clock:
// time moves in advance().
#pragma once

#include <gtest/gtest.h>

#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time_budget.h"
#include "serf/messages.h"
#include "serf/push_pull_state.h"
#include "serf/serf.h"
#include "sim/world/entropy.h"
#include "wire/packet.h"
#include "wire/stream.h"

namespace rollcall::serf {

using Buffer = std::vector<std::byte>;

inline Endpoint at(std::uint16_t port) {
    return *Endpoint::parse_address("127.0.0.1", port);
}

inline LamportTime lt(std::uint64_t value) {
    return LamportTime{value};
}
inline JoinIntent join_of(std::string_view node, std::uint64_t time) {
    return {.time = lt(time), .node = node};
}
inline LeaveIntent leave_of(std::string_view node, std::uint64_t time, bool prune = false) {
    return {.time = lt(time), .node = node, .prune = prune};
}

struct DirectMessage {  // a user message sent to one member
    Time when;
    Endpoint to;
    Buffer message;
};

class Lone final : private wire::PacketVisitor {
public:
    using Tweak = std::function<void(Config&)>;
    explicit Lone(const Tweak& tweak = {}, WorkClock& clock = still_clock());

    // --- what puppets do -----------------------------------------------------------------------
    // `name` is alive at 127.0.0.1:port.
    void add_member(std::string_view name, std::uint16_t port, const Tags& tags = {},
                    const wire::Versions& versions = wire::kSerfVersions);
    // The same with metadata of any kind.
    void add_member_with(std::string_view name, std::uint16_t port, Bytes meta,
                         const wire::Versions& versions);
    // The same member with other tags: a higher incarnation.
    void change_tags(std::string_view name, const Tags& tags);
    // Another member declares it dead; its own leave when `by_itself`.
    void declare_dead(std::string_view name, bool by_itself = false);
    void silence(std::string_view name) { puppets_.find(name)->second.answers = false; }
    // From now on its acks carry this.
    void set_ack_payload(std::string_view name, Buffer payload) {
        puppets_.find(name)->second.payload = std::move(payload);
    }
    // The Serf and all puppets encrypt from now on.
    void use_key(Bytes key) {
        serf.keyring().add(key);
        codec_.keyring().add(key);
    }
    void deliver(Bytes message);  // a user message reaches the Serf
    template <class Message>
    void deliver(const Message& message) requires(!std::convertible_to<Message, Bytes>) {
        deliver(Bytes{encoded(message)});
    }
    // A ping to the Serf.
    void ping();
    // The same by a member that knows it by its name.
    void ping_by_name(std::string_view member);
    void deliver_together(const std::vector<Buffer>& messages);  // in one packet
    // A whole push/pull from a puppet, answered by the Serf; returns its user state.
    Buffer exchange(const PushPullState& state, bool join = false);
    Buffer exchange_raw(Bytes user_state, bool join = false);

    // --- what the Serf does --------------------------------------------------------------------
    void advance(Duration time);
    template <class Command>
    auto command(Command&& run) {
        auto result = run(serf, now, out);
        drain();
        return result;
    }
    [[nodiscard]] Status status(std::string_view name) const {
        const auto member = serf.member(name);
        return member ? member->status : Status::none;
    }
    // Every different message it gossiped so far, in order.
    [[nodiscard]] std::vector<Buffer> gossiped() const;
    [[nodiscard]] bool gossiped(Bytes message) const;
    [[nodiscard]] std::size_t times_sent(Bytes message) const;
    template <class E>
    [[nodiscard]] std::vector<E> events_of() const {
        std::vector<E> found;
        for (const Event& event : events) {
            if (const E* e = std::get_if<E>(&event)) found.push_back(*e);
        }
        return found;
    }
    // "member-join b", in order; without those about "a", the Serf itself.
    [[nodiscard]] std::vector<std::string> story() const;

    sim::SeededEntropy entropy{1};
    Serf serf;
    Serf::Outbox out;
    Time now{std::chrono::seconds{1000}};
    std::vector<Event> events;
    std::vector<DirectMessage> direct_messages;
    std::vector<Buffer> ack_payloads;  // of its acks, empty ones too

private:
    struct Puppet {
        Endpoint endpoint;
        Incarnation incarnation{1};
        wire::Versions versions = wire::kSerfVersions;
        bool answers = true;
        Buffer payload = {};  // of its acks
    };
    void announce(std::string_view name, const Puppet& puppet, Bytes meta);
    void drain();
    void packet(Endpoint from, Bytes message);
    Buffer sealed(Bytes message);
    void message(wire::MessageType type, Bytes body) override;
    void rejected(wire::DecodeError error) override;
    sim::SeededEntropy own_entropy_{1};
    wire::PacketCodec codec_{{.compress = false}, own_entropy_};
    std::map<std::string, Puppet, std::less<>> puppets_;
    Endpoint sent_to_;
    std::vector<std::pair<Endpoint, Buffer>> replies_;  // of puppets, not yet delivered
    std::uint64_t streams_ = 0;
    Buffer stream_reply_;
};

class SerfAmongPuppets : public testing::Test {
protected:
    void add_members() {
        a.add_member("b", 8001);
        a.add_member("c", 8002);
        a.add_member("d", 8003);
    }
    Lone a;
};

}  // namespace rollcall::serf
