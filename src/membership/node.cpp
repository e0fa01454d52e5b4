// SPDX-License-Identifier: Apache-2.0
#include "membership/node.h"

#include <utility>

#include "membership/beliefs.h"
#include "membership/context.h"
#include "membership/gossip.h"
#include "membership/joins.h"
#include "membership/move.h"
#include "membership/packets.h"
#include "membership/ping_answers.h"
#include "membership/probe.h"
#include "membership/push_pull.h"
#include "membership/rejects.h"
#include "membership/relays.h"
#include "membership/streams.h"
#include "membership/ticker.h"
#include "membership/waiters.h"

namespace rollcall::membership {
namespace {

// While others may have an outdated address of ours, or after a pause, state is exchanged this
// often.
constexpr Duration kFastPushPull = std::chrono::seconds{2};

std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

}  // namespace

struct Node::Impl final : wire::PacketVisitor, StreamPinger, StreamOwner {
    Impl(Config config, Application& app, wire::EntropySource& entropy, std::uint64_t seed,
         std::shared_ptr<ProfilePool> profiles)
        : context{std::move(config), app, entropy, seed, std::move(profiles)} {}

    Context context;
    Packets packets{context};
    Move move{context, packets};
    Beliefs beliefs{context, packets, move};
    Relays relays{context, packets};
    PingAnswers ping_answers{context, packets, relays, beliefs};
    Prober prober{context, packets, beliefs, *this};
    Gossip gossip{context, packets};
    PushPulls push_pulls{context, beliefs, move};
    Streams streams{context, *this};
    Joins joins{streams, context.config.max_joins};
    Waiters waiters;
    Rejects rejects{context.stats};
    SendWatch send_watch;
    Ticker probe_ticker, gossip_ticker, push_pull_ticker;
    std::uint64_t last_request = 0;
    Time last_now = Time::min();
    bool state_is_ours = false;       // of the push/pull that is being merged
    bool broadcasts_waiting = false;  // after the last call: without any, no gossip deadline
    Time quiet_until = Time::min();   // after a pause: no new probes until then
    std::optional<Time> expected;     // when we asked to be called, as of the last call
    // Rule V5: sends are blocked, and which loops wait for a send.
    struct {
        bool blocked = false, gossip = false, push_pull = false;
    } stuck;

    // The packet being handled.
    struct {
        Time now{};
        Endpoint from;
        Outbox* out = nullptr;
    } packet;

    [[nodiscard]] bool probe_is_stuck() const {
        return stuck.blocked && prober.next_deadline().has_value();
    }
    [[nodiscard]] bool anything_to_send() const {
        return gossip.broadcasts_waiting() || beliefs.leave_notifier().pending();
    }
    RequestId next_request() { return RequestId{++last_request}; }

    // Begins every call.
    void enter(Time now, Outbox& out) {
        ROLLCALL_CHECK(now >= last_now);
        last_now = now;
        if (!broadcasts_waiting) gossip_ticker.skip_until(now, context.config.gossip_interval);
        if (expected && now - *expected > context.config.pause_threshold) {
            on_pause(now, now - *expected, out);
        }
    }
    // Ends every call.
    void leave_call(Outbox& out) {
        for (const BroadcastQueue::Token token : context.broadcasts.finished()) {
            waiters.message_finished(token, out);
        }
        context.broadcasts.finished().clear();
        context.stats.broadcasts_dropped = context.broadcasts.dropped();
        broadcasts_waiting = anything_to_send();
        expected = next_deadline();
        // Already due, e.g. after a late confirmation: due now, and not a sign of a pause.
        if (expected && *expected < last_now) expected = last_now;
    }

    // Rule Z1: we did not run for a while, so missing answers are not the fault of peers. The probe
    // is abandoned, every suspect gets its whole time again, and a push/pull with a peer comes
    // before new probes.
    void on_pause(Time now, Duration gap, Outbox& out) {
        ++context.stats.pauses;
        prober.abandon(now, out);
        beliefs.suspicions().restart_all(now);
        quiet_until = now + context.config.probe_interval;
        push_pull_ticker.set(now);
        out.notify(PauseDetected{gap});
    }

