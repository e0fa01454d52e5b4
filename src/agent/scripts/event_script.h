// SPDX-License-Identifier: Apache-2.0
//
// Which command an operator wants run on which events: `[FILTERS=]COMMAND`, as in Serf. The
// command is for /bin/sh. Pure values; running it is agent/scripts/event_handlers.h's business.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/scripts/event_filter.h"
#include "base/result.h"

namespace rollcall::agent {

struct EventScript {
    static constexpr std::size_t kMaxCommand = std::size_t{64} << 10;  // bytes

    EventFilter filter;
    std::string command;

    // What stands before the first '=' are the filters; without a '=' it is for all events. The
    // error says what is allowed.
    [[nodiscard]] static Result<EventScript, std::string> parse(std::string_view text);
};

}  // namespace rollcall::agent
