// SPDX-License-Identifier: Apache-2.0
#include "membership/move.h"

#include <algorithm>
#include <chrono>

#include "membership/claims.h"

namespace rollcall::membership {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostFormer = 8;
constexpr std::size_t kAtOnce = 64;  // members told in one go
constexpr milliseconds kBetween{50};
constexpr std::size_t kMostMet = 64;  // anyone may claim to be a member elsewhere
// Datagrams get lost: everybody is told again after these times.
constexpr std::array<milliseconds, 3> kAgain{milliseconds{1000}, milliseconds{3000},
                                             milliseconds{10000}};

bool is_at(const Move::Former& former, const WireAddress& address, std::uint16_t port) {
    return former.address == address && former.port == port;
}

}  // namespace

bool Move::to(Time now, const WireAddress& address, std::uint16_t port, Outbox& out) {
    const Member me = context_.me();
    if (context_.leaving || (me.address() == address && me.port() == port)) return false;
    std::erase_if(former_, [&](const Former& f) { return is_at(f, me.address(), me.port()); });
    // One for the last claim at the old address, one for the first at the new: whichever comes
    // first, they cannot be mixed up.
    const Incarnation last =
        me.incarnation < kHighestAlive ? me.incarnation.next() : me.incarnation;
    const Incarnation first = last < kHighestAlive ? last.next() : last;
    former_.push_back({me.address(), me.port(), last});
    if (former_.size() > kMostFormer) former_.pop_front();
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
    left_to_tell_.clear();
    met_.clear();
    due_ = now;
    handle_timeout(now, out);
    return true;
}

bool Move::was_ours(const WireAddress& address, std::uint16_t port, Incarnation incarnation) const {
    return std::ranges::any_of(former_, [&](const Former& former) {
        return is_at(former, address, port) && incarnation <= former.last;
    });
}

std::optional<Move::Former> Move::last() const {
    if (former_.empty()) return {};
    return former_.back();
}

void Move::handle_timeout(Time now, Outbox& out) {
    if (!due_ || now < *due_) return;
    due_.reset();
    if (context_.leaving || former_.empty()) return;
    const bool starts = left_to_tell_.empty();
    if (starts) {
        // A member that left may be gone: nothing is sent to it. One considered dead may be alive:
        // our own network was down.
        for (const MemberId id : context_.table.ids()) {
            if (id != context_.self && context_.table.find(id)->state != State::left) {
                left_to_tell_.push_back(id);
            }
        }
    }
    // The first pass comes before any meeting: those met since are told with each later one.
    if (starts) {
        for (const Met& met : met_) tell(met.at, met.checksum, false, out);
    }
    for (std::size_t told = 0; told < kAtOnce && !left_to_tell_.empty(); ++told) {
        const auto member = context_.table.find(left_to_tell_.back());
        left_to_tell_.pop_back();
        // A peer may have declared us dead while we had no address; nobody has us at the new one
        // yet, so nobody is confused by a claim at the old.
        if (member) tell(member->endpoint(), takes_checksum(*member), pass_ == 0, out);
    }
    if (!left_to_tell_.empty()) {
        due_ = now + kBetween;
    } else if (pass_ < kAgain.size()) {
        due_ = now + kAgain[pass_++];
    }
}

void Move::revive_at(const Endpoint& peer, Outbox& out) {
    if (former_.empty() || context_.leaving) return;
    const auto address = peer.to_wire();
    constexpr std::size_t kMost = 8;  // behind one address
    std::size_t told = 0;
    for (const MemberId id : context_.table.ids()) {
        const Member member = *context_.table.find(id);
        if (id == context_.self || member.address() != address || told++ == kMost) continue;
        tell(member.endpoint(), takes_checksum(member), true, out);
    }
}

void Move::meet(const Endpoint& peer, bool checksum, Outbox& out) {
    if (!due_ || context_.leaving || met_.size() == kMostMet) return;
    if (std::ranges::find(met_, peer, &Met::at) != met_.end()) return;
    met_.push_back({peer, checksum});
    tell(peer, checksum, false, out);
}

void Move::tell(const Endpoint& to, bool checksum, bool revive, Outbox& out) {
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
    // Much metadata: a packet each, which the network keeps in order as a rule.
    constexpr std::size_t kHeads = 64;
    if (claims_.size() + kHeads + context_.codec.overhead() <= context_.config.packet_size) {
        return packets_.send_bare(to, std::span{parts}.first(count), checksum, out);
    }
    for (std::size_t i = 0; i < count; ++i) {
        packets_.send_bare(to, std::span{parts}.subspan(i, 1), checksum, out);
    }
}

}  // namespace rollcall::membership
