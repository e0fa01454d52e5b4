// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/member_list.h"

#include <utility>

#include "agent/http/budget.h"

namespace rollcall::agent::http {

// A look at the clock costs a hundredth of a member.
Source::State MemberList::append(std::string& to) {
    if (!std::exchange(begun_, true)) to += parts_.head;
    const Budget step{kStep};
    std::string member;
    while (const std::string* const name = parts_.control.name_after(looked_at_)) {
        member.clear();
        if (parts_.write(*name, member)) {
            if (count_ >= parts_.limit) {
                const std::string tail = parts_.tail_of_page(written_);
                to += tail;
                if (!tail.empty()) return State::ended;
            }
            if (count_++ > 0) to += ',';
            to += member;
            if (parts_.tail_of_page) written_ = *name;
        }
        looked_at_ = *name;
        if (to.size() >= kSlice || !step.left()) return State::more;
    }
    to += parts_.tail;
    return State::ended;
}

}  // namespace rollcall::agent::http
