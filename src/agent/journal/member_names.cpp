// SPDX-License-Identifier: Apache-2.0
#include "agent/journal/member_names.h"

namespace rollcall::agent {

void MemberNames::handle(const serf::MemberEvent& event) {
    using serf::MemberEventKind;
    if (event.kind == MemberEventKind::join) {
        names_.insert(event.member.name);
    } else if (event.kind == MemberEventKind::reap) {
        names_.erase(event.member.name);
    }
}

const std::string* MemberNames::after(std::string_view name) const {
    const auto next = names_.upper_bound(name);
    return next == names_.end() ? nullptr : &*next;
}

}  // namespace rollcall::agent
