// SPDX-License-Identifier: Apache-2.0
#include "membership/move.h"

#include <algorithm>
#include <chrono>

#include "membership/claims.h"

namespace rollcall::membership {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxFormer = 8;
constexpr std::size_t kBatch = 64;  // members notified at once
constexpr milliseconds kBatchInterval{50};
constexpr std::size_t kMaxMovedPeers = 64;  // anyone may claim to be a member elsewhere
// Datagrams get lost: all members are notified again after these times.
constexpr std::array<milliseconds, 3> kRepeatAfter{milliseconds{1000}, milliseconds{3000},
                                                   milliseconds{10000}};

bool is_at(const Move::Former& former, const WireAddress& address, std::uint16_t port) {
    return former.address == address && former.port == port;
}

}  // namespace

bool Move::to(Time now, const WireAddress& address, std::uint16_t port, Outbox& out) {
    const Member me = context_.me();
    if (context_.leaving || (me.address() == address && me.port() == port)) return false;
    std::erase_if(former_, [&](const Former& f) { return is_at(f, me.address(), me.port()); });
    // One for the last claim at the old address, one for the first at the new one, so that they
    // cannot be confused, in whatever order they arrive.
    const Incarnation last =
        me.incarnation < kHighestAlive ? me.incarnation.next() : me.incarnation;
    const Incarnation first = last < kHighestAlive ? last.next() : last;
    former_.push_back({me.address(), me.port(), last});
    if (former_.size() > kMaxFormer) former_.erase(former_.begin());
    std::erase_if(former_, [&](const Former& f) { return is_at(f, address, port); });

    const std::vector<std::byte> meta(as_bytes(me.meta()).begin(), as_bytes(me.meta()).end());
    context_.config.address = address;
    context_.config.port = port;
    context_.table.set_profile(context_.self, {.name = context_.config.name,
                                               .meta = as_text(meta),
                                               .address = address,
                                               .port = port,
                                               .versions = context_.config.versions});
    context_.table.set_incarnation(context_.self, first);
    out.notify(MemberUpdated{context_.about(context_.self)});
    pass_ = 0;
    unnotified_.clear();
    moved_peers_.clear();
    due_ = now;
    handle_timeout(now, out);
    return true;
}

bool Move::was_ours(const WireAddress& address, std::uint16_t port, Incarnation incarnation) const {
    return std::ranges::any_of(former_, [&](const Former& former) {
        return is_at(former, address, port) && incarnation <= former.last;
    });
}

bool Move::left_at(Incarnation incarnation) const {
    return std::ranges::find(former_, incarnation, &Former::last) != former_.end();
}

std::optional<Move::Former> Move::last() const {
    if (former_.empty()) return {};
    return former_.back();
}

void Move::handle_timeout(Time now, Outbox& out) {
    if (!due_ || now < *due_) return;
    due_.reset();
    if (context_.leaving || former_.empty()) return;
    const bool starts = unnotified_.empty();
    if (starts) {
        // A member that left may be gone: nothing is sent to it. One considered dead may be alive:
        // perhaps our own network was down.
        for (const MemberId id : context_.table.ids()) {
            if (id != context_.self && context_.table.find(id)->state != State::left) {
                unnotified_.push_back(id);
            }
        }
    }
    // Empty in the first pass; peers that moved since then are notified in each later one.
    if (starts) {
        for (const MovedPeer& peer : moved_peers_) send_claims(peer.at, peer.checksum, false, out);
    }
    for (std::size_t sent = 0; sent < kBatch && !unnotified_.empty(); ++sent) {
        const auto member = context_.table.find(unnotified_.back());
        unnotified_.pop_back();
        // A peer may have declared us dead while we had no address. In the first pass no peer has
        // the new one yet, so a claim at the old address confuses none.
        if (member) send_claims(member->endpoint(), takes_checksum(*member), pass_ == 0, out);
    }
    if (!unnotified_.empty()) {
        due_ = now + kBatchInterval;
    } else if (pass_ < kRepeatAfter.size()) {
        due_ = now + kRepeatAfter[pass_++];
    }
}

void Move::revive_at(const Endpoint& peer, Outbox& out) {
    if (former_.empty() || context_.leaving) return;
    const auto address = peer.to_wire();
    constexpr std::size_t kMaxRevived = 8;  // behind one address
    std::size_t sent = 0;
    for (const MemberId id : context_.table.ids()) {
        const Member member = *context_.table.find(id);
        if (id == context_.self || member.address() != address || sent++ == kMaxRevived) continue;
        send_claims(member.endpoint(), takes_checksum(member), true, out);
    }
}

void Move::on_peer_moved(const Endpoint& peer, bool checksum, Outbox& out) {
    if (!due_ || context_.leaving || moved_peers_.size() == kMaxMovedPeers) return;
    if (std::ranges::find(moved_peers_, peer, &MovedPeer::at) != moved_peers_.end()) return;
    moved_peers_.push_back({peer, checksum});
    send_claims(peer, checksum, false, out);
}

void Move::send_claims(const Endpoint& to, bool checksum, bool revive, Outbox& out) {
    const Member me = context_.me();
    const Former& former = former_.back();
    claims_.clear();
    std::array<std::size_t, 3> ends{};
    std::size_t count = 0;
    const auto add = [&](Bytes message) {
        claims_.insert(claims_.end(), message.begin(), message.end());
        ends[count++] = claims_.size();
    };
    const auto alive = [&](const WireAddress& address, std::uint16_t port, Incarnation at) {
        add(packets_.encode([&](ByteWriter& writer) {
            wire::encode(wire::Alive{.node = me.name(),
                                     .incarnation = at,
                                     .address = address,
                                     .port = port,
                                     .meta = some_meta(me),
                                     .versions = me.versions()},
                         writer);
        }));
    };
    if (revive) alive(former.address, former.port, former.last);
    add(packets_.encode([&](ByteWriter& writer) {
        wire::encode_dead({.node = me.name(), .incarnation = former.last, .from = me.name()},
                          writer);
    }));
    alive(me.address(), me.port(), me.incarnation);

    std::array<Bytes, 3> parts{};
    std::size_t start = 0;
    for (std::size_t i = 0; i < count; ++i) {
        parts[i] = Bytes{claims_}.subspan(start, ends[i] - start);
        start = ends[i];
    }
    // Too much metadata for one packet: one packet each, which the network rarely reorders.
    constexpr std::size_t kHeads = 64;
    if (claims_.size() + kHeads + context_.codec.overhead() <= context_.config.packet_size) {
        return packets_.send_bare(to, std::span{parts}.first(count), checksum, out);
    }
    for (std::size_t i = 0; i < count; ++i) {
        packets_.send_bare(to, std::span{parts}.subspan(i, 1), checksum, out);
    }
}

}  // namespace rollcall::membership
