// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/agents.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "agent/config/settings_table.h"

namespace rollcall::cli {

namespace {

constexpr std::size_t kKeptLines = 40;
constexpr std::size_t kSeeds = 3;  // named to an agent that starts
constexpr std::string_view kAnyPort = "127.0.0.1:0";

std::string or_any_port(const std::string& address) {
    return address.empty() ? std::string{kAnyPort} : address;
}

// How the others should see it in the end.
bool is_seen_right(Condition condition, std::string_view status) {
    switch (condition) {
        case Condition::starting:
        case Condition::running:
            return status == "alive";
        case Condition::paused:
        case Condition::killed:
        case Condition::ended:
        case Condition::leaving:
        case Condition::left:
            // An agent that started later does not know it.
            return status == "failed" || status == "left" || status.empty();
    }
    return false;
}

}  // namespace

std::string_view text_of(Condition condition) {
    switch (condition) {
        case Condition::starting:
            return "starting";
        case Condition::running:
            return "running";
        case Condition::paused:
            return "paused";
        case Condition::leaving:
            return "leaving";
        case Condition::left:
            return "left";
        case Condition::killed:
            return "killed";
        case Condition::ended:
            return "ended";
    }
    return "";
}

bool has_process(Condition condition) {
    return condition == Condition::starting || condition == Condition::running ||
           condition == Condition::paused || condition == Condition::leaving;
}

Agents::Agents(std::string profile, Events events)
    : profile_{std::move(profile)}, events_{std::move(events)} {}

// --- commands ------------------------------------------------------------------------------------

std::string Agents::add() {
    if (agents_.size() >= kMostDemoAgents) {
        return "there are " + std::to_string(kMostDemoAgents) + " agents, and no more are allowed";
    }
    auto agent = std::make_unique<DemoAgent>();
    agent->name = "n" + std::to_string(agents_.size() + 1);
    if (std::string error = launch(*agent); !error.empty()) return error;
    agents_.push_back(std::move(agent));
    return "";
}

std::string Agents::kill(std::string_view name) {
    using enum Condition;
    const auto [agent, error] = find_for("kill", name, {starting, running, paused, leaving});
    if (agent == nullptr) return error;
    agent->condition = killed;
    agent->process.reset();  // with SIGKILL
    return "";
}

std::string Agents::pause(std::string_view name) {
    const auto [agent, error] = find_for("pause", name, {Condition::running});
    if (agent == nullptr) return error;
    if (!agent->process->send_signal(SIGSTOP)) return agent->name + " has just ended";
    agent->condition = Condition::paused;
    return "";
}

std::string Agents::resume(std::string_view name) {
    const auto [agent, error] = find_for("resume", name, {Condition::paused});
    if (agent == nullptr) return error;
    if (!agent->process->send_signal(SIGCONT)) return agent->name + " has just ended";
    agent->condition = Condition::running;
    return "";
}

std::string Agents::leave(std::string_view name) {
    const auto [agent, error] = find_for("leave", name, {Condition::running});
    if (agent == nullptr) return error;
    if (!agent->process->send_signal(SIGINT)) return agent->name + " has just ended";
    agent->condition = Condition::leaving;
    return "";
}

std::string Agents::restart(std::string_view name) {
    using enum Condition;
    const auto [agent, error] =
        find_for("restart", name, {starting, running, paused, leaving, left, killed, ended});
    if (agent == nullptr) return error;
    agent->condition = killed;
    agent->process.reset();
    return launch(*agent);
}

Agents::Found Agents::find_for(std::string_view what, std::string_view name,
                               std::initializer_list<Condition> allowed) {
    const auto found = std::ranges::find(agents_, name, &DemoAgent::name);
    if (found == agents_.end()) {
        return {nullptr, "there is no agent '" + std::string{name} + "'; 'agents' lists them"};
    }
    const Condition condition = (*found)->condition;
    if (std::ranges::find(allowed, condition) == allowed.end()) {
        return {nullptr, std::string{what} + ": " + std::string{name} + " is " +
                             std::string{text_of(condition)}};
    }
    return {found->get(), ""};
}

// --- processes -----------------------------------------------------------------------------------

std::vector<std::string> Agents::arguments_of(const DemoAgent& agent) const {
    std::vector<std::string> arguments{"agent",
                                       "--node",
                                       agent.name,
                                       "--profile",
                                       profile_,
                                       "--log-format",
                                       "json",
                                       "--bind",
                                       or_any_port(agent.gossip),
                                       "--rpc-addr",
                                       or_any_port(agent.control)};
    if (agent::setting_of_field("http_addr") != nullptr) {
        arguments.insert(arguments.end(), {"--http-addr", or_any_port(agent.http)});
    }
    std::size_t seeds = 0;
    for (const auto& other : agents_) {
        // One that starts is at its old address soon, and is tried until then.
        const bool reachable =
            other->condition == Condition::running || other->condition == Condition::starting;
        if (other.get() == &agent || !reachable || other->gossip.empty()) continue;
        arguments.insert(arguments.end(), {"--retry-join", other->gossip});
        if (++seeds == kSeeds) break;
    }
    if (seeds > 0) arguments.insert(arguments.end(), {"--retry-interval", "1s"});
    return arguments;
}

std::string Agents::launch(DemoAgent& agent) {
    auto process = ChildProcess::start(arguments_of(agent));
    if (!process) return "cannot start " + agent.name + ": " + process.error();
    agent.process = std::move(*process);
    agent.condition = Condition::starting;
    agent.view.clear();
    agent.last_lines.clear();
    return "";
}

void Agents::poll(std::chrono::milliseconds limit, std::span<pollfd> others) {
    std::vector<pollfd> descriptors{others.begin(), others.end()};
    std::vector<DemoAgent*> readers;
    for (const auto& agent : agents_) {
        if (!agent->process || agent->process->output() < 0) continue;
        descriptors.push_back({.fd = agent->process->output(), .events = POLLIN, .revents = 0});
        readers.push_back(agent.get());
    }
    if (::poll(descriptors.data(), descriptors.size(), static_cast<int>(limit.count())) < 0) {
        for (pollfd& each : descriptors) each.revents = 0;
    }
    std::copy_n(descriptors.begin(), others.size(), others.begin());
    for (std::size_t i = 0; i < readers.size(); ++i) {
        if (descriptors[others.size() + i].revents == 0) continue;
        readers[i]->process->read_lines(
            [&](std::string_view line) { on_output(*readers[i], line); });
    }
    for (const auto& agent : agents_) check_end(*agent);
}

void Agents::on_output(DemoAgent& agent, std::string_view line) {
    agent.last_lines.emplace_back(line);
    if (agent.last_lines.size() > kKeptLines) agent.last_lines.pop_front();
    const auto record = parse_agent_log_line(line);
    if (!record) return;
    if (record->event == "started") {
        agent.gossip = record->bind;
        agent.control = record->rpc_addr;
        agent.http = record->http_addr == "off" ? "" : record->http_addr;
        if (agent.condition == Condition::starting) agent.condition = Condition::running;
    } else if (record->event == "member-reap") {
        agent.view.erase(record->member);
    } else if (record->event.starts_with("member-") && !record->status.empty()) {
        agent.view[record->member] = record->status;
    }
    events_.on_line(agent, *record);
}

void Agents::check_end(DemoAgent& agent) {
    if (!agent.process || !agent.process->ended() || agent.process->output() >= 0) return;
    const std::string how = *agent.process->ended();
    const bool left = agent.condition == Condition::leaving && how == "exit code 0";
    agent.condition = left ? Condition::left : Condition::ended;
    agent.process.reset();
    events_.on_end(agent, how);
}

// --- views ---------------------------------------------------------------------------------------

const DemoAgent* Agents::find(std::string_view name) const {
    const auto found = std::ranges::find(agents_, name, &DemoAgent::name);
    return found == agents_.end() ? nullptr : found->get();
}

const DemoAgent* Agents::first_running() const {
    const auto found = std::ranges::find(agents_, Condition::running, &DemoAgent::condition);
    return found == agents_.end() ? nullptr : found->get();
}

std::size_t Agents::observers_of(std::string_view member) const {
    return static_cast<std::size_t>(std::ranges::count_if(agents_, [&](const auto& agent) {
        return agent->condition == Condition::running && agent->name != member;
    }));
}

bool Agents::all_see(std::string_view member, std::string_view status) const {
    for (const auto& agent : agents_) {
        if (agent->condition != Condition::running || agent->name == member) continue;
        const auto seen = agent->view.find(member);
        if (seen == agent->view.end() || seen->second != status) return false;
    }
    return observers_of(member) > 0;
}

std::string Agents::disagreement() const {
    for (const auto& observer : agents_) {
        if (observer->condition == Condition::starting) return observer->name + " is starting";
        if (observer->condition == Condition::leaving) return observer->name + " is leaving";
        if (observer->condition != Condition::running) continue;
        for (const auto& member : agents_) {
            const auto seen = observer->view.find(member->name);
            const std::string status = seen == observer->view.end() ? "" : seen->second;
            if (is_seen_right(member->condition, status)) continue;
            return observer->name +
                   (status.empty() ? " does not know " : " sees as " + status + ": ") +
                   member->name + ", which is " + std::string{text_of(member->condition)};
        }
    }
    return "";
}

}  // namespace rollcall::cli
