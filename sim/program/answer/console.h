// SPDX-License-Identifier: Apache-2.0
//
// Where answers go: text to standard output, complaints and progress to standard error. What could
// not be written is known at the end, see Console::finish().
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace rollcall::sim {

inline constexpr int kHolds = 0;   // everything did what it should
inline constexpr int kBroken = 1;  // a promise was broken, or an answer could not be given
inline constexpr int kUsage = 2;   // the command line, or a file that it names, is wrong

struct Console {
    bool colour = false;    // of the answer
    bool progress = false;  // somebody looks at standard error as it happens
    unsigned width = 100;   // columns of the answer, at least 60
    std::FILE* out = stdout;
    std::FILE* err = stderr;

    void print(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), out); }
    void complain(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), err); }
    // The same line again and again, for progress; finished by an empty one.
    void show_progress(std::string_view text) const {
        if (!progress) return;
        complain("\r\x1b[K");
        complain(text);
        std::fflush(err);
    }
    // The exit code, which is kBroken when the answer did not get through.
    [[nodiscard]] int finish(int code) const {
        const bool written = std::fflush(out) == 0 && std::ferror(out) == 0;
        if (!written) complain("rollcall-sim: the answer could not be written\n");
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
