// SPDX-License-Identifier: Apache-2.0
//
// A file that a command writes besides its answer: a trace, a report. The path "-" is standard
// output; the answer then goes to standard error, see answers_beside(). An error is kept and given
// at the end, once, with the file's name; after that nothing more is written.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "sim/program/answer/console.h"

namespace rollcall::sim {

inline constexpr std::string_view kStandardOutput = "-";

// Closes what was opened, and leaves alone what is only borrowed.
struct CloseFile {
    bool owned = true;
    void operator()(std::FILE* file) const {
        if (owned) std::fclose(file);
    }
};

class OutputFile {
public:
    // Creates the file, or empties it.
    OutputFile(std::string path, const Console& console);

    void write(std::string_view text);
    // Empty when every byte was handed over to the system, else why not. Closes the file.
    [[nodiscard]] std::string finish();
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    void failed(const char* what);

    std::string path_;
    std::string problem_;
    std::unique_ptr<std::FILE, CloseFile> file_;
};

// The whole of a file at once. Empty, or why it could not be written.
[[nodiscard]] std::string write_file(const std::string& path, std::string_view text,
                                     const Console& console);

// Where the answer goes when a command writes these files: to standard error when one of them is
// standard output.
[[nodiscard]] Console answers_beside(std::initializer_list<std::string_view> paths,
                                     const Console& console);

}  // namespace rollcall::sim
