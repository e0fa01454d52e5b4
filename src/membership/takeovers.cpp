// SPDX-License-Identifier: Apache-2.0
#include "membership/takeovers.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rollcall::membership {
namespace {

// As long as a probe takes to find a member silent (rule F1).
Duration time_to_answer(const Context& context, MemberId member) {
    constexpr Duration kAtLeast = std::chrono::milliseconds{300};
    return std::min(context.config.probe_interval,
                    std::max(4 * context.answer_time(member), kAtLeast));
}

}  // namespace

void Takeovers::left(MemberId member, bool by_itself) {
    if (by_itself) {
        hearsay_.erase(member.value());
    } else {
        hearsay_.insert(member.value());
    }
}

void Takeovers::forget(MemberId member) {
    hearsay_.erase(member.value());
    for (Asked& asked : asked_) {
        // It objected to the leave.
        if (asked.claim.member == member) asked.answered = true;
    }
}

bool Takeovers::hold(Time now, HeldClaim claim, Outbox& out) {
    const auto known = std::ranges::find(asked_, claim.member,
                                         [](const Asked& asked) { return asked.claim.member; });
    if (known != asked_.end()) {
        HeldClaim& held = known->claim;
        if (known->answered || held.address != claim.address || held.port != claim.port) {
            return false;
        }
        if (claim.incarnation > held.incarnation) held = std::move(claim);
        return true;
    }
    if (!has_room_for(claim)) {
        ++context_.stats.takeovers_unasked;
        return false;
    }
    ++context_.stats.takeovers_held;
    const MemberId member = claim.member;
    const Duration time = time_to_answer(context_, member);
    Asked& asked = asked_.emplace_back(Asked{.claim = std::move(claim),
                                             .old_address = context_.table.find(member)->endpoint(),
                                             .pause = time / (kPings + 1),
                                             .next = now,
                                             .end = now + time});
    const Member old = *context_.table.find(member);
    // One that answers our datagrams needs no stream.
    const bool by_stream =
        context_.config.tcp_pings && old.versions().pmax >= 3 && !context_.rtt.knows(member) &&
        std::ranges::count_if(asked_, [](const Asked& other) { return other.stream.has_value(); }) <
            static_cast<std::ptrdiff_t>(kMostStreams);
    if (by_stream) {
        asked.stream = context_.next_sequence();
        streams_.ping_by_stream(now, old, *asked.stream, now + time, out);
    }
    ask(now, asked, out);
    return true;
}

bool Takeovers::has_room_for(const HeldClaim& claim) const {
    const auto same_source = std::ranges::count_if(
        asked_, [&](const Asked& asked) { return asked.claim.source.ip == claim.source.ip; });
    return asked_.size() < kMost && static_cast<std::size_t>(same_source) < kMostPerSource;
}

bool Takeovers::answered(SequenceNumber sequence) {
    for (Asked& asked : asked_) {
        const auto sent = std::span{asked.sequences}.first(asked.pings);
        if (asked.stream != sequence && std::ranges::find(sent, sequence) == sent.end()) continue;
        asked.answered = true;
        return true;
    }
    return false;
}

void Takeovers::ask(Time now, Asked& asked, Outbox& out) {
    const SequenceNumber sequence = context_.next_sequence();
    const MemberId member = asked.claim.member;
    if (context_.table.find(member)->state == State::left) {
        pings_.send_with_leave(member, sequence, out);
    } else {
        pings_.send_alone(asked.old_address, asked.claim.name, sequence, out);
    }
    asked.sequences[asked.pings++] = sequence;
    asked.next = now + asked.pause;
}

void Takeovers::handle_timeout(Time now, Outbox& out) {
    for (Asked& asked : asked_) {
        if (now < asked.next || asked.answered || asked.pings == kPings) continue;
        if (is_still_there(asked)) ask(now, asked, out);
    }
}

std::optional<Takeovers::Decided> Takeovers::pop_decided(Time now) {
    std::erase_if(asked_, [&](const Asked& asked) { return !is_still_there(asked); });
    const auto found =
        std::ranges::find_if(asked_, [&](const Asked& asked) { return now >= asked.end; });
    if (found == asked_.end()) return {};
    Decided decided{.claim = std::move(found->claim), .silent = !found->answered};
    asked_.erase(found);
    return decided;
}

bool Takeovers::is_still_there(const Asked& asked) const {
    const auto member = context_.table.find(asked.claim.member);
    return member && member->endpoint() == asked.old_address;
}

void Takeovers::start_again(Time now) {
    for (Asked& asked : asked_) {
        if (asked.answered) continue;
        asked.pings = 0;
        asked.next = now;
        asked.end = now + (kPings + 1) * asked.pause;
    }
}

std::optional<Time> Takeovers::next_deadline() const {
    std::optional<Time> next;
    for (const Asked& asked : asked_) {
        const bool more = asked.pings < kPings && !asked.answered;
        const Time at = more ? asked.next : asked.end;
        if (!next || at < *next) next = at;
    }
    return next;
}

}  // namespace rollcall::membership
