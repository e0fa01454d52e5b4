// SPDX-License-Identifier: Apache-2.0
//
// An event handler's setting: a command for /bin/sh and the events that it runs on, given as
// `[FILTERS=]COMMAND`, as in Serf. Pure values; agent/scripts/event_handlers.h runs it.
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

    // The filters end at the first '='; without a '=' the command is for all events. The error says
    // what is allowed.
    [[nodiscard]] static Result<EventScript, std::string> parse(std::string_view text);
};

}  // namespace rollcall::agent
