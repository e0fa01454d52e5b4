// SPDX-License-Identifier: Apache-2.0
//
// A folder of a test's own, gone with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace rollcall::agent {

class TestFolder {
public:
    TestFolder() {
        std::string name = std::filesystem::temp_directory_path() / "rollcall-test-XXXXXX";
        const char* made = mkdtemp(name.data());
        path_ = made == nullptr ? "" : made;
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

inline std::string whole_file(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::stringstream stream;
    stream << file.rdbuf();
    return stream.str();
}

}  // namespace rollcall::agent
