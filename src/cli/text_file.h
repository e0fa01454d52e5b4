// SPDX-License-Identifier: Apache-2.0
//
// A FILE whose content is a string: for what prints to a FILE, and is looked at before or instead.
// One thread.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace rollcall::cli {

class TextFile {
public:
    TextFile() : file_{open_memstream(&text_, &size_)} {}
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;
    ~TextFile() {
        if (file_ != nullptr) std::fclose(file_);
        std::free(text_);
    }
    [[nodiscard]] std::FILE* file() const { return file_; }
    [[nodiscard]] std::string text() const {
        std::fflush(file_);
        return {text_, size_};
    }

private:
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* file_;
};

}  // namespace rollcall::cli
