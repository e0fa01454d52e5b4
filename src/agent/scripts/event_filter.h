// SPDX-License-Identifier: Apache-2.0
//
// Filter of a stream or script: a comma-separated list of "member-join" ..., "user", "query", "*",
// "user:NAME" and "query:NAME" without spaces; an empty list matches all events. Pure values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::agent {

class EventFilter {
public:
    static constexpr std::size_t kMaxText = 4096;  // bytes of the list

    // nullopt: an unknown kind of event, or a list that is too long.
    [[nodiscard]] static std::optional<EventFilter> parse(std::string_view text);
    // `event` is "member-join", "user"...; `name` that of a user event or query, else "".
    [[nodiscard]] bool wants(std::string_view event, std::string_view name = {}) const;

    // "member-join:", "user:deploy" ... in the order given, as Serf names them in its figures.
    [[nodiscard]] std::vector<std::string> names() const;

private:
    struct Entry {
        std::string event;
        std::string name;  // "": any
    };
    std::vector<Entry> entries_;
};

}  // namespace rollcall::agent
