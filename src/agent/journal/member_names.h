// SPDX-License-Identifier: Apache-2.0
//
// The names of all members that Serf's table has, in order, kept up to date from its events. Long
// lists walk them from name to name and need no copy: a member that is gone is not met, and one
// that joined behind the place is. Bounded by that table. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "serf/events.h"

namespace rollcall::agent {

class MemberNames {
public:
    // All of them: a member joins before it can be anything else, and is reaped when it is erased.
    void handle(const serf::MemberEvent& event);

    // The next name in order, null at the end; the one after "" is the first, since no member has
    // an empty name. Valid until the next event.
    [[nodiscard]] const std::string* after(std::string_view name) const;
    [[nodiscard]] std::size_t size() const { return names_.size(); }

private:
    std::set<std::string, std::less<>> names_;
};

}  // namespace rollcall::agent
