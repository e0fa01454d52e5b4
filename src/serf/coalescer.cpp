// SPDX-License-Identifier: Apache-2.0
#include "serf/coalescer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rollcall::serf {

void CoalesceDeadline::event_at(Time now) {
    if (!at_) latest_ = now + times_.window;
    at_ = std::min(latest_, now + times_.quiet);
}

UserEventCoalescer::Due UserEventCoalescer::offer(Time now, UserEventReceived event) {
    Due due = expire(now);
    if (!event.coalesce) {
        due.push_back(std::move(event));
        return due;
    }
    deadline_.event_at(now);
    Due& newest = held_[event.name];
    if (!newest.empty() && event.time < newest.front().time) return due;
    if (!newest.empty() && event.time > newest.front().time) {
        count_ -= newest.size();
        newest.clear();
    }
    newest.push_back(std::move(event));
    if (++count_ >= kMostHeld) std::ranges::move(flush(), std::back_inserter(due));
    return due;
}

UserEventCoalescer::Due UserEventCoalescer::expire(Time now) {
    return deadline_.due(now) ? flush() : Due{};
}

UserEventCoalescer::Due UserEventCoalescer::flush() {
    Due due;
    due.reserve(count_);
    for (auto& [name, events] : held_) std::ranges::move(events, std::back_inserter(due));
    held_.clear();
    count_ = 0;
    deadline_.clear();
    return due;
}

MemberEventCoalescer::Due MemberEventCoalescer::offer(Time now, const MemberEvent& event) {
    Due due = expire(now);
    deadline_.event_at(now);
    held_.insert_or_assign(event.member.name, event);
    if (held_.size() >= kMostHeld) std::ranges::move(flush(), std::back_inserter(due));
    return due;
}

MemberEventCoalescer::Due MemberEventCoalescer::expire(Time now) {
    return deadline_.due(now) ? flush() : Due{};
}

MemberEventCoalescer::Due MemberEventCoalescer::flush() {
    using enum MemberEventKind;
    Due due;
    for (const MemberEventKind kind : {join, leave, failed, update, reap}) {
        MemberEventGroup group{.kind = kind};
        for (auto& [name, event] : held_) {
            if (event.kind != kind) continue;
            const auto last = reported_.find(name);
            if (kind != update && last != reported_.end() && last->second == kind) continue;
            if (kind == reap) {
                reported_.erase(name);
            } else {
                reported_.insert_or_assign(name, kind);
            }
            group.members.push_back(std::move(event.member));
        }
        if (!group.members.empty()) due.push_back(std::move(group));
    }
    held_.clear();
    deadline_.clear();
    return due;
}

}  // namespace rollcall::serf
