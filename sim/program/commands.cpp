// SPDX-License-Identifier: Apache-2.0
#include "sim/program/commands.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "base/version.h"

namespace rollcall::sim {
namespace {

constexpr Command kCommands[] = {
    {"run", "Carry out a scenario once, and judge it", describe_run},
    {"replay", "Carry out a stored run again and compare", describe_replay},
    {"swarm", "Thousands of drawn scenarios, until a promise breaks", describe_swarm},
    {"merge", "Add up the shards of a swarm", describe_merge},
    {"shrink", "Make a failing scenario smaller", describe_shrink},
    {"paper", "Published experiments, run again", describe_paper},
    {"plan", "Compare what different settings would do", describe_plan},
    {"list", "The scenarios that are built in", describe_list},
    {"language", "What a scenario file can say: lines, settings, figures", describe_language},
};

}  // namespace

std::span<const Command> all_commands() {
    return kCommands;
}

int run_program(const std::vector<std::string>& arguments, const Console& console) {
    CLI::App app{"Rollcall's protocol in virtual time: the production code in a simulated world.",
                 "rollcall-sim"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "rollcall-sim v" + std::string{kVersionNumber});
    app.footer(
        "rollcall-sim COMMAND --help tells more. Exit code: 0 everything held, 1 a promise "
        "was\nbroken, 2 the command line or a file is wrong.");
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
        console.complain(err.str());
        return console.finish(code == 0 ? kHolds : kUsage);
    }
    for (const auto& [sub, job] : jobs) {
        if (sub->parsed()) return console.finish(job(console));
    }
    return kUsage;
}

}  // namespace rollcall::sim
