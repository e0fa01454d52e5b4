// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/reports.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/sanitize.h"

namespace rollcall::cli {

namespace {

constexpr std::size_t kLongestMessage = 400;
// About another member, logged by each agent.
constexpr std::array<std::string_view, 5> kChanges{"member-suspected", "suspicion-cleared",
                                                   "member-failed", "member-join", "member-leave"};

bool is_change(std::string_view event) {
    return std::ranges::find(kChanges, event) != kChanges.end();
}

// Those that every agent logs once the member's status has changed.
bool ends_with_all(std::string_view event) {
    return event == "member-failed" || event == "member-join" || event == "member-leave";
}

// A join is only worth a line if the member was not there: a new agent joins with all the others.
bool may_begin(std::string_view event) {
    return event == "member-suspected" || event == "member-failed" || event == "member-leave";
}

std::string message_of(const AgentLogLine& line) {
    return sanitized_head(line.message, kLongestMessage);
}

// "    2.03 s  n2   MESSAGE"
std::string row(WallTime began, WallTime at, std::string_view who, std::string_view what) {
    constexpr std::size_t kTimeColumns = 10;
    const std::string time = seconds_text(began, at);
    std::string name = sanitized(who);
    name.resize(std::max<std::size_t>(name.size(), 4), ' ');
    return std::string(kTimeColumns - std::min(kTimeColumns, time.size()), ' ') + time + "  " +
           name + ' ' + std::string{what};
}

}  // namespace

std::string seconds_text(WallTime from, WallTime to) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f s", std::chrono::duration<double>{to - from}.count());
    return text;
}

void Reports::on_action(std::string_view member, WallTime at) {
    episodes_.insert_or_assign(std::string{member}, Episode{.began = at, .spreads = {}});
}

std::vector<Report> Reports::on_line(const DemoAgent& agent, const AgentLogLine& line,
                                     const Agents& agents) {
    if (is_change(line.event)) {
        // What an agent logs about itself is the end of its own leave, or its start.
        if (line.member == agent.name) return {};
        return on_change(agent, line, agents);
    }
    if (line.level != "WARN" && line.level != "ERR") return {};
    const auto own = episodes_.find(agent.name);
    const WallTime began = own == episodes_.end() ? line.time : own->second.began;
    return {{line.event, row(began, line.time, agent.name, message_of(line))}};
}

std::vector<Report> Reports::on_change(const DemoAgent& agent, const AgentLogLine& line,
                                       const Agents& agents) {
    auto episode = episodes_.find(line.member);
    if (episode == episodes_.end()) {
        if (!may_begin(line.event)) return {};
        episode = episodes_.emplace(line.member, Episode{.began = line.time, .spreads = {}}).first;
    }
    // Logged before the action, and read after it.
    if (line.time < episode->second.began) return {};
    std::vector<Report> reports;
    const auto [spread, is_first] =
        episode->second.spreads.try_emplace(line.event, Spread{line.time, line.time});
    if (is_first) {
        reports.push_back(
            {line.event, row(episode->second.began, line.time, agent.name, message_of(line))});
    }
    spread->second.first = std::min(spread->second.first, line.time);
    spread->second.latest = std::max(spread->second.latest, line.time);
    if (spread->second.complete || !ends_with_all(line.event) ||
        !agents.all_see(line.member, line.status)) {
        return reports;
    }
    spread->second.complete = true;
    const std::size_t observers = agents.observers_of(line.member);
    if (observers > 1) {
        reports.push_back(
            {line.event, row(episode->second.began, spread->second.latest, "all",
                             std::to_string(observers) + " others see " + sanitized(line.member) +
                                 " as " + sanitized(line.status))});
    }
    return reports;
}

std::string Reports::on_left(std::string_view member, WallTime at) const {
    const auto episode = episodes_.find(member);
    return row(episode == episodes_.end() ? at : episode->second.began, at, member,
               "has left and ended");
}

const Reports::Spread* Reports::find(std::string_view member, std::string_view event) const {
    const auto episode = episodes_.find(member);
    if (episode == episodes_.end()) return nullptr;
    const auto spread = episode->second.spreads.find(event);
    return spread == episode->second.spreads.end() ? nullptr : &spread->second;
}

std::optional<WallTime> Reports::first(std::string_view member, std::string_view event) const {
    const Spread* const spread = find(member, event);
    return spread == nullptr ? std::nullopt : std::optional{spread->first};
}

std::optional<WallTime> Reports::last(std::string_view member, std::string_view event) const {
    const Spread* const spread = find(member, event);
    return spread == nullptr || !spread->complete ? std::nullopt : std::optional{spread->latest};
}

}  // namespace rollcall::cli
