// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of rollcall-sim, a file each. A command adds its options to the parser that it is
// handed, keeps what they fill, and answers the job that is done once they are read. To add one:
// write command_NAME.cpp, declare it here, and put it into the table in commands.cpp.
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

using Job = std::function<int(const Console&)>;  // answers the exit code

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

// All of them, in the order in which --help shows them.
[[nodiscard]] std::span<const Command> all_commands();

// main() without a process around it. `arguments` are without the program's own name.
[[nodiscard]] int run_program(const std::vector<std::string>& arguments, const Console& console);

}  // namespace rollcall::sim
