// SPDX-License-Identifier: Apache-2.0
#include "membership/node.h"

#include <utility>

#include "membership/node_impl.h"

namespace rollcall::membership {
namespace {

// Wraps every call from outside.
template <class Impl, class Act>
void within(Impl& impl, Time now, Outbox& out, Act&& act) {
    impl.enter(now, out);
    act();
    impl.leave_call(out);
}

}  // namespace

Node::Node(Config config, Application& app, wire::EntropySource& entropy, std::uint64_t seed,
           std::shared_ptr<ProfilePool> profiles, WorkClock& clock)
    : impl_{std::make_unique<Impl>(std::move(config), app, entropy, seed, std::move(profiles),
                                   clock)} {
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
        impl_->packet = {.now = now, .from = from, .out = &out};
        impl_->context.packet_from = from;
        impl_->context.answer_limits.datagram_begins();
        impl_->context.for_former_self = false;
        impl_->link_tests.packet_arrived(from);
        impl_->context.codec.open(packet, *impl_);
        impl_->context.answer_limits.datagram_ends();
        impl_->context.packet_from.reset();
    });
}

void Node::handle_send_error(Time now, Endpoint to, SendError error, Outbox& out) {
    within(*impl_, now, out, [&] {
        ++impl_->context.stats.send_errors;
        const bool of_test = impl_->link_tests.send_failed(to, error);
        if (!of_test && error.kind != SendError::unreachable) {
            impl_->send_watch.failed(now, error.number);
        }
        impl_->prober.send_failed(now, to, error, out);
        impl_->vigils.send_failed(to, error);
    });
}

void Node::handle_timeout(Time now, Outbox& out) {
    within(*impl_, now, out, [&] { impl_->handle_timeout(now, out); });
}

void Node::handle_sends_blocked(Time now, bool blocked, Outbox& out) {
    within(*impl_, now, out, [&] { impl_->stuck = {.blocked = blocked}; });
}

void Node::handle_stream_accepted(Time now, StreamId id, Endpoint from, Outbox& out) {
    within(*impl_, now, out, [&] {
        impl_->link_tests.stream_accepted(from);
        impl_->streams.accepted(now, id, from, out);
    });
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

void Node::exchange_soon(Time now) {
    impl_->push_pull_ticker.no_later_than(now + kFastPushPull);
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

std::optional<RequestId> Node::test_link(Time now, const LinkTestPlan& plan, Outbox& out) {
    const RequestId request = impl_->next_request();
    bool started = false;
    within(*impl_, now, out, [&] { started = impl_->link_tests.start(now, request, plan, out); });
    if (!started) return {};
    return request;
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
std::span<const std::string> Node::accusers(MemberId member) const {
    return impl_->beliefs.suspicions().accusers(member);
}
bool Node::acknowledged() const {
    return impl_->context.acknowledged;
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
wire::Encryption Node::encryption() const {
    return impl_->context.codec.config().encryption;
}
void Node::set_encryption(wire::Encryption encryption) {
    impl_->context.codec.set_encryption(encryption);
}
bool Node::encrypts() const {
    return !keyring().empty() && encryption() >= wire::Encryption::send;
}
const PlainText& Node::plain_text() const {
    return impl_->context.plain_text;
}
std::optional<MemberId> Node::packet_sender() const {
    return impl_->context.packet_sender();
}
Rng& Node::rng() {
    return impl_->context.rng;
}
WorkClock& Node::work_clock() {
    return impl_->context.clock;
}

}  // namespace rollcall::membership
