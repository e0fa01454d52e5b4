// SPDX-License-Identifier: Apache-2.0
//
// Runs rollcall-sim with a command line: its output, and a folder for its files.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "sim/program/commands.h"
#include "support/test_folder.h"

namespace rollcall::sim {

struct Answer {
    int code = -1;
    std::string out, err;
};

// Reads and closes a temporary file.
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

// A temporary folder for each test.
class WithFolder : public testing::Test {
protected:
    [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
    std::string write(const std::string& name, const std::string& text) const {
        return folder_.write(name, text);
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        return tests::whole_file(path(name));
    }

private:
    const tests::TestFolder folder_;
};

}  // namespace rollcall::sim
