// SPDX-License-Identifier: Apache-2.0
//
// Output of the program: results to standard output, errors and progress to standard error. Write
// errors are reported at the end, see Console::finish().
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace rollcall::sim {

inline constexpr int kHolds = 0;   // all invariants and expectations hold
inline constexpr int kBroken = 1;  // one is violated, or the output could not be written
inline constexpr int kUsage = 2;   // an error in the command line or in a file that it names

struct Console {
    bool colour = false;    // of standard output
    bool progress = false;  // standard error is a terminal
    unsigned width = 100;   // columns of standard output, at least 60
    std::FILE* out = stdout;
    std::FILE* err = stderr;

    void print(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), out); }
    void print_error(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), err); }
    // Overwrites the progress line; an empty text clears it.
    void show_progress(std::string_view text) const {
        if (!progress) return;
        print_error("\r\x1b[K");
        print_error(text);
        std::fflush(err);
    }
    // The exit code; kBroken if the output could not be written.
    [[nodiscard]] int finish(int code) const {
        const bool written = std::fflush(out) == 0 && std::ferror(out) == 0;
        if (!written) print_error("rollcall-sim: cannot write the output\n");
        return written ? code : (code == kHolds ? kBroken : code);
    }
    [[nodiscard]] std::string painted(std::string_view text, std::string_view code) const {
        if (!colour) return std::string{text};
        return "\x1b[" + std::string{code} + "m" + std::string{text} + "\x1b[0m";
    }
    [[nodiscard]] std::string bold(std::string_view text) const { return painted(text, "1"); }
    [[nodiscard]] std::string dim(std::string_view text) const { return painted(text, "2"); }
    [[nodiscard]] std::string good(std::string_view text) const { return painted(text, "32"); }
    [[nodiscard]] std::string bad(std::string_view text) const { return painted(text, "31"); }
};

}  // namespace rollcall::sim
