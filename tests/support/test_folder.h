// SPDX-License-Identifier: Apache-2.0
//
// A temporary folder of a test, and the contents of files.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <system_error>

namespace rollcall::tests {

class TestFolder {
public:
    TestFolder() {
        path_ = std::filesystem::temp_directory_path() / "rollcall-test-XXXXXX";
        if (mkdtemp(path_.data()) == nullptr) {
            throw std::system_error{errno, std::generic_category(), path_};
        }
    }
    ~TestFolder() { std::filesystem::remove_all(path_); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        const std::filesystem::path path = std::filesystem::path{path_} / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path} << text;
        return path.string();
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }
    // Names of what is inside.
    [[nodiscard]] std::set<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator{path_}) {
            found.insert(entry.path().filename().string());
        }
        return found;
    }

private:
    std::string path_;
};

// Empty where there is none.
inline std::string whole_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// A file of the project, by its path from the top.
inline std::string project_file(const std::string& path) {
    std::string text = whole_file(std::filesystem::path{ROLLCALL_SOURCE_DIR} / path);
    EXPECT_NE(text, "") << path;
    return text;
}

}  // namespace rollcall::tests
