// SPDX-License-Identifier: Apache-2.0
#include "membership/leave_notifier.h"

#include <algorithm>

namespace rollcall::membership {
namespace {

// The leaver sends its leave directly to this many members, this many per gossip round. In a larger
// cluster the others learn of it by gossip.
constexpr std::size_t kMaxDirect = 256;
constexpr std::size_t kDirectPerRound = 32;

// Leaves of members that the table has removed. A member that missed the leave may probe its
// subject only after a whole round of its ring, when others have already removed it.
constexpr std::size_t kDepartedKept = 256;
constexpr Duration kDepartedKeptFor = std::chrono::minutes{10};

constexpr Duration kSecond = std::chrono::seconds{1};

}  // namespace

void LeaveNotifier::begin(Outbox& out) {
    if (context_.config.variant.multicast) return;  // rule V4: already sent to all
    for (const MemberId id : context_.table.ids()) {
        if (id != context_.self && context_.table.find(id)->is_live()) recipients_.push_back(id);
    }
    context_.rng.shuffle(std::span{recipients_});
    recipients_.resize(std::min(recipients_.size(), kMaxDirect));
    round(out);
}

void LeaveNotifier::round(Outbox& out) {
    if (!pending()) return;
    const Member me = context_.me();
    const std::size_t end = std::min(recipients_.size(), next_recipient_ + kDirectPerRound);
    for (; next_recipient_ < end; ++next_recipient_) {
        const auto recipient = context_.table.find(recipients_[next_recipient_]);
        if (recipient && recipient->is_live())
            send_leave(*recipient, me.name(), me.incarnation, out);
    }
}

void LeaveNotifier::answer_accusation(Time now, MemberId subject, std::string_view accuser,
                                      Outbox& out) {
    if (!is_current(subject)) return;
    const Member member = *context_.table.find(subject);
    notify_both(now, member.name(), member.incarnation, accuser, out);
}

void LeaveNotifier::answer_accusation(Time now, std::string_view subject, Incarnation accused,
                                      std::string_view accuser, Outbox& out) {
    while (!departed_.empty() && now - departed_.front().forgotten > kDepartedKeptFor) {
        departed_.erase(departed_.begin());
    }
    const auto found = std::ranges::find(departed_, subject, &Departed::name);
    if (found == departed_.end() || accused > found->incarnation) return;
    notify_both(now, found->name, found->incarnation, accuser, out);
}

void LeaveNotifier::answer_ping(Time now, MemberId subject, std::string_view asker, Outbox& out) {
    if (!is_current(subject)) return;
    const auto to = context_.table.id_of(asker);
    if (!to) return;
    const Member member = *context_.table.find(subject);
    notify_once(now, member.name(), member.incarnation, *to, out);
}

void LeaveNotifier::superseded(MemberId subject) {
    if (is_current(subject)) superseded_.push_back(subject);
}

bool LeaveNotifier::is_current(MemberId subject) const {
    return std::ranges::find(superseded_, subject) == superseded_.end();
}

void LeaveNotifier::reaped(Time now, MemberId subject) {
    const Member member = *context_.table.find(subject);
    if (member.state == State::left && is_current(subject)) {
        if (departed_.size() == kDepartedKept) departed_.erase(departed_.begin());
        departed_.push_back({std::string{member.name()}, member.incarnation, now});
    }
    std::erase(superseded_, subject);
}

void LeaveNotifier::returned(MemberId subject) {
    std::erase(superseded_, subject);
    if (departed_.empty()) return;
    const std::string_view name = context_.table.find(subject)->name();
    std::erase_if(departed_, [&](const Departed& departed) { return departed.name == name; });
}

void LeaveNotifier::notify_both(Time now, std::string_view subject, Incarnation incarnation,
                                std::string_view accuser, Outbox& out) {
    // The sender of the packet believes the accusation, and so does its author.
    if (const auto id = context_.table.id_of(accuser)) {
        notify_once(now, subject, incarnation, *id, out);
    }
    if (!context_.packet_from || !has_room(now)) return;
    for (const MemberId id : context_.table.ids()) {
        if (!context_.table.find(id)->is_at(*context_.packet_from)) continue;
        return notify_once(now, subject, incarnation, id, out);
    }
}

void LeaveNotifier::notify_once(Time now, std::string_view subject, Incarnation incarnation,
                                MemberId to, Outbox& out) {
    const Member recipient = *context_.table.find(to);
    if (to == context_.self || !recipient.is_live() || recipient.name() == subject) return;
    if (!may_notify(now, subject, to)) return;
    ++context_.stats.leaves_told;
    send_leave(recipient, subject, incarnation, out);
}

bool LeaveNotifier::may_notify(Time now, std::string_view subject, MemberId to) {
    const std::uint64_t hash = NameHash{}(subject);
    for (const Notified& last : notified_) {
        if (last.to == to && last.subject == hash && now - last.at < kSecond) return false;
    }
    if (!has_room(now)) {
        ++context_.stats.leaves_untold;
        return false;
    }
    if (!context_.answer_limits.admits_claim()) return false;
    ++answers_this_second_;
    if (notified_.size() < kAnswersPerSecond) {
        notified_.push_back({to, hash, now});
    } else {
        notified_[next_notified_++ % kAnswersPerSecond] = {to, hash, now};
    }
    return true;
}

bool LeaveNotifier::has_room(Time now) {
    if (now >= second_from_ + kSecond) {
        second_from_ = now;
        answers_this_second_ = 0;
    }
    return answers_this_second_ < kAnswersPerSecond;
}

// The application's message goes first, in a packet of its own: a Serf peer that receives the leave
// before the intent reports a failure, and it handles the parts of one packet in any order.
void LeaveNotifier::send_leave(const Member& to, std::string_view subject, Incarnation incarnation,
                               Outbox& out) {
    const bool checksum = takes_checksum(to);
    leave_message_.clear();
    context_.app.append_leave_message(subject, leave_message_);
    if (!leave_message_.empty()) {
        const Bytes message = packets_.encode([&](ByteWriter& writer) {
            writer.u8(static_cast<std::uint8_t>(wire::MessageType::user));
            writer.append(leave_message_);
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
