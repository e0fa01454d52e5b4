// SPDX-License-Identifier: Apache-2.0
//
// A file that a command writes besides its output: a trace, a report. The path "-" is standard
// output; the command's output then goes to standard error, see console_beside(). The first error
// is kept, and reported at the end with the file's name; nothing is written after it.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "sim/program/answer/console.h"

namespace rollcall::sim {

inline constexpr std::string_view kStandardOutput = "-";

// Closes an owned file; a borrowed one stays open.
struct CloseFile {
    bool owned = true;
    void operator()(std::FILE* file) const {
        if (owned) std::fclose(file);
    }
};

class OutputFile {
public:
    // Creates or truncates the file.
    OutputFile(std::string path, const Console& console);

    void write(std::string_view text);
    // Closes the file. Empty when every byte was passed to the system, else the error.
    [[nodiscard]] std::string finish();
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    void failed(const char* what);

    std::string path_;
    std::string problem_;
    std::unique_ptr<std::FILE, CloseFile> file_;
};

// Writes a whole file. Empty, or the error.
[[nodiscard]] std::string write_file(const std::string& path, std::string_view text,
                                     const Console& console);

// The console of a command that writes these files: on standard error if one of them is standard
// output.
[[nodiscard]] Console console_beside(std::initializer_list<std::string_view> paths,
                                     const Console& console);

}  // namespace rollcall::sim