    void start(Time now, Outbox& out) {
        const Config& config = context.config;
        last_now = now;
        beliefs.announce_self(now, config.meta, 0, out);
        probe_ticker.start(now, config.probe_interval, context.rng);
        gossip_ticker.start(now, config.gossip_interval, context.rng);
        push_pull_ticker.start(now, config.push_pull_interval, context.rng);
        if (const auto first = push_pull_ticker.next()) {
            push_pull_ticker.set(*first + config.push_pull_interval);
        }
        leave_call(out);
    }

    // Rule L4. What runs already keeps its timings.
    void reconfigure(Time now, const TimingSettings& timing) {
        Config& config = context.config;
        const TimingSettings before = TimingSettings::of(config);
        timing.put_into(config);
        if (timing.probe_interval != before.probe_interval) {
            probe_ticker.change(now, config.probe_interval, context.rng);
        }
        if (timing.gossip_interval != before.gossip_interval) {
            gossip_ticker.change(now, config.gossip_interval, context.rng);
        }
        if (timing.push_pull_interval != before.push_pull_interval) {
            push_pull_ticker.change(
                now, push_pull_wait(config.push_pull_interval, context.table.size()), context.rng);
        }
    }

    void handle_timeout(Time now, Outbox& out) {
        const Config& config = context.config;
        send_watch.check(now, context.stats.packets_sent, config.probe_interval, out);
        if (!stuck.blocked) prober.handle_timeout(now, out);
        beliefs.expire_suspicions(now, out);
        if (!stuck.blocked) relays.handle_timeout(now, out);
        if (!stuck.blocked) streams.handle_timeout(now, out);
        waiters.handle_timeout(now, out);
        if (!stuck.blocked) move.handle_timeout(now, out);
        if (!stuck.gossip && gossip_ticker.due(now, config.gossip_interval)) {
            const std::uint64_t sent = context.stats.packets_sent;
            gossip.round(now, out);
            beliefs.leave_notifier().round(out);
            stuck.gossip = stuck.blocked && context.stats.packets_sent > sent;
        }
        if (!stuck.push_pull && push_pull_ticker.due(now, config.push_pull_interval)) {
            stuck.push_pull = stuck.blocked;
            if (const auto peer = push_pulls.choose_peer()) {
                streams.open_push_pull(now, peer->endpoint(), false, out);
            }
            push_pull_ticker.set(now +
                                 push_pull_wait(config.push_pull_interval, context.table.size()));
        }
        if (beliefs.contested(now)) push_pull_ticker.no_later_than(now + kFastPushPull);
        if (!probe_is_stuck() && probe_ticker.due(now, config.probe_interval) &&
            now >= quiet_until) {
            prober.start_next(now, out);
        }
    }

    [[nodiscard]] std::optional<Time> next_deadline() const {
        std::optional<Time> next = waiters.next_deadline();
        next = earlier(next, beliefs.suspicions().next_deadline());
        // A blocked loop finds one tick waiting when it is unblocked, however many passed.
        if (!probe_is_stuck()) next = earlier(next, probe_ticker.next());
        if (broadcasts_waiting && !stuck.gossip) next = earlier(next, gossip_ticker.next());
        if (!stuck.push_pull) next = earlier(next, push_pull_ticker.next());
        if (stuck.blocked) return next;
        next = earlier(next, prober.next_deadline());
        next = earlier(next, relays.next_deadline());
        next = earlier(next, move.next_deadline());
        return earlier(next, streams.next_deadline());
    }

    // --- packets -------------------------------------------------------------------------------

