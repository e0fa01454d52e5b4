// SPDX-License-Identifier: Apache-2.0
#include "sim/program/answer/output_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace rollcall::sim {

OutputFile::OutputFile(std::string path, const Console& console) : path_{std::move(path)} {
    if (path_ == kStandardOutput) {
        file_ = {console.out, CloseFile{.owned = false}};
    } else {
        file_ = {std::fopen(path_.c_str(), "wb"), CloseFile{}};
    }
    if (!file_) failed("open");
}

void OutputFile::failed(const char* what) {
    if (problem_.empty()) {
        const std::string name =
            path_ == kStandardOutput ? std::string{"standard output"} : "'" + path_ + "'";
        problem_ = "cannot " + std::string{what} + " " + name + ": " + std::strerror(errno);
    }
}

void OutputFile::write(std::string_view text) {
    if (!problem_.empty()) return;
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) failed("write");
}

std::string OutputFile::finish() {
    if (file_) {
        const bool owned = file_.get_deleter().owned;
        std::FILE* const file = file_.release();
        if ((owned ? std::fclose(file) : std::fflush(file)) != 0) failed("write");
    }
    return problem_;
}

std::string write_file(const std::string& path, std::string_view text, const Console& console) {
    OutputFile file{path, console};
    file.write(text);
    return file.finish();
}

Console console_beside(std::initializer_list<std::string_view> paths, const Console& console) {
    Console answers = console;
    if (std::ranges::find(paths, kStandardOutput) != paths.end()) {
        answers.out = console.err;
        answers.colour = answers.progress = false;
    }
    return answers;
}

}  // namespace rollcall::sim
