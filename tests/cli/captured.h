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
#include "cli/text_file.h"

namespace rollcall::cli::testing {

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
