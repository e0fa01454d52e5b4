// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim shrink`: a failing scenario, made smaller while the same promise stays broken.
#include <CLI/CLI.hpp>
#include <memory>

#include "sim/program/answer/output_file.h"
#include "sim/program/choice.h"
#include "sim/program/commands.h"
#include "sim/program/swarm_flags.h"
#include "sim/scenario/draw/drawn.h"
#include "sim/scenario/draw/shrink.h"
#include "sim/scenario/language/numbers.h"
#include "sim/scenario/language/write.h"

namespace rollcall::sim {
namespace {

struct ShrinkFlags {
    std::string what;
    std::optional<std::uint64_t> seed;
    std::string nodes;
    std::string promise;
    bool news = false;
    unsigned most_runs = 3000;
    std::string out;
};

int carry_out_shrink(const ShrinkFlags& flags, const Console& console) {
    const auto wrong = [&](const std::string& what) {
        console.complain("rollcall-sim: " + what + "\n");
        return kUsage;
    };
    if (flags.what.empty() && !flags.seed) {
        return wrong("nothing to shrink; allowed: SCENARIO, or --seed of a swarm, or both");
    }
    auto limits = parse_node_range(flags.nodes);
    if (!limits) return wrong(limits.error());
    if (flags.news) limits->kind = DrawKind::serf_traffic;
    Scenario scenario;
    if (flags.what.empty()) {
        scenario = draw(*flags.seed, *limits);
    } else {
        ScenarioChoice choice;
        choice.what = flags.what;
        auto chosen = read_chosen(choice, console);
        if (!chosen) return kUsage;
        scenario = std::move(chosen->scenario);
    }
    const std::uint64_t seed = flags.seed.value_or(scenario.seed.value_or(1));
    ShrinkOptions options{.promise = flags.promise, .most_runs = flags.most_runs};
    options.progress = [&](std::size_t steps, unsigned nodes, unsigned runs) {
        console.show_progress("  " + std::to_string(steps) + " steps, " + std::to_string(nodes) +
                              " nodes after " + std::to_string(runs) + " runs");
    };
    auto shrunk = shrink(scenario, seed, options);
    console.show_progress("");
    if (!shrunk) {
        console.complain(
            "rollcall-sim: no promise is broken by this run" +
            (flags.promise.empty() ? std::string{} : ", at least not " + flags.promise) +
            ": nothing to shrink\n");
        return kBroken;
    }
    Scenario& small = shrunk->scenario;
    small.name = scenario.name + "-small";
    small.why = "Breaks " + shrunk->violation.promise + " at " + about(shrunk->violation.at) +
                ": " + shrunk->violation.what + "\nMade smaller from " + scenario.name + ", seed " +
                std::to_string(seed) + ".";
    small.hash = run(small, *small.seed).hash;
    const std::string text = write_scenario(small);
    if (flags.out.empty()) {
        console.print(text);
        return kHolds;
    }
    if (const std::string problem = write_file(flags.out, text, console); !problem.empty()) {
        return wrong(problem);
    }
    if (flags.out == kStandardOutput) return kHolds;
    console.print(std::to_string(small.steps.size()) + " of " +
                  std::to_string(scenario.steps.size()) + " steps and " +
                  std::to_string(small.nodes) + " of " + std::to_string(scenario.nodes) +
                  " nodes are left; see them break: rollcall-sim run " + flags.out + " --story\n");
    return kHolds;
}

}  // namespace

Job describe_shrink(CLI::App& app) {
    const auto flags = std::make_shared<ShrinkFlags>();
    app.add_option("SCENARIO", flags->what, "A file, or one that is built in");
    app.add_option("--seed", flags->seed, "Which run of it; without SCENARIO: a seed of a swarm");
    app.add_option("--nodes", flags->nodes, "As the swarm's --nodes was");
    app.add_flag("--news", flags->news, "As the swarm's --news was");
    app.add_option("--promise", flags->promise, "To stay broken; the first one if not given");
    app.add_option("--most-runs", flags->most_runs, "Of smaller candidates; 3000 when not given")
        ->check(CLI::Range(1u, 1'000'000u));
    app.add_option("--out", flags->out,
                   "Write the smaller scenario to this file instead of standard output");
    return [flags](const Console& console) { return carry_out_shrink(*flags, console); };
}

}  // namespace rollcall::sim
