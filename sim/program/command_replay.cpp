// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim replay FILE`: repeats a stored run. The same run has the same hash, with every
// compiler and on every machine; a different hash means that the program has changed.
#include <CLI/CLI.hpp>
#include <memory>

#include "sim/program/answer/progress.h"
#include "sim/program/answer/run_report.h"
#include "sim/program/choice.h"
#include "sim/program/commands.h"

namespace rollcall::sim {
namespace {

struct ReplayFlags {
    std::string file;
    bool story = false;
};

int replay(const ReplayFlags& flags, const Console& console) {
    const auto chosen = read_chosen({.what = flags.file}, console);
    if (!chosen) return kUsage;
    const Scenario& scenario = chosen->scenario;
    if (!scenario.seed || !scenario.hash) {
        console.print_error(flags.file + ": " + (scenario.seed ? "hash" : "seed") +
                            ": nothing given; allowed: a number, as `rollcall-sim run --save` "
                            "writes it. To run a scenario: rollcall-sim run\n");
        return kUsage;
    }
    Progress progress{scenario, console};
    std::vector<Observer*> observers{&progress};
    const RunResult result =
        run(scenario, *scenario.seed, {.keep_story = flags.story, .observers = observers});
    progress.finish();
    if (flags.story) console.print(result.story + "\n");
    for (const Violation& v : result.violations) {
        console.print("  " + console.bad("✗") + " " + v.invariant + " at " + about(v.at) + ": " +
                      v.what + "\n");
    }
    const bool same = result.hash == *scenario.hash;
    console.print("  " + (same ? console.good("the same run") : console.bad("another run")) +
                  ": hash " + hash_text(result.hash) +
                  (same ? std::string{} : ", stored is " + hash_text(*scenario.hash)) + "\n");
    return same && result.holds() ? kHolds : kBroken;
}

}  // namespace

Job describe_replay(CLI::App& app) {
    const auto flags = std::make_shared<ReplayFlags>();
    app.add_option("FILE", flags->file, "A run stored by `run --save` or `swarm --save`")
        ->required();
    app.add_flag("--story", flags->story, "Print every event first, one per line");
    return [flags](const Console& console) { return replay(*flags, console); };
}

}  // namespace rollcall::sim
