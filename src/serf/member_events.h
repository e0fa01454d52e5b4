// SPDX-License-Identifier: Apache-2.0
//
// Emits and counts member events. The one place where members are erased, since every erased member
// is an event.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "serf/context.h"
#include "serf/members.h"
#include "serf/outbox.h"

namespace rollcall::serf {

class MemberEvents {
public:
    // Why a member's status changed; borrowed.
    struct Reason {
        std::string_view from = {};
        std::span<const std::string> accusers = {};
        bool by_intent = false;
    };

    explicit MemberEvents(Context& context) : context_{context} {}

    void report(const Effect& effect, std::string_view name, const Reason& why, Outbox& out);
    void erase(std::string_view name, Outbox& out);

private:
    Context& context_;
};

}  // namespace rollcall::serf
