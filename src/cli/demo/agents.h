// SPDX-License-Identifier: Apache-2.0
//
// The agents of a demo: child processes on the loopback, by name. Starts, signals and restarts
// them, follows their logs, and knows from these what each sees of the others. At most 50. Prints
// nothing. All are killed with this object, and with this process. One thread.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/demo/agent_log.h"
#include "cli/demo/child_process.h"

namespace rollcall::cli {

inline constexpr std::size_t kMostDemoAgents = 50;

// What the demo did to an agent, or what it did itself.
enum class Condition : std::uint8_t { starting, running, paused, leaving, left, killed, ended };
[[nodiscard]] std::string_view text_of(Condition condition);
// Its process exists.
[[nodiscard]] bool has_process(Condition condition);

struct DemoAgent {
    std::string name;
    Condition condition = Condition::starting;
    // As its log announced them, and again after a restart. "" before the first start.
    std::string gossip, control, http;
    std::unique_ptr<ChildProcess> process;  // null once it has ended
    // How it sees the members, itself included: "alive", "failed", "left". Of its own log.
    std::map<std::string, std::string, std::less<>> view;
    std::deque<std::string> last_lines;  // of its output
};

class Agents {
public:
    struct Events {
        std::function<void(const DemoAgent&, const AgentLogLine&)> on_line;
        // It ended, and the demo did not kill it. `how`: "exit code 1".
        std::function<void(const DemoAgent&, const std::string& how)> on_end;
    };
    Agents(std::string profile, Events events);
    Agents(const Agents&) = delete;
    Agents& operator=(const Agents&) = delete;
    ~Agents() = default;

    // Each returns "", or why it was not done; then nothing was changed.
    [[nodiscard]] std::string add();  // starts one more, with the next free name
    [[nodiscard]] std::string kill(std::string_view name);
    [[nodiscard]] std::string pause(std::string_view name);
    [[nodiscard]] std::string resume(std::string_view name);
    [[nodiscard]] std::string leave(std::string_view name);
    // At its old addresses; a process that exists is killed first.
    [[nodiscard]] std::string restart(std::string_view name);

    // Waits until something happens, at most so long, and reads what the agents logged. `others`
    // are polled as well.
    void poll(std::chrono::milliseconds limit, std::span<pollfd> others = {});

    // In the order of their numbers.
    [[nodiscard]] const std::vector<std::unique_ptr<DemoAgent>>& all() const { return agents_; }
    [[nodiscard]] const DemoAgent* find(std::string_view name) const;
    // The first that runs; null if none does.
    [[nodiscard]] const DemoAgent* first_running() const;

    // Whether all running agents but the member itself see it like that. False if there is none.
    [[nodiscard]] bool all_see(std::string_view member, std::string_view status) const;
    [[nodiscard]] std::size_t observers_of(std::string_view member) const;
    // Whether all running agents see every member as it is: "", or the first difference.
    [[nodiscard]] std::string disagreement() const;

private:
    struct Found {
        DemoAgent* agent;
        std::string error;
    };
    [[nodiscard]] Found find_for(std::string_view what, std::string_view name,
                                 std::initializer_list<Condition> allowed);
    [[nodiscard]] std::string launch(DemoAgent& agent);
    [[nodiscard]] std::vector<std::string> arguments_of(const DemoAgent& agent) const;
    void on_output(DemoAgent& agent, std::string_view line);
    void check_end(DemoAgent& agent);

    std::string profile_;
    Events events_;
    std::vector<std::unique_ptr<DemoAgent>> agents_;
};

}  // namespace rollcall::cli
