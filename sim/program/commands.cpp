// SPDX-License-Identifier: Apache-2.0
#include "sim/program/commands.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "base/version.h"

namespace rollcall::sim {
namespace {

constexpr Command kCommands[] = {
    {"run", "Run a scenario once and judge the result", describe_run},
    {"replay", "Repeat a stored run and compare its hash", describe_replay},
    {"swarm", "Run drawn scenarios until an invariant is violated", describe_swarm},
    {"merge", "Merge the shards of a swarm", describe_merge},
    {"shrink", "Make a failing scenario smaller", describe_shrink},
    {"paper", "Repeat published experiments", describe_paper},
    {"plan", "Compare the effect of different settings", describe_plan},
    {"list", "List the built-in scenarios", describe_list},
    {"language", "Print the language of scenario files: lines, settings, figures",
     describe_language},
};

}  // namespace

std::span<const Command> all_commands() {
    return kCommands;
}

int run_program(const std::vector<std::string>& arguments, const Console& console) {
    CLI::App app{"Runs rollcall's production code in a simulated network, in virtual time.",
                 "rollcall-sim"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "rollcall-sim v" + std::string{kVersionNumber});
    app.footer(
        "For details: rollcall-sim COMMAND --help. Exit code: 0 all holds, 1 a violation or a "
        "failed\nwrite, 2 an error in the command line or a file.");
    std::vector<std::pair<CLI::App*, Job>> jobs;
    for (const Command& command : all_commands()) {
        CLI::App* sub = app.add_subcommand(command.name, command.summary);
        jobs.emplace_back(sub, command.describe(*sub));
    }
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        std::ostringstream out, err;
        const int code = app.exit(error, out, err);
        console.print(out.str());
        console.print_error(err.str());
        return console.finish(code == 0 ? kHolds : kUsage);
    }
    for (const auto& [sub, job] : jobs) {
        if (sub->parsed()) return console.finish(job(console));
    }
    return kUsage;
}

}  // namespace rollcall::sim
