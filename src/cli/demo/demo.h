// SPDX-License-Identifier: Apache-2.0
//
// A running demo: its agents, what is printed of their logs, and the waits in which both happen.
// The prompt and the story are played on it. One thread.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "cli/demo/agents.h"
#include "cli/demo/printer.h"
#include "cli/demo/reports.h"
#include "cli/demo/signals.h"

namespace rollcall::cli {

// The exit code after a signal is this and its number, as in shells.
inline constexpr int kExitSignal = 128;

class Demo {
public:
    struct Options {
        std::string profile;
        bool interactive = false;  // input and output are a terminal: show a prompt
        bool shows_events = true;
    };
    Demo(const Context& context, const Options& options);
    Demo(const Demo&) = delete;
    Demo& operator=(const Demo&) = delete;
    ~Demo() = default;

    enum class Wait : std::uint8_t { done, timed_out, stopped };
    // Follows the agents until done() is true. Stopped: by a signal, or since nothing can be
    // printed any more.
    [[nodiscard]] Wait wait_until(const std::function<bool()>& done,
                                  std::chrono::milliseconds limit);
    // One step of such a wait. `others` are polled, too.
    void follow(std::chrono::milliseconds limit, std::span<pollfd> others = {});
    [[nodiscard]] bool stopped() const { return signals_.ended_by() != 0 || printer_.broken(); }

    // Starts the first agent, then the others with it as their seed, and waits until all know all.
    // "", or what went wrong.
    [[nodiscard]] std::string start(std::size_t agents);

    struct Answer {
        int exit = 0;
        std::string text;  // both streams
    };
    // Runs a command of this program against an agent.
    [[nodiscard]] Answer ask(const DemoAgent& agent, std::vector<std::string> words) const;

    // One row per agent: its addresses, and the page's.
    [[nodiscard]] std::string table() const;
    // The end of an agent's output, indented; for errors.
    [[nodiscard]] static std::string last_lines_of(const DemoAgent& agent, std::size_t most);

    [[nodiscard]] Agents& agents() { return agents_; }
    [[nodiscard]] Reports& reports() { return reports_; }
    [[nodiscard]] Printer& printer() { return printer_; }
    [[nodiscard]] const std::string& profile() const { return options_.profile; }
    [[nodiscard]] const DemoSignals& signals() const { return signals_; }
    // Of an agent that ended although it should not; "": none did.
    [[nodiscard]] const std::string& unexpected_end() const { return unexpected_end_; }

private:
    void on_line(const DemoAgent& agent, const AgentLogLine& line);
    void on_end(const DemoAgent& agent, const std::string& how);

    const Context& context_;
    Options options_;
    DemoSignals signals_;
    Printer printer_;
    Reports reports_;
    Agents agents_;
    bool started_ = false;
    std::string unexpected_end_;
};

}  // namespace rollcall::cli
