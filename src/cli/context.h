// SPDX-License-Identifier: Apache-2.0
//
// The environment of a command: its output streams, whether they are a terminal, and the
// environment variables. Created once in main(), and by tests. Has no state of its own.
#pragma once

#include <cstddef>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::cli {

// Exit codes of every subcommand but `agent`. Scripts written for Serf rely on them.
inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;             // any error, bad flags included
inline constexpr int kExitUsage = 2;             // `agent --check` with invalid flags
inline constexpr int kExitUnknownCommand = 127;  // no such subcommand, or none at all

struct Context {
    std::FILE* out = stdout;
    std::FILE* err = stderr;
    bool terminal = false;     // `out` is a terminal: print headers, clear the screen
    bool colour = false;       // a terminal, and NO_COLOR is not set
    bool as_serf = false;      // --serf-compat: `err` is `out`, and errors have Serf's text
    std::size_t columns = 80;  // of help pages
    std::function<std::optional<std::string>(const std::string& name)> environment;

    // Writes and flushes. False if not everything was written; errno has the cause. Commands use
    // answer() and answer_part() (cli/command.h), which return an exit code.
    [[nodiscard]] bool print(std::string_view text) const {
        return std::fwrite(text.data(), 1, text.size(), out) == text.size() &&
               std::fflush(out) == 0;
    }
    void complain(std::string_view text) const {
        std::fwrite(text.data(), 1, text.size(), err);
        std::fflush(err);
    }
};

// An error, and what the user can do about it.
struct Failure {
    std::string message;
    std::string hint;     // "": none
    std::string as_serf;  // Serf's text of the message; "": the same
    std::string cause;    // of the table in rpc/doctor_causes.h, if it is one of those
};

}  // namespace rollcall::cli
