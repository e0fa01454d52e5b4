// SPDX-License-Identifier: Apache-2.0
#include "membership/last_words.h"

#include <algorithm>
#include <utility>

namespace rollcall::membership {

void LastWords::begin(Time now, Suspicions::Expired expired, Outbox& out) {
    const Time end = now + expired.bounds.lead;
    Asked& asked =
        asked_.emplace_back(Asked{.expired = std::move(expired), .end = end, .next = now});
    if (asked_.size() > kMost) {
        ++context_.stats.last_words_refused;
        asked.pings = kPings;
        asked.next = end;
        return;
    }
    ++context_.stats.last_words;
    handle_timeout(now, out);
}

void LastWords::handle_timeout(Time now, Outbox& out) {
    std::erase_if(asked_,
                  [&](const Asked& asked) { return !still_suspect(context_, asked.expired); });
    for (Asked& asked : asked_) {
        if (asked.pings == kPings || asked.next > now || asked.answered) continue;
        const SequenceNumber sequence = context_.next_sequence();
        pings_.send_with_suspicion(asked.expired.member, sequence, out);
        asked.sequences[asked.pings++] = sequence;
        // The last ping leaves time for its answer.
        asked.next = asked.pings == kPings ? asked.end : now + asked.pause;
    }
}

bool LastWords::ack_arrived(SequenceNumber sequence) {
    for (Asked& asked : asked_) {
        const auto sent = std::span{asked.sequences}.first(asked.pings);
        if (std::ranges::find(sent, sequence) == sent.end()) continue;
        asked.answered = true;
        return true;
    }
    return false;
}

std::optional<Suspicions::Expired> LastWords::pop_answered() {
    const auto found = std::ranges::find(asked_, true, &Asked::answered);
    if (found == asked_.end()) return {};
    ++context_.stats.last_words_answered;
    Suspicions::Expired expired = std::move(found->expired);
    asked_.erase(found);
    return expired;
}

std::optional<Suspicions::Expired> LastWords::pop_silent(Time now) {
    const auto found = std::ranges::find_if(
        asked_, [&](Asked& asked) { return asked.end <= now && may_be_declared(now, asked); });
    if (found == asked_.end()) return {};
    Suspicions::Expired expired = std::move(found->expired);
    asked_.erase(found);
    return expired;
}

// Rule F6. While the verdict is held, the member is asked again.
bool LastWords::may_be_declared(Time now, Asked& asked) const {
    const Gate::Closed closed = context_.gate_closed(now);
    if (closed == Gate::Closed::no) return true;
    const Time since = asked.held_since.value_or(now);
    const unsigned hold = closed == Gate::Closed::isolated ? kIsolatedHold : kUnansweredHold;
    if (now >= since + hold * slow_interval(context_.config)) return true;
    if (!asked.held_since) ++context_.stats.verdicts_held;
    asked.held_since = since;
    asked.end = now + context_.config.probe_interval;
    asked.next = asked.end - asked.expired.bounds.lead;
    asked.pings = 0;
    return false;
}

std::vector<Suspicions::Expired> LastWords::give_up() {
    std::vector<Suspicions::Expired> all;
    for (Asked& asked : std::exchange(asked_, {})) all.push_back(std::move(asked.expired));
    return all;
}

std::optional<Time> LastWords::next_deadline() const {
    std::optional<Time> next;
    for (const Asked& asked : asked_) {
        const Time at = std::min(asked.next, asked.end);
        if (!next || at < *next) next = at;
    }
    return next;
}

}  // namespace rollcall::membership
