// SPDX-License-Identifier: Apache-2.0
#include "sim/program/output_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace rollcall::sim {

OutputFile::OutputFile(std::string path)
    : path_{std::move(path)}, file_{std::fopen(path_.c_str(), "wb")} {
    if (!file_) failed("open");
}

void OutputFile::failed(const char* what) {
    if (problem_.empty()) {
        problem_ = "cannot " + std::string{what} + " '" + path_ + "': " + std::strerror(errno);
    }
}

void OutputFile::write(std::string_view text) {
    if (!problem_.empty()) return;
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) failed("write");
}

std::string OutputFile::finish() {
    if (file_ && std::fclose(file_.release()) != 0) failed("write");
    return problem_;
}

}  // namespace rollcall::sim
