// SPDX-License-Identifier: Apache-2.0
//
// One child process that runs this program again, with both outputs in one pipe. It dies with its
// parent, even if that is killed; the destructor kills and reaps it. It runs in a session of its
// own, so that Ctrl-C on the terminal does not reach it. One thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rollcall::cli {

class ChildProcess {
public:
    // `arguments` are those after the program's name. Settings in the environment (ROLLCALL_...)
    // are not passed on. The error is a text.
    [[nodiscard]] static Result<std::unique_ptr<ChildProcess>, std::string> start(
        const std::vector<std::string>& arguments);
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // To poll for reading; -1 after the end of the output.
    [[nodiscard]] int output() const { return output_; }
    // Reads what is there, at most 256 KiB, and passes on complete lines without their newlines. A
    // line above 64 KiB is dropped.
    void read_lines(const std::function<void(std::string_view)>& on_line);
    // False if it has ended.
    bool send_signal(int number);
    // How it ended: "exit code 1", "signal 9"; nullopt while it runs. Does not block.
    [[nodiscard]] const std::optional<std::string>& ended();

private:
    ChildProcess(pid_t pid, int output) : pid_{pid}, output_{output} {}
    void add(std::string_view bytes, const std::function<void(std::string_view)>& on_line);
    void close_output();

    pid_t pid_;
    int output_;
    std::string line_;       // not complete yet
    bool too_long_ = false;  // the rest of the line is dropped, too
    std::optional<std::string> ended_;
};

}  // namespace rollcall::cli
