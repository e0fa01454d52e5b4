// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim shrink`: makes a failing scenario smaller while it violates the same invariant.
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
    std::string invariant;
    DrawFlags draw;
    unsigned most_runs = 3000;
    std::string out;
};

int execute_shrink(const ShrinkFlags& flags, const Console& console) {
    const auto wrong = [&](const std::string& what) {
        console.print_error("rollcall-sim: " + what + "\n");
        return kUsage;
    };
    if (flags.what.empty() && !flags.seed) {
        return wrong("nothing to shrink; allowed: SCENARIO, or --seed of a swarm, or both");
    }
    auto limits = parse_node_range(flags.nodes);
    if (!limits) return wrong(limits.error());
    const auto kind = parse_draw_kind(flags.draw);
    if (!kind) return wrong(kind.error());
    limits->kind = *kind;
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
    ShrinkOptions options{.invariant = flags.invariant, .most_runs = flags.most_runs};
    options.progress = [&](std::size_t steps, unsigned nodes, unsigned runs) {
        console.show_progress("  " + std::to_string(steps) + " steps, " + std::to_string(nodes) +
                              " nodes after " + std::to_string(runs) + " runs");
    };
    auto shrunk = shrink(scenario, seed, options);
    console.show_progress("");
    if (!shrunk) {
        console.print_error(
            "rollcall-sim: this run does not violate " +
            (flags.invariant.empty() ? std::string{"any invariant"} : flags.invariant) +
            ": nothing to shrink\n");
        return kBroken;
    }
    Scenario& small = shrunk->scenario;
    small.name = scenario.name + "-small";
    small.why = "Violates " + shrunk->violation.invariant + " at " + about(shrunk->violation.at) +
                ": " + shrunk->violation.what + "\nShrunk from " + scenario.name + ", seed " +
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
    console.print(
        std::to_string(small.steps.size()) + " of " + std::to_string(scenario.steps.size()) +
        " steps and " + std::to_string(small.nodes) + " of " + std::to_string(scenario.nodes) +
        " nodes are left; to see the violation: rollcall-sim run " + flags.out + " --story\n");
    return kHolds;
}

}  // namespace

Job describe_shrink(CLI::App& app) {
    const auto flags = std::make_shared<ShrinkFlags>();
    app.add_option("SCENARIO", flags->what, "A file, or the name of a built-in scenario");
    app.add_option("--seed", flags->seed, "Seed of the run; without SCENARIO: a seed of a swarm");
    app.add_option("--nodes", flags->nodes, "The swarm's --nodes");
    app.add_flag("--news", flags->draw.news, "The swarm's --news");
    app.add_flag("--leaves", flags->draw.leaves, "The swarm's --leaves");
    app.add_flag("--adversary", flags->draw.adversary, "The swarm's --adversary");
    app.add_option("--invariant", flags->invariant,
                   "The invariant to violate; default: the first that is violated");
    app.add_option("--most-runs", flags->most_runs, "Limit of runs; default 3000")
        ->check(CLI::Range(1u, 1'000'000u));
    app.add_option("--out", flags->out,
                   "Write the smaller scenario to this file instead of standard output");
    return [flags](const Console& console) { return execute_shrink(*flags, console); };
}

}  // namespace rollcall::sim
