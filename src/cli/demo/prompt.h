// SPDX-License-Identifier: Apache-2.0
//
// The prompt of the demo: reads commands from standard input, a terminal or a pipe, and carries
// them out, while events of the agents are shown. Each is carried out before the next is read. At
// the end of the input the demo ends. One thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "cli/demo/demo.h"

namespace rollcall::cli {

class Prompt {
public:
    explicit Prompt(Demo& demo) : demo_{demo} {}

    // Until `quit`, the end of the input or a signal. Returns the exit code.
    [[nodiscard]] int run();
    // One line. False: it failed, and the reason is printed.
    bool execute(const std::string& line);

    using Words = std::vector<std::string>;

private:
    struct Verb;
    [[nodiscard]] static std::span<const Verb> verbs();
    [[nodiscard]] static std::string help_text();

    // Each returns false if it failed, and has printed why.
    bool act(std::string_view verb, const Words& names);
    bool act_on(std::string_view verb, const std::string& name);
    bool start(const Words& words);
    bool show_agents();
    bool show_log(const Words& words);
    bool ask(const std::string& agent, const Words& command);
    bool wait(const Words& words);
    bool failed(std::string_view why);
    // Follows the agents until there is input, and reads it. False: there was none in time.
    bool follow_input(std::chrono::milliseconds limit);
    // Reads what is there. False at the end of the input.
    bool read_input();
    // The next complete line; false if there is none.
    bool next_line(std::string& line);

    Demo& demo_;
    std::string input_;
    bool input_ended_ = false;
    bool quit_ = false;
    bool any_failed_ = false;
};

}  // namespace rollcall::cli
