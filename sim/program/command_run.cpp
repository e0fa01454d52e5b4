// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim run`: runs one scenario with one seed, checks and measures it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <memory>

#include "sim/program/answer/output_file.h"
#include "sim/program/answer/progress.h"
#include "sim/program/answer/run_report.h"
#include "sim/program/choice.h"
#include "sim/program/commands.h"
#include "sim/program/run_files.h"
#include "sim/program/stored_run.h"

namespace rollcall::sim {
namespace {

struct RunFlags {
    ScenarioChoice choice;
    std::optional<std::uint64_t> seed;
    std::uint64_t seeds = 1;
    std::string format = "text";
    std::string invariants = "auto";
    bool story = false;
    std::string save, trace, report;
};

// The invariants check every member in every node's view twice a second: with more nodes than this
// that takes longer than the run itself.
constexpr unsigned kMostWatched = 300;

std::string command_again(const RunFlags& flags, std::uint64_t seed) {
    return "rollcall-sim run " + flags.choice.command_line() + " --seed " + std::to_string(seed);
}

// Each seed after the other, until one does not hold: that one is reported as a run of its own.
int execute_seeds(const RunFlags& flags, const Console& console) {
    const auto chosen = read_chosen(flags.choice, console);
    if (!chosen) return kUsage;
    if (!flags.save.empty() || !flags.trace.empty() || !flags.report.empty() || flags.story) {
        console.print_error(
            "rollcall-sim: --seeds is not allowed with --story, --save, --trace and --report; "
            "allowed: each alone\n");
        return kUsage;
    }
    const Scenario& scenario = chosen->scenario;
    const std::uint64_t first = flags.seed.value_or(scenario.seed.value_or(1));
    warn_of_timings({&scenario}, console);
    const bool watched = flags.invariants != "off";
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < flags.seeds; ++i) {
        const RunResult result = run(scenario, first + i, {.invariants = watched});
        if (result.holds()) continue;
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        const RunReport report{scenario, result, took.count(), command_again(flags, first + i),
                               watched};
        console.print(flags.format == "json" ? as_json(report) : as_text(report, console));
        return kBroken;
    }
    const std::string count = std::to_string(flags.seeds);
    console.print(flags.format == "json" ? "{\"scenario\":\"" + scenario.name +
                                               "\",\"seeds\":" + count + ",\"holds\":true}\n"
                                         : scenario.name + ": " + count + " seeds from " +
                                               std::to_string(first) + ", all hold\n");
    return kHolds;
}

int execute_run(const RunFlags& flags, const Console& console) {
    if (flags.seeds > 1) return execute_seeds(flags, console);
    const std::initializer_list<std::string_view> paths{flags.save, flags.trace, flags.report};
    if (std::ranges::count(paths, kStandardOutput) > 1) {
        console.print_error(
            "rollcall-sim: '-' is not allowed more than once; allowed: one of --save, --trace and "
            "--report on standard output\n");
        return kUsage;
    }
    const auto chosen = read_chosen(flags.choice, console);
    if (!chosen) return kUsage;
    const Scenario& scenario = chosen->scenario;
    const std::uint64_t seed = flags.seed.value_or(scenario.seed.value_or(1));

    warn_of_timings({&scenario}, console);
    const Console answers = console_beside(paths, console);
    RunFiles files{flags.trace, flags.report, scenario, seed, console};
    if (!files.problem().empty()) {
        console.print_error("rollcall-sim: " + files.problem() + "\n");
        return kUsage;
    }
    const bool watched =
        flags.invariants == "on" || (flags.invariants == "auto" && scenario.nodes <= kMostWatched);
    Progress progress{scenario, answers};
    std::vector<Observer*> observers{&progress};
    files.add_to(observers);
    const auto begin = std::chrono::steady_clock::now();
    const RunResult result = run(
        scenario, seed, {.invariants = watched, .keep_story = flags.story, .observers = observers});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    progress.finish();

    if (!flags.save.empty()) {
        const std::string problem =
            store_run(flags.save, chosen->text, flags.choice, result, console);
        if (!problem.empty()) {
            console.print_error("rollcall-sim: " + problem + "\n");
            return kBroken;
        }
    }
    const RunReport report{scenario, result, took.count(), command_again(flags, seed), watched};
    if (flags.story) answers.print(result.story + "\n");
    answers.print(flags.format == "json" ? as_json(report) : as_text(report, answers));
    if (const std::string problem = files.finish(report); !problem.empty()) {
        console.print_error("rollcall-sim: " + problem + "\n");
        return kBroken;
    }
    return result.holds() ? kHolds : kBroken;
}

}  // namespace

Job describe_run(CLI::App& app) {
    const auto flags = std::make_shared<RunFlags>();
    flags->choice.add_to(app);
    app.add_option("--seed", flags->seed, "Seed of the run; default: the scenario's, or 1");
    app.add_option("--seeds", flags->seeds, "Run so many seeds, until one does not hold")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}));
    app.add_option("--format", flags->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
    app.add_option("--invariants", flags->invariants,
                   "on, off, or auto: on up to " + std::to_string(kMostWatched) + " nodes")
        ->check(CLI::IsMember({"on", "off", "auto"}));
    app.add_flag("--story", flags->story, "Print every event first, one per line");
    app.add_option(
        "--save", flags->save,
        "Store the run in this file: scenario, seed and hash, for `replay`; - is standard output");
    app.add_option("--report", flags->report,
                   "Write an HTML report of the run to this file; - is standard output");
    app.add_option(
        "--trace", flags->trace,
        "Write every event to this file as it happens, one JSON object per line; - is standard "
        "output");
    return [flags](const Console& console) { return execute_run(*flags, console); };
}

}  // namespace rollcall::sim