    void message(wire::MessageType type, Bytes body) override {
        ++context.stats.messages_received[static_cast<std::size_t>(type)];
        switch (type) {
            case wire::MessageType::ping:
                return with(wire::decode_ping(body), [&](auto& m) {
                    ping_answers.answer(packet.now, packet.from, m, *packet.out);
                });
            case wire::MessageType::indirect_ping:
                return with(wire::decode_indirect_ping(body), [&](auto& m) {
                    ping_answers.answer(packet.now, packet.from, m, *packet.out);
                });
            case wire::MessageType::ack:
                return with(wire::decode_ack(body), [&](auto& m) { acked(m); });
            case wire::MessageType::nack:
                return with(wire::decode_nack(body), [&](auto& m) {
                    if (!prober.nack_arrived(m.sequence)) ++context.stats.acks_unknown;
                });
            case wire::MessageType::alive:
                return with(wire::decode_alive(body),
                            [&](auto& m) { beliefs.alive(packet.now, m, origin(), *packet.out); });
            case wire::MessageType::suspect:
                return with(wire::decode_accusation(body), [&](auto& m) {
                    beliefs.suspect(packet.now, m, origin(), *packet.out);
                });
            case wire::MessageType::dead:
                return with(wire::decode_accusation(body),
                            [&](auto& m) { beliefs.dead(packet.now, m, origin(), *packet.out); });
            case wire::MessageType::user:
                return context.app.user_message(packet.now, body, *packet.out);
            default:
                return rejected(wire::DecodeError::unknown_message);
        }
    }
    void rejected(wire::DecodeError error) override {
        rejects.packet(packet.now, packet.from, error, *packet.out);
    }
    template <class Message, class Use>
    void with(Result<Message, wire::DecodeError> decoded, Use&& use) {
        if (!decoded) return rejected(decoded.error());
        use(*decoded);
    }
    [[nodiscard]] Origin origin() const { return {Origin::Kind::datagram, packet.from}; }

    void acked(const wire::Ack& ack) {
        const bool known = prober.ack_arrived(packet.now, ack.sequence,
                                              ack.payload.value_or(Bytes{}), *packet.out) ||
                           relays.ack_arrived(ack.sequence, *packet.out);
        if (!known) ++context.stats.acks_unknown;
    }

    // --- streams -------------------------------------------------------------------------------

