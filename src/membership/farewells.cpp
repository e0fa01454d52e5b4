// SPDX-License-Identifier: Apache-2.0
#include "membership/farewells.h"

#include <algorithm>

namespace rollcall::membership {
namespace {

// The leaver tells so many members directly, so many with each round of gossip. In a larger cluster
// the others hear it by gossip.
constexpr std::size_t kToldDirectly = 256;
constexpr std::size_t kToldEachRound = 32;

// Leaves of members that the table has forgotten. A member that missed the leave may probe its
// subject only after a whole round of its ring, when others have forgotten it.
constexpr std::size_t kDepartedKept = 256;
constexpr Duration kDepartedKeptFor = std::chrono::minutes{10};

constexpr Duration kSecond = std::chrono::seconds{1};

}  // namespace

void Farewells::begin(Outbox& out) {
    if (context_.config.variant.multicast) return;  // rule V4: everybody has been told
    for (const MemberId id : context_.table.ids()) {
        if (id != context_.self && context_.table.find(id)->is_live()) listeners_.push_back(id);
    }
    context_.rng.shuffle(std::span{listeners_});
    listeners_.resize(std::min(listeners_.size(), kToldDirectly));
    round(out);
}

void Farewells::round(Outbox& out) {
    if (!pending()) return;
    const Member me = context_.me();
    const std::size_t end = std::min(listeners_.size(), next_listener_ + kToldEachRound);
    for (; next_listener_ < end; ++next_listener_) {
        const auto listener = context_.table.find(listeners_[next_listener_]);
        if (listener && listener->is_live()) tell(*listener, me.name(), me.incarnation, out);
    }
}

void Farewells::answer_accusation(Time now, MemberId subject, std::string_view accuser,
                                  Outbox& out) {
    if (!is_current(subject)) return;
    const Member member = *context_.table.find(subject);
    tell_both(now, member.name(), member.incarnation, accuser, out);
}

void Farewells::answer_accusation(Time now, std::string_view subject, Incarnation accused,
                                  std::string_view accuser, Outbox& out) {
    while (!departed_.empty() && now - departed_.front().forgotten > kDepartedKeptFor) {
        departed_.pop_front();
    }
    const auto found = std::ranges::find(departed_, subject, &Departed::name);
    if (found == departed_.end() || accused > found->incarnation) return;
    tell_both(now, found->name, found->incarnation, accuser, out);
}

void Farewells::answer_ping(Time now, MemberId subject, std::string_view asker, Outbox& out) {
    if (!is_current(subject)) return;
    const auto to = context_.table.id_of(asker);
    if (!to) return;
    const Member member = *context_.table.find(subject);
    tell_once(now, member.name(), member.incarnation, *to, out);
}

void Farewells::superseded(MemberId subject) {
    if (is_current(subject)) superseded_.push_back(subject);
}

bool Farewells::is_current(MemberId subject) const {
    return std::ranges::find(superseded_, subject) == superseded_.end();
}

void Farewells::reaped(Time now, MemberId subject) {
    const Member member = *context_.table.find(subject);
    if (member.state == State::left && is_current(subject)) {
        if (departed_.size() == kDepartedKept) departed_.pop_front();
        departed_.push_back({std::string{member.name()}, member.incarnation, now});
    }
    std::erase(superseded_, subject);
}

void Farewells::returned(MemberId subject) {
    std::erase(superseded_, subject);
    if (departed_.empty()) return;
    const std::string_view name = context_.table.find(subject)->name();
    std::erase_if(departed_, [&](const Departed& departed) { return departed.name == name; });
}

void Farewells::tell_both(Time now, std::string_view subject, Incarnation incarnation,
                          std::string_view accuser, Outbox& out) {
    // The sender of the packet believes the accusation, and so does its author.
    if (const auto id = context_.table.id_of(accuser)) {
        tell_once(now, subject, incarnation, *id, out);
    }
    if (!context_.packet_from || !has_room(now)) return;
    for (const MemberId id : context_.table.ids()) {
        if (!context_.table.find(id)->is_at(*context_.packet_from)) continue;
        return tell_once(now, subject, incarnation, id, out);
    }
}

void Farewells::tell_once(Time now, std::string_view subject, Incarnation incarnation, MemberId to,
                          Outbox& out) {
    const Member listener = *context_.table.find(to);
    if (to == context_.self || !listener.is_live() || listener.name() == subject) return;
    if (!may_tell(now, subject, to)) return;
    ++context_.stats.leaves_told;
    tell(listener, subject, incarnation, out);
}

bool Farewells::may_tell(Time now, std::string_view subject, MemberId to) {
    const std::uint64_t hash = NameHash{}(subject);
    const std::size_t held = std::min(told_count_, told_.size());
    for (std::size_t i = 0; i < held; ++i) {
        const Told& told = told_[i];
        if (told.to == to && told.subject == hash && now - told.at < kSecond) return false;
    }
    if (!has_room(now)) {
        ++context_.stats.leaves_untold;
        return false;
    }
    ++told_this_second_;
    told_[told_count_++ % told_.size()] = {to, hash, now};
    return true;
}

bool Farewells::has_room(Time now) {
    if (now >= second_from_ + kSecond) {
        second_from_ = now;
        told_this_second_ = 0;
    }
    return told_this_second_ < kAnswersPerSecond;
}

// What the application says of a leave goes first, in a packet of its own: a Serf peer that hears
// of the departure before the intent calls it a failure, and takes the parts of one packet in any
// order.
void Farewells::tell(const Member& to, std::string_view subject, Incarnation incarnation,
                     Outbox& out) {
    const bool checksum = takes_checksum(to);
    words_.clear();
    context_.app.words_of_leave(subject, words_);
    if (!words_.empty()) {
        const Bytes message = packets_.encode([&](ByteWriter& writer) {
            writer.u8(static_cast<std::uint8_t>(wire::MessageType::user));
            writer.append(words_);
        });
        if (!message.empty()) {
            packets_.send_bare(to.endpoint(), std::span{&message, 1}, checksum, out);
        }
    }
    const Bytes message = packets_.encode([&](ByteWriter& writer) {
        wire::encode_dead({.node = subject, .incarnation = incarnation, .from = subject}, writer);
    });
    if (message.empty()) return;
    packets_.send_bare(to.endpoint(), std::span{&message, 1}, checksum, out);
}

}  // namespace rollcall::membership
