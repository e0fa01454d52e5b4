// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/demo.h"

#include <algorithm>
#include <utility>

#include "base/sanitize.h"
#include "cli/commands.h"
#include "cli/terminal/table.h"
#include "cli/text_file.h"

namespace rollcall::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStep{250};
constexpr milliseconds kStartLimit{30'000};
constexpr std::size_t kShownLines = 8;

std::string page_of(const DemoAgent& agent) {
    return agent.http.empty() ? "" : "http://" + agent.http + "/";
}

}  // namespace

Demo::Demo(const Context& context, const Options& options)
    : context_{context},
      options_{options},
      printer_{context, options.interactive},
      agents_{options.profile,
              {.on_line = [this](const DemoAgent& agent,
                                 const AgentLogLine& line) { on_line(agent, line); },
               .on_end = [this](const DemoAgent& agent,
                                const std::string& how) { on_end(agent, how); }}} {}

void Demo::follow(milliseconds limit, std::span<pollfd> others) {
    std::vector<pollfd> descriptors{{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0}};
    descriptors.insert(descriptors.end(), others.begin(), others.end());
    agents_.poll(limit, descriptors);
    std::copy(descriptors.begin() + 1, descriptors.end(), others.begin());
    signals_.take();
}

Demo::Wait Demo::wait_until(const std::function<bool()>& done, milliseconds limit) {
    const auto end = steady_clock::now() + limit;
    while (!done()) {
        if (stopped()) return Wait::stopped;
        const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
        if (left <= milliseconds{0}) return Wait::timed_out;
        follow(std::min(left, kStep));
    }
    return Wait::done;
}

std::string Demo::start(std::size_t count) {
    std::string error;
    // The others wait for the first, which is their seed.
    const auto add_and_wait = [&](std::size_t wanted) {
        while (error.empty() && agents_.all().size() < wanted) error = agents_.add();
        if (!error.empty()) return;
        const Wait wait =
            wait_until([&] { return !unexpected_end_.empty() || agents_.disagreement().empty(); },
                       kStartLimit);
        if (wait == Wait::timed_out)
            error = "the agents do not find each other: " + agents_.disagreement();
        if (!unexpected_end_.empty()) error = unexpected_end_;
    };
    add_and_wait(1);
    add_and_wait(count);
    started_ = true;
    return error;
}

void Demo::on_line(const DemoAgent& agent, const AgentLogLine& line) {
    if (!started_) return;
    const auto reports = reports_.on_line(agent, line, agents_);
    if (!options_.shows_events) return;
    if (line.event == "started") {
        printer_.line(Printer::Style::good, agent.name + " runs: gossip " + agent.gossip +
                                                ", control " + agent.control +
                                                (agent.http.empty() ? "" : ", " + page_of(agent)));
    }
    for (const Report& report : reports) printer_.line(style_of(report.event), report.text);
}

void Demo::on_end(const DemoAgent& agent, const std::string& how) {
    if (agent.condition == Condition::left) {
        if (options_.shows_events) {
            printer_.line(Printer::Style::attention, reports_.on_left(agent.name, wall_time_now()));
        }
        return;
    }
    unexpected_end_ = agent.name + " ended with " + how + "; its last lines:\n" +
                      last_lines_of(agent, kShownLines);
    reports_.on_action(agent.name, wall_time_now());
    if (started_ && options_.shows_events) printer_.error(unexpected_end_);
}

Demo::Answer Demo::ask(const DemoAgent& agent, std::vector<std::string> words) const {
    words.insert(words.end(), {"--rpc-addr", agent.control});
    const TextFile capture;
    Context context = context_;
    context.out = context.err = capture.file();
    // Neither another agent's token nor its address.
    context.environment = [](const std::string&) { return std::nullopt; };
    const int exit = run_program(words, all_commands(), context);
    return {exit, capture.text()};
}

std::string Demo::table() const {
    std::vector<std::vector<std::string>> rows{{"NAME", "PID", "STATE", "GOSSIP", "CONTROL"}};
    const bool pages =
        std::ranges::any_of(agents_.all(), [](const auto& agent) { return !agent->http.empty(); });
    if (pages) rows.front().emplace_back("PAGE");
    for (const auto& agent : agents_.all()) {
        rows.push_back({agent->name, agent->process ? std::to_string(agent->process->pid()) : "-",
                        std::string{text_of(agent->condition)}, agent->gossip, agent->control});
        if (pages) rows.back().push_back(page_of(*agent));
    }
    return plain_table(rows);
}

std::string Demo::last_lines_of(const DemoAgent& agent, std::size_t most) {
    const auto& lines = agent.last_lines;
    std::string text;
    for (std::size_t i = lines.size() - std::min(lines.size(), most); i < lines.size(); ++i) {
        const auto record = parse_agent_log_line(lines[i]);
        const std::string shown = record ? "[" + record->level + "] " + record->message : lines[i];
        text += (text.empty() ? "  " : "\n  ") + sanitized(shown);
    }
    return text;
}

}  // namespace rollcall::cli
