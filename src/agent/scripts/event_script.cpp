// SPDX-License-Identifier: Apache-2.0
#include "agent/scripts/event_script.h"

#include <utility>

namespace rollcall::agent {

Result<EventScript, std::string> EventScript::parse(std::string_view text) {
    const std::size_t equals = text.find('=');
    const bool filtered = equals != std::string_view::npos;
    auto filter = EventFilter::parse(filtered ? text.substr(0, equals) : "*");
    const std::string_view command = filtered ? text.substr(equals + 1) : text;
    if (!filter) {
        return std::string{
            "[FILTERS=]COMMAND, where filters are member-join, member-leave, member-failed, "
            "member-update, member-reap, user[:NAME], query[:NAME] or *, separated by commas "
            "without spaces"};
    }
    if (command.empty()) return std::string{"[FILTERS=]COMMAND with a command"};
    if (command.size() > kMaxCommand) return std::string{"a command of at most 64 KiB"};
    return EventScript{.filter = std::move(*filter), .command = std::string{command}};
}

}  // namespace rollcall::agent
