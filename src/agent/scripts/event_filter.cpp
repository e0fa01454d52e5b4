// SPDX-License-Identifier: Apache-2.0
#include "agent/scripts/event_filter.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rollcall::agent {
namespace {

constexpr std::array<std::string_view, 8> kEventKinds{
    "member-join", "member-leave", "member-failed", "member-update",
    "member-reap", "user",         "query",         "*"};

}  // namespace

std::optional<EventFilter> EventFilter::parse(std::string_view text) {
    if (text.size() > kMaxText) return {};
    if (text.empty()) text = "*";
    EventFilter filter;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view item = text.substr(0, comma);
        Entry entry{.event = std::string{item}};
        for (const std::string_view kind : {"user", "query"}) {
            if (item.starts_with(kind) && item.substr(kind.size()).starts_with(':')) {
                entry = {std::string{kind}, std::string{item.substr(kind.size() + 1)}};
            }
        }
        if (std::ranges::find(kEventKinds, entry.event) == kEventKinds.end()) return {};
        filter.entries_.push_back(std::move(entry));
        if (comma == std::string_view::npos) return filter;
        text.remove_prefix(comma + 1);
    }
}

bool EventFilter::wants(std::string_view event, std::string_view name) const {
    return std::ranges::any_of(entries_, [&](const Entry& entry) {
        return entry.event == "*" ||
               (entry.event == event && (entry.name.empty() || entry.name == name));
    });
}

std::vector<std::string> EventFilter::names() const {
    std::vector<std::string> names;
    for (const Entry& entry : entries_) names.push_back(entry.event + ":" + entry.name);
    return names;
}

}  // namespace rollcall::agent
