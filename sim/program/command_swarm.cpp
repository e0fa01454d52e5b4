// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim swarm`: thousands of drawn scenarios on all cores, until an invariant is violated.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "sim/program/answer/output_file.h"
#include "sim/program/answer/run_report.h"
#include "sim/program/answer/swarm_text.h"
#include "sim/program/commands.h"
#include "sim/program/swarm_flags.h"
#include "sim/scenario/draw/swarm_report.h"
#include "sim/scenario/language/write.h"

namespace rollcall::sim {
namespace {

using SwarmClock = std::chrono::steady_clock;
constexpr std::size_t kTailLines = 40;

struct SwarmFlags {
    std::uint64_t seeds = 1000;
    std::uint64_t from = 1;
    std::optional<std::uint64_t> seed;
    unsigned threads = 0;
    std::string nodes;
    std::string profile;
    std::string shard = "1/1";
    std::string format = "text";
    std::string out;
    std::string save;
    DrawFlags draw;
    bool keep_going = false;
};

// A progress bar on a terminal, else a line every 20 s.
class SwarmBar {
public:
    explicit SwarmBar(const Console& console) : console_{console} {}

    void show(const SwarmProgress& progress) {
        const auto now = SwarmClock::now();
        const Duration every = console_.progress ? Duration{std::chrono::milliseconds{100}}
                                                 : Duration{std::chrono::seconds{20}};
        if (now - shown_ < every) return;
        shown_ = now;
        const double seconds = std::chrono::duration<double>(now - begin_).count();
        const double rate = static_cast<double>(progress.done) / std::max(seconds, 1e-3);
        const double left =
            static_cast<double>(progress.all - progress.done) / std::max(rate, 1e-3);
        std::array<char, 160> text{};
        std::snprintf(text.data(), text.size(), "%llu of %llu  %.0f/s  %.0f s left",
                      static_cast<unsigned long long>(progress.done),
                      static_cast<unsigned long long>(progress.all), rate, left);
        std::string line = text.data();
        if (progress.violations > 0) {
            line += "  " + std::to_string(progress.violations) + " with violations";
        }
        if (!console_.progress) return console_.print_error("swarm: " + line + "\n");
        constexpr std::uint64_t kBar = 30;
        const auto done = static_cast<std::size_t>(kBar * progress.done / progress.all);
        std::string bar(done, '#');
        bar.resize(kBar, '.');
        console_.show_progress("  " + bar + "  " + line);
    }
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(SwarmClock::now() - begin_).count();
    }

private:
    const Console& console_;
    SwarmClock::time_point begin_ = SwarmClock::now();
    SwarmClock::time_point shown_ = begin_;
};

// Runs one seed and prints its scenario and result.
int one_seed(const SwarmFlags& flags, const DrawLimits& limits, const Console& console) {
    Scenario scenario = draw(*flags.seed, limits);
    const auto begin = SwarmClock::now();
    const RunResult result = run(scenario, *flags.seed);
    const std::chrono::duration<double> took = SwarmClock::now() - begin;
    scenario.seed = *flags.seed;
    scenario.hash = result.hash;
    if (!flags.save.empty()) {
        const std::string problem = write_file(flags.save, write_scenario(scenario), console);
        if (!problem.empty()) {
            console.print_error("rollcall-sim: " + problem + "\n");
            return kBroken;
        }
    }
    const RunReport report{scenario, result, took.count(), swarm_again(*flags.seed, limits)};
    const Console answers = console_beside({flags.save}, console);
    if (flags.format == "json") {
        answers.print(as_json(report));
    } else {
        answers.print(write_scenario(scenario) + "\n");
        if (!result.holds()) answers.print(story_tail(scenario, *flags.seed, kTailLines) + "\n");
        answers.print(as_text(report, answers));
    }
    return result.holds() ? kHolds : kBroken;
}

int execute_swarm(const SwarmFlags& flags, const Console& console) {
    SwarmOptions options{.from = flags.from,
                         .seeds = flags.seeds,
                         .threads = flags.threads != 0
                                        ? flags.threads
                                        : std::max(1u, std::thread::hardware_concurrency()),
                         .stop_at_violation = !flags.keep_going};
    auto limits = parse_node_range(flags.nodes);
    const auto shard = parse_shard(flags.shard, flags.seeds);
    const auto kind = parse_draw_kind(flags.draw);
    for (const std::string& problem :
         {limits ? std::string{} : limits.error(), shard ? std::string{} : shard.error(),
          kind ? std::string{} : kind.error(), profile_problem(flags.profile, flags.draw.any())}) {
        if (problem.empty()) continue;
        console.print_error("rollcall-sim: " + problem + "\n");
        return kUsage;
    }
    if (flags.from > ~std::uint64_t{0} - flags.seeds) {
        console.print_error(
            "rollcall-sim: --from " + std::to_string(flags.from) +
            " is not allowed; allowed: values for which --from plus --seeds is below 2^64\n");
        return kUsage;
    }
    limits->kind = *kind;
    limits->profile = flags.profile;
    options.limits = *limits;
    options.shard = shard->first;
    options.shards = shard->second;
    if (flags.seed) return one_seed(flags, *limits, console);

    SwarmBar bar{console};
    options.progress = [&](const SwarmProgress& progress) { bar.show(progress); };
    const SwarmResult result = run_swarm(options);
    const double took = bar.seconds();
    console.show_progress("");
    if (!flags.out.empty()) {
        const std::string problem = write_file(flags.out, to_json(result), console);
        if (!problem.empty()) {
            console.print_error("rollcall-sim: " + problem + "\n");
            return kBroken;
        }
    }
    const Console answers = console_beside({flags.out}, console);
    if (flags.format == "json") {
        answers.print(to_json(result));
    } else {
        if (!result.failures.empty()) {
            const std::uint64_t seed = result.failures.front().seed;
            answers.print(story_tail(draw(seed, *limits), seed, kTailLines) + "\n");
        }
        answers.print(swarm_text(result, *limits, took, answers));
    }
    return result.holds() ? kHolds : kBroken;
}

}  // namespace

