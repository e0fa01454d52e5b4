// SPDX-License-Identifier: Apache-2.0
//
// A file that a command writes besides its answer: a trace, a report. What goes wrong is remembered
// and told at the end, once, with the file's name; after that nothing more is written.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace rollcall::sim {

class OutputFile {
public:
    // Made anew, or emptied.
    explicit OutputFile(std::string path);

    void write(std::string_view text);
    // Empty when every byte was handed over to the system, else why not. Closes the file.
    [[nodiscard]] std::string finish();
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    void failed(const char* what);

    std::string path_;
    std::string problem_;
    std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace rollcall::sim
