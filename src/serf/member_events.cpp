// SPDX-License-Identifier: Apache-2.0
#include "serf/member_events.h"

#include <utility>

#include "base/check.h"

namespace rollcall::serf {

void MemberEvents::report(const Effect& effect, std::string_view name, const Reason& why,
                          Outbox& out) {
    if (!effect.event) return;
    const Member* member = std::as_const(context_.members).find(name);
    ROLLCALL_CHECK(member != nullptr);
    Stats& stats = context_.stats;
    switch (*effect.event) {
        case MemberEventKind::join:
            ++stats.joined;
            break;
        case MemberEventKind::leave:
            ++stats.left_total;
            break;
        case MemberEventKind::failed:
            ++stats.failed_total;
            break;
        case MemberEventKind::update:
            ++stats.updated;
            break;
        case MemberEventKind::reap:
            ++stats.reaped;
            break;
    }
    out.notify_serf(MemberEvent{.kind = *effect.event,
                                .member = member->record(),
                                .from = std::string{why.from},
                                .accusers = {why.accusers.begin(), why.accusers.end()},
                                .by_intent = *effect.event == MemberEventKind::leave &&
                                             (why.by_intent || !why.from.empty())});
}

void MemberEvents::erase(std::string_view name, Outbox& out) {
    report({.event = MemberEventKind::reap}, name, {}, out);
    context_.members.erase(name);
}

}  // namespace rollcall::serf
