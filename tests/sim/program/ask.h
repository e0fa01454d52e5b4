// SPDX-License-Identifier: Apache-2.0
//
// rollcall-sim as somebody types it: what it answers, and a folder for its files.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sim/program/commands.h"

namespace rollcall::sim {

struct Answer {
    int code = -1;
    std::string out, err;
};

// All that was written to a temporary file, which ends with this.
inline std::string written_to(std::FILE* file) {
    std::string text;
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

inline Answer ask(const std::vector<std::string>& arguments) {
    Console console;
    console.out = std::tmpfile();
    console.err = std::tmpfile();
    Answer answer;
    answer.code = run_program(arguments, console);
    answer.out = written_to(console.out);
    answer.err = written_to(console.err);
    return answer;
}

// A folder of its own for each test, gone with it.
class InAFolder : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "rollcall-sim-XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream{path(name), std::ios::binary} << text;
        return path(name);
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream in{path(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

private:
    std::filesystem::path folder_;
};

}  // namespace rollcall::sim
