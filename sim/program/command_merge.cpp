// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim merge`: merges the shards of one swarm.
#include <CLI/CLI.hpp>
#include <memory>

#include "sim/program/answer/swarm_text.h"
#include "sim/program/choice.h"
#include "sim/program/commands.h"
#include "sim/scenario/draw/swarm_report.h"

namespace rollcall::sim {
namespace {

struct MergeFlags {
    std::vector<std::string> files;
    std::string format = "text";
};

int execute_merge(const MergeFlags& flags, const Console& console) {
    const auto wrong = [&](const std::string& what) {
        console.print_error("rollcall-sim: " + what + "\n");
        return kUsage;
    };
    std::vector<SwarmResult> parts;
    for (const std::string& file : flags.files) {
        std::string problem;
        const auto text = read_file(file, problem, kLargestResult);
        if (!text) return wrong(problem);
        auto part = swarm_from_json(*text);
        if (!part) return wrong(file + ": " + part.error());
        parts.push_back(std::move(*part));
    }
    const auto all = merge(parts);
    if (!all) return wrong(all.error());
    console.print(flags.format == "json" ? to_json(*all) : swarm_text(*all, {}, 0, console));
    return all->holds() ? kHolds : kBroken;
}

}  // namespace

Job describe_merge(CLI::App& app) {
    const auto flags = std::make_shared<MergeFlags>();
    app.add_option("FILE", flags->files, "All N files written by `swarm --shard I/N --out FILE`")
        ->required();
    app.add_option("--format", flags->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
    return [flags](const Console& console) { return execute_merge(*flags, console); };
}

}  // namespace rollcall::sim
