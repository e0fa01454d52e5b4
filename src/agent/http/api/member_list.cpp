// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/member_list.h"

#include <chrono>
#include <utility>

namespace rollcall::agent::http {
namespace {

constexpr std::chrono::microseconds kStep{400};
constexpr std::size_t kBetweenLooks = 8;  // members between two looks at the clock

}  // namespace

Source::State MemberList::append(std::string& to) {
    if (!std::exchange(begun_, true)) to += parts_.head;
    const auto end = std::chrono::steady_clock::now() + kStep;
    std::string member;
    for (std::size_t count = 1; at_ < parts_.names.size(); ++count, ++at_) {
        if (to.size() >= kSlice) return State::more;
        if (count % kBetweenLooks == 0 && std::chrono::steady_clock::now() >= end) {
            return State::more;
        }
        const std::string& name = parts_.names[at_];
        member.clear();
        if (!parts_.write(name, member)) continue;
        if (written_ == parts_.limit) {
            to += parts_.tail_of_page(last_);
            return State::ended;
        }
        if (written_++ > 0) to += ',';
        to += member;
        if (parts_.tail_of_page) last_ = name;
    }
    to += parts_.tail;
    return State::ended;
}

}  // namespace rollcall::agent::http