Job describe_swarm(CLI::App& app) {
    const auto flags = std::make_shared<SwarmFlags>();
    app.add_option("--seeds", flags->seeds, "Number of seeds; default 1000")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
    app.add_option("--from", flags->from, "First seed; default 1");
    app.add_option("--seed", flags->seed, "Run only this seed and print its scenario and result");
    app.add_option("--threads", flags->threads, "Number of threads; default: the number of cores")
        ->check(CLI::Range(1u, 4096u));
    app.add_option("--nodes", flags->nodes, "Number of nodes: A..B within 3..50");
    app.add_option("--profile", flags->profile,
                   "All clusters have it: lan, wan, local, fast or fast-wan; default: drawn");
    app.add_option("--shard", flags->shard, "I/N: run the I-th of N equal parts of the seeds");
    app.add_option("--format", flags->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
    app.add_option("--out", flags->out,
                   "Write the result to this file, for `merge`; - is standard output");
    app.add_option("--save", flags->save,
                   "With --seed: write its scenario to this file; - is standard output");
    app.add_flag(
        "--news", flags->draw.news,
        "User events, queries and key rotation under 20 % loss and churn, instead of faults");
    app.add_flag("--leaves", flags->draw.leaves,
                 "Leaves that some members miss, with rare push/pulls, instead of faults");
    app.add_flag("--adversary", flags->draw.adversary,
                 "An adversary that forges, floods, replays and lies, instead of faults");
    app.add_flag("--keep-going", flags->keep_going, "Do not stop at the first violation");
    return [flags](const Console& console) { return execute_swarm(*flags, console); };
}

}  // namespace rollcall::sim
