// SPDX-License-Identifier: Apache-2.0
//
// A Context whose output is kept, and whose environment is made up.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/context.h"

namespace rollcall::cli::testing {

// A FILE that is a string.
class TextFile {
public:
    TextFile() : file_{open_memstream(&text_, &size_)} {}
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;
    ~TextFile() {
        std::fclose(file_);
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

struct Outcome {
    int exit = 0;
    std::string out;
    std::string err;
};

struct Surroundings {
    std::map<std::string, std::string> environment;
    bool terminal = false;
    bool colour = false;
};

inline Outcome run(const std::vector<std::string>& arguments, const Surroundings& around = {},
                   const CommandTable& commands = all_commands()) {
    TextFile out, err;
    Context context{
        .out = out.file(), .err = err.file(), .terminal = around.terminal, .colour = around.colour};
    context.environment = [&around](const std::string& name) -> std::optional<std::string> {
        const auto it = around.environment.find(name);
        return it == around.environment.end() ? std::nullopt : std::optional{it->second};
    };
    Outcome outcome;
    outcome.exit = run_program(arguments, commands, context);
    outcome.out = out.text();
    outcome.err = err.text();
    return outcome;
}

}  // namespace rollcall::cli::testing
