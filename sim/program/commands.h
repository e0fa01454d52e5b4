// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of rollcall-sim, one file each. A command adds its options to the parser and
// returns the job to run once they are parsed. To add a command: write command_NAME.cpp, declare it
// here, and add it to the table in commands.cpp.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/program/answer/console.h"

namespace CLI {
class App;
}

namespace rollcall::sim {

using Job = std::function<int(const Console&)>;  // returns the exit code

struct Command {
    const char* name;
    const char* summary;  // a line in the list of commands
    Job (*describe)(CLI::App&);
};

Job describe_run(CLI::App& app);       // command_run.cpp
Job describe_replay(CLI::App& app);    // command_replay.cpp
Job describe_paper(CLI::App& app);     // command_paper.cpp
Job describe_plan(CLI::App& app);      // command_plan.cpp
Job describe_list(CLI::App& app);      // command_list.cpp
Job describe_language(CLI::App& app);  // command_language.cpp
Job describe_swarm(CLI::App& app);     // command_swarm.cpp
Job describe_merge(CLI::App& app);     // command_merge.cpp
Job describe_shrink(CLI::App& app);    // command_shrink.cpp

// All commands, in the order of --help.
[[nodiscard]] std::span<const Command> all_commands();

// main() without process setup. `arguments` do not include the program's name.
[[nodiscard]] int run_program(const std::vector<std::string>& arguments, const Console& console);

}  // namespace rollcall::sim
