// SPDX-License-Identifier: Apache-2.0
//
// What a command sees of the world outside: where its output goes, whether a person is looking, and
// the environment. Made once in main(), by hand in tests. Holds no state of its own.
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::cli {

// Exit codes of every subcommand but `agent`. Scripts written for Serf rely on them.
inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;             // anything that went wrong, bad flags included
inline constexpr int kExitUsage = 2;             // `agent --check` with flags that make no sense
inline constexpr int kExitUnknownCommand = 127;  // no such subcommand, or none at all

struct Context {
    std::FILE* out = stdout;
    std::FILE* err = stderr;
    bool terminal = false;  // `out` is one: headers, clearing the screen
    bool colour = false;    // a terminal, and NO_COLOR is not set
    bool as_serf = false;   // --serf-compat: `err` is `out`, and failures are told in Serf's words
    std::function<std::optional<std::string>(const std::string& name)> environment;

    // Writes and flushes. False when not all could be written; errno says why. Commands use
    // answer() and answer_part() (cli/command.h), which make an exit code of it.
    [[nodiscard]] bool print(std::string_view text) const {
        return std::fwrite(text.data(), 1, text.size(), out) == text.size() &&
               std::fflush(out) == 0;
    }
    void complain(std::string_view text) const {
        std::fwrite(text.data(), 1, text.size(), err);
        std::fflush(err);
    }
};

// What went wrong, and what the reader may do about it.
struct Failure {
    std::string message;
    std::string hint;     // "" when there is nothing sensible to say
    std::string as_serf;  // the message in Serf's words; "" when they are the same
};

}  // namespace rollcall::cli
