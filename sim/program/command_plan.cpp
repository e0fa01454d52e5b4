// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim plan`: compares the effect of different settings.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "sim/program/choice.h"
#include "sim/program/commands.h"
#include "sim/program/plan/plan.h"
#include "sim/program/plan/plan_output.h"

namespace rollcall::sim {
namespace {

constexpr unsigned kMostSeeds = 100'000;
constexpr unsigned kMostThreads = 1024;

struct PlanFlags {
    ScenarioChoice choice;
    std::vector<std::string> vary;
    std::uint64_t seed = 1;
    unsigned seeds = 5;
    unsigned threads = 0;
    std::string format = "text";
};

// "  12 of 60 runs, 3.4/s, 14 s left"
void show_plan_progress(const Console& console, std::size_t done, std::size_t all,
                        std::chrono::steady_clock::time_point begin) {
    const std::chrono::duration<double> so_far = std::chrono::steady_clock::now() - begin;
    const double rate = static_cast<double>(done) / std::max(so_far.count(), 1e-9);
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "  %zu of %zu runs, %.3g/s, %.0f s left", done, all,
                  rate, static_cast<double>(all - done) / rate);
    console.show_progress(done == all ? "" : text.data());
}

int execute_plan(const PlanFlags& flags, const Console& console) {
    const auto chosen = read_chosen(flags.choice, console);
    if (!chosen) return kUsage;
    std::vector<Vary> varies;
    for (const std::string& text : flags.vary) {
        Problem problem;
        auto vary = parse_vary(text, problem);
        if (vary && std::ranges::find(varies, vary->name, &Vary::name) != varies.end()) {
            problem = {.field = "--vary", .value = text, .allowed = "each name once"};
            vary.reset();
        }
        if (!vary) {
            console.print_error("rollcall-sim: " + problem.to_string() + "\n");
            return kUsage;
        }
        varies.push_back(std::move(*vary));
    }
    const PlanPoints plan = plan_points(
        chosen->text, chosen->scenario.name,
        {.nodes = flags.choice.nodes, .settings = flags.choice.named_settings()}, varies);
    for (const Problem& problem : plan.problems) {
        console.print_error(problem.to_string(problem.line > 0 ? flags.choice.what : "") + "\n");
    }
    if (!plan.problems.empty()) return kUsage;
    std::vector<const Scenario*> scenarios;
    for (const PlanPoint& point : plan.points) scenarios.push_back(&point.scenario);
    warn_of_timings(scenarios, console);

    const auto begin = std::chrono::steady_clock::now();
    const PlanOptions options{.seed = flags.seed,
                              .seeds = flags.seeds,
                              .threads = flags.threads > 0
                                             ? flags.threads
                                             : std::max(1u, std::thread::hardware_concurrency()),
                              .progress = [&](std::size_t done, std::size_t all) {
                                  show_plan_progress(console, done, all, begin);
                              }};
    const std::vector<PlanFigures> figures = run_plan(plan.points, options);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const PlanReport report{chosen->scenario, plan.points, figures, options, took.count()};
    console.print(flags.format == "json" ? plan_json(report) : plan_text(report, console));
    return kHolds;
}

}  // namespace

Job describe_plan(CLI::App& app) {
    const auto flags = std::make_shared<PlanFlags>();
    flags->choice.add_to(app);
    app.add_option("--vary", flags->vary,
                   "NAME=VALUE,VALUE,...: values to compare; NAME is nodes, loss, or a setting. "
                   "If repeated: all combinations")
        ->required();
    app.add_option("--seed", flags->seed, "First seed; default 1");
    app.add_option("--seeds", flags->seeds, "Runs of each combination; default 5")
        ->check(CLI::Range(1u, kMostSeeds));
    app.add_option("--threads", flags->threads, "Number of threads; 0: the number of cores")
        ->check(CLI::Range(0u, kMostThreads));
    app.add_option("--format", flags->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
    return [flags](const Console& console) { return execute_plan(*flags, console); };
}

}  // namespace rollcall::sim
