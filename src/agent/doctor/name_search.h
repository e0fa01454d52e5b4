// SPDX-License-Identifier: Apache-2.0
//
// Looks among all members for the one whose name is nearest to a wrong one. With many members that
// takes several milliseconds, so it is done a few names at a time, and the loop goes on between.
// Ends when it is destroyed, also from within its callback. The loop's thread.
#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <string_view>

#include "agent/session/control.h"
#include "base/nearest.h"
#include "transport/uv_timer.h"

namespace rollcall::agent {

class NameSearch {
public:
    // Gets "" if no name is near. Called once, later.
    using Found = std::function<void(const std::string& name)>;

    NameSearch(uv_loop_t& loop, const Control& control, std::string_view wrong, Found found);
    NameSearch(const NameSearch&) = delete;
    NameSearch& operator=(const NameSearch&) = delete;

private:
    void step();

    const Control& control_;
    Nearest nearest_;
    std::string looked_at_;  // the last name
    Found found_;
    transport::Timer<NameSearch> timer_;
};

}  // namespace rollcall::agent