    void ping_by_stream(Time now, const Member& target, SequenceNumber sequence, Time deadline,
                        Outbox& out) override {
        streams.open_ping(now, target, sequence, deadline, out);
    }
    void make_state(bool join, std::vector<std::byte>& state) override {
        push_pulls.make_state(last_now, join, state);
    }
    void peer_state(Time now, const Endpoint& peer, const wire::ReceivedPushPull& state, bool join,
                    std::string& error, Outbox& out) override {
        state_is_ours = push_pulls.is_our_own(state);
        error = push_pulls.merge(now, peer, state, join, out);
    }
    void user_message_by_stream(Time now, Bytes bytes, Outbox& out) override {
        context.app.user_message(now, bytes, out);
    }
    void ping_answered_by_stream(SequenceNumber sequence) override {
        prober.stream_answered(sequence);
    }
    void stream_ping_failed(SequenceNumber sequence, StreamEnd end) override {
        prober.stream_failed(sequence, end);
    }
    void push_pull_ended(Time now, StreamId id, const Endpoint& peer, const std::string& error,
                         Outbox& out) override {
        if (!error.empty()) ++context.stats.push_pulls_failed;
        joins.ended(now, id,
                    {.request = {},
                     .peer = peer,
                     .error = error,
                     .ourselves = std::exchange(state_is_ours, false) && error.empty()},
                    out);
    }
    void stream_rejected(Time now, const Endpoint& peer, wire::DecodeError cause,
                         Outbox& out) override {
        rejects.stream(now, peer, cause, out);
    }
};

// Wraps every call from outside.
namespace {

template <class Impl, class Act>
void within(Impl& impl, Time now, Outbox& out, Act&& act) {
    impl.enter(now, out);
    act();
    impl.leave_call(out);
}

}  // namespace

Node::Node(Config config, Application& app, wire::EntropySource& entropy, std::uint64_t seed,
           std::shared_ptr<ProfilePool> profiles)
    : impl_{std::make_unique<Impl>(std::move(config), app, entropy, seed, std::move(profiles))} {
    ROLLCALL_CHECK(!impl_->context.config.validate());
}
Node::~Node() = default;

void Node::start(Time now, Outbox& out) {
    impl_->start(now, out);
}

std::size_t Node::adopt_members(Time now, std::span<const KnownMember> members) {
    impl_->context.table.reserve(
        std::min(impl_->context.table.size() + members.size(), config().max_members));
    std::size_t adopted = 0;
    for (const KnownMember& known : members) {
        if (impl_->beliefs.add_known(now, known.claim, known.state)) ++adopted;
    }
    // Rule Y1: the first exchange waits as long as any other in a cluster of that size.
    if (const auto first = impl_->push_pull_ticker.next()) {
        const Duration interval = config().push_pull_interval;
        impl_->push_pull_ticker.set(*first + push_pull_wait(interval, impl_->context.table.size()) -
                                    interval);
        impl_->expected = impl_->next_deadline();
    }
    return adopted;
}

void Node::handle_packet(Time now, Endpoint from, Bytes packet, Outbox& out) {
    within(*impl_, now, out, [&] {
        ++impl_->context.stats.packets_received;
        impl_->context.stats.bytes_received += packet.size();
        impl_->packet = {now, from, &out};
        impl_->context.packet_from = from;
        impl_->context.codec.open(packet, *impl_);
        impl_->context.packet_from.reset();
    });
}

void Node::handle_send_error(Time now, Endpoint to, SendError error, Outbox& out) {
    within(*impl_, now, out, [&] {
        ++impl_->context.stats.send_errors;
        if (error.kind != SendError::unreachable) impl_->send_watch.failed(now, error.number);
        impl_->prober.send_failed(now, to, error, out);
    });
}

void Node::handle_timeout(Time now, Outbox& out) {
    within(*impl_, now, out, [&] { impl_->handle_timeout(now, out); });
}

void Node::handle_sends_blocked(Time now, bool blocked, Outbox& out) {
    within(*impl_, now, out, [&] { impl_->stuck = {.blocked = blocked}; });
}

void Node::handle_stream_accepted(Time now, StreamId id, Endpoint from, Outbox& out) {
    within(*impl_, now, out, [&] { impl_->streams.accepted(now, id, from, out); });
}
void Node::handle_stream_connected(Time now, StreamId id, Outbox& out) {
    within(*impl_, now, out, [&] { impl_->streams.connected(now, id, out); });
}
void Node::handle_stream_data(Time now, StreamId id, Bytes bytes, Outbox& out) {
    within(*impl_, now, out, [&] { impl_->streams.data(now, id, bytes, out); });
}
void Node::handle_stream_closed(Time now, StreamId id, StreamEnd end, Outbox& out) {
    within(*impl_, now, out, [&] { impl_->streams.closed(now, id, end, out); });
}

std::optional<Time> Node::next_deadline() const {
    // Rule G3: the application queued messages since the last call. Due at once: that call sets the
    // tick.
    if (!impl_->broadcasts_waiting && impl_->anything_to_send()) return impl_->last_now;
    return impl_->expected;
}

RequestId Node::join(Time now, std::span<const JoinPeer> peers, Outbox& out) {
    const RequestId request = impl_->next_request();
    within(*impl_, now, out, [&] {
        std::vector<Endpoint> endpoints;
        endpoints.reserve(peers.size());
        for (const JoinPeer& peer : peers) endpoints.push_back(peer.endpoint);
        impl_->joins.start(now, request, endpoints, out);
    });
    return request;
}

Result<RequestId, CommandError> Node::update_meta(Time now, Bytes meta, Duration timeout,
                                                  Outbox& out) {
    if (impl_->context.leaving) return CommandError::leaving;
    if (meta.size() > wire::kMaxMeta || !impl_->context.config.can_announce(meta.size())) {
        return CommandError::meta_too_large;
    }
    const RequestId request = impl_->next_request();
    within(*impl_, now, out, [&] {
        impl_->beliefs.announce_self(now, meta, request.value(), out);
        if (impl_->context.has_live_peers()) {
            impl_->waiters.add(now, request, Waiters::Kind::update, timeout);
        } else {
            Waiters::notify(request, Waiters::Kind::update, false, out);
        }
    });
    return request;
}

RequestId Node::leave(Time now, Duration timeout, Outbox& out) {
    const RequestId request = impl_->next_request();
    within(*impl_, now, out, [&] {
        const bool again = impl_->context.leaving;
        if (!again) impl_->beliefs.leave(now, request.value(), out);
        if (!again && impl_->context.has_live_peers()) {
            impl_->waiters.add(now, request, Waiters::Kind::leave, timeout);
        } else {
            Waiters::notify(request, Waiters::Kind::leave, false, out);
        }
    });
    return request;
}

bool Node::set_address(Time now, const WireAddress& address, std::uint16_t port, Outbox& out) {
    ROLLCALL_CHECK(!address.empty() && port != 0);
    bool moved = false;
    within(*impl_, now, out, [&] {
        moved = impl_->move.to(now, address, port, out);
        if (!moved) return;
        impl_->beliefs.mark_contested(now);
        impl_->push_pull_ticker.no_later_than(now + kFastPushPull);
    });
    return moved;
}

bool Node::was_ours(const WireAddress& address, std::uint16_t port) const {
    return impl_->move.was_ours(address, port, Incarnation{0});
}

std::optional<ConfigError> Node::reconfigure(Time now, const TimingSettings& timing, Outbox& out) {
    Config changed = impl_->context.config;
    timing.put_into(changed);
    if (auto error = changed.validate()) return error;
    within(*impl_, now, out, [&] { impl_->reconfigure(now, timing); });
    return {};
}

std::optional<CommandError> Node::send_user(Time now, Endpoint to, Bytes message, Outbox& out) {
    std::optional<CommandError> error;
    within(*impl_, now, out, [&] {
        const Bytes whole = impl_->packets.encode([&](ByteWriter& writer) {
            writer.u8(static_cast<std::uint8_t>(wire::MessageType::user));
            writer.append(message);
        });
        if (whole.empty() || whole.size() + impl_->context.codec.overhead() > wire::kMaxDatagram) {
            error = CommandError::message_too_large;
            return;
        }
        impl_->packets.send_bare(to, std::span{&whole, 1}, false, out);
    });
    return error;
}

const Config& Node::config() const {
    return impl_->context.config;
}
const MemberTable& Node::members() const {
    return impl_->context.table;
}
MemberId Node::self() const {
    return impl_->context.self;
}
Member Node::self_member() const {
    return impl_->context.me();
}
unsigned Node::alive_count() const {
    return impl_->context.live;
}
unsigned Node::health_score() const {
    return impl_->context.awareness.score();
}
std::optional<SendWatch::Failing> Node::sends_failing() const {
    return impl_->send_watch.failing();
}
std::size_t Node::broadcasts_queued() const {
    return impl_->context.broadcasts.size();
}
bool Node::leaving() const {
    return impl_->context.leaving;
}
const Stats& Node::stats() const {
    return impl_->context.stats;
}
wire::Keyring& Node::keyring() {
    return impl_->context.codec.keyring();
}
const wire::Keyring& Node::keyring() const {
    return std::as_const(impl_->context.codec).keyring();
}
std::optional<MemberId> Node::packet_sender() const {
    return impl_->context.packet_sender();
}
Rng& Node::rng() {
    return impl_->context.rng;
}

}  // namespace rollcall::membership
