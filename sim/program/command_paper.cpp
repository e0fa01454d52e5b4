// SPDX-License-Identifier: Apache-2.0
//
// `rollcall-sim paper`: repeats published experiments and compares the results, or compares our own
// profiles. --shard and --out distribute the work over machines; --merge merges the parts.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "sim/papers/frame/catalogue.h"
#include "sim/papers/frame/report.h"
#include "sim/papers/frame/runner.h"
#include "sim/papers/frame/shards.h"
#include "sim/program/answer/output_file.h"
#include "sim/program/choice.h"
#include "sim/program/commands.h"
#include "sim/program/swarm_flags.h"

namespace rollcall::sim {
namespace {

using papers::Scale;

struct PaperFlags {
    std::string name;
    bool quick = false, full = false;
    std::optional<unsigned> reps;
    unsigned threads = 0;
    std::string shard = "1/1";
    std::string format = "text";
    std::string out;
    std::vector<std::string> merge;

    [[nodiscard]] Scale scale() const {
        using Effort = Scale::Effort;
        return {.effort = quick  ? Effort::quick
                          : full ? Effort::full
                                 : Effort::normal,
                .reps = reps};
    }
};

int wrong_usage(const Console& console, const std::string& what) {
    console.print_error("rollcall-sim: " + what + "\n");
    return kUsage;
}

nlohmann::json number_or_null(double value) {
    return std::isnan(value) ? nlohmann::json{} : nlohmann::json(value);
}

std::string papers_as_json(const std::vector<papers::RowOutcome>& outcomes) {
    nlohmann::json rows = nlohmann::json::array();
    for (const papers::RowOutcome& outcome : outcomes) {
        nlohmann::json figures = nlohmann::json::array();
        for (const papers::Figure& f : outcome.figures) {
            using Verdict = papers::Figure::Verdict;
            figures.push_back(
                {{"name", f.name},
                 {"published", f.published},
                 {"simulated", number_or_null(f.simulated)},
                 {"interval", {number_or_null(f.interval.low), number_or_null(f.interval.high)}},
                 {"allowed", f.allowed},
                 {"holds", f.verdict == Verdict::none
                               ? nlohmann::json{}
                               : nlohmann::json(f.verdict == Verdict::holds)}});
        }
        nlohmann::json row = {{"id", outcome.row->id},
                              {"paper", outcome.row->paper},
                              {"target", outcome.row->target},
                              {"reproduced", outcome.reproduced},
                              {"regressed", outcome.regressed()},
                              {"figures", std::move(figures)}};
        if (outcome.recorded != nullptr) {
            row["recorded"] = {{"reproduced", outcome.recorded->reproduced},
                               {"day", outcome.recorded->day},
                               {"why", outcome.recorded->why}};
        }
        rows.push_back(std::move(row));
    }
    return rows.dump(2) + "\n";
}

int print_outcomes(const PaperFlags& flags, const std::vector<const papers::Row*>& rows,
                   const Scale& scale, const papers::Results& results, const Console& console) {
    const auto outcomes = papers::judge(rows, scale, results);
    console.print(flags.format == "json"       ? papers_as_json(outcomes)
                  : flags.format == "markdown" ? papers::as_markdown(outcomes, scale)
                                               : papers::as_text(outcomes));
    return std::ranges::any_of(outcomes, &papers::RowOutcome::regressed) ? kBroken : kHolds;
}

int merge_papers(const PaperFlags& flags, const std::vector<const papers::Row*>& rows,
                 const Console& console) {
    std::vector<std::string> texts;
    for (const std::string& file : flags.merge) {
        std::string problem;
        auto text = read_file(file, problem, kLargestResult);
        if (!text) return wrong_usage(console, problem);
        texts.push_back(std::move(*text));
    }
    const auto needed = papers::experiments_of(rows);
    const auto all = papers::read_results(texts, papers::all_experiments());
    if (!all) return wrong_usage(console, all.error());
    for (const papers::Experiment* experiment : needed) {
        if (all->results.contains(experiment->id)) continue;
        return wrong_usage(console, experiment->id +
                                        " is in none of the files; allowed: files of "
                                        "a run of '" +
                                        flags.name + "'");
    }
    return print_outcomes(flags, rows, all->scale, all->results, console);
}

// Progress by the known weight of the jobs.
class PaperProgress {
public:
    explicit PaperProgress(const Console& console) : console_{console} {}
    void show(const papers::Progress& progress) const {
        const std::chrono::duration<double> passed = Clock::now() - begin_;
        const double left = passed.count() * (1 - progress.done) / std::max(progress.done, 1e-6);
        std::array<char, 120> text{};
        std::snprintf(text.data(), text.size(), "  %5.1f %%  %zu of %zu jobs  %.0f s left",
                      100 * progress.done, progress.jobs_done, progress.jobs, left);
        console_.show_progress(text.data());
    }

private:
    using Clock = std::chrono::steady_clock;
    const Console& console_;
    Clock::time_point begin_ = Clock::now();
};

int execute_paper(const PaperFlags& flags, const Console& console) {
    const auto rows = papers::rows_named(flags.name);
    if (rows.empty()) {
        std::string allowed = "all";
        for (const papers::Paper& paper : papers::papers())
            allowed += ", " + std::string{paper.name};
        for (const papers::Row& row : papers::catalogue().rows) allowed += ", " + row.id;
        return wrong_usage(console, "paper '" + flags.name + "' is not known; allowed: " + allowed);
    }
    if (!flags.merge.empty()) return merge_papers(flags, rows, console);
    const auto shard = parse_shard(flags.shard, 1'000'000);
    if (!shard) return wrong_usage(console, shard.error());
    if (shard->second > 1 && flags.out.empty()) {
        return wrong_usage(
            console, "--shard " + flags.shard + " needs --out FILE: one part alone has no result");
    }
    const PaperProgress bar{console};
    const Scale scale = flags.scale();
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    const papers::Results results = papers::run_experiments(
        papers::experiments_of(rows),
        {.scale = scale,
         .threads = flags.threads != 0 ? flags.threads : cores,
         .shard = static_cast<unsigned>(shard->first),
         .of = static_cast<unsigned>(shard->second),
         .progress = [&](const papers::Progress& progress) { bar.show(progress); }});
    console.show_progress("");
    if (!flags.out.empty()) {
        const std::string problem =
            write_file(flags.out, papers::write_results(scale, results), console);
        if (!problem.empty()) {
            console.print_error("rollcall-sim: " + problem + "\n");
            return kBroken;
        }
        if (shard->second > 1) return kHolds;
    }
    return print_outcomes(flags, rows, scale, results, console_beside({flags.out}, console));
}

}  // namespace

Job describe_paper(CLI::App& app) {
    const auto flags = std::make_shared<PaperFlags>();
    app.add_option("NAME", flags->name,
                   "swim, lifeguard, rapid or epidemic; all of them; fast, which compares our own "
                   "profiles; or one row, such as S1 or D1")
        ->required();
    auto* quick = app.add_flag("--quick", flags->quick, "Few repetitions: all rows within minutes");
    app.add_flag("--full", flags->full, "As many repetitions as in the papers")->excludes(quick);
    app.add_option("--reps", flags->reps, "Number of repetitions (docs/papers.md defines one)")
        ->check(CLI::Range(1u, 1'000'000u));
    app.add_option("--threads", flags->threads, "Number of threads; default: the number of cores")
        ->check(CLI::Range(1u, 4096u));
    app.add_option("--shard", flags->shard, "I/N: the I-th of N parts of the work; with --out");
    app.add_option("--out", flags->out,
                   "Write the measurements to this file, for --merge; - is standard output");
    app.add_option("--merge", flags->merge,
                   "Judge the results in these files without running anything");
    app.add_option("--format", flags->format,
                   "text, json or markdown (docs/papers.md, docs/detection.md)")
        ->check(CLI::IsMember({"text", "json", "markdown"}));
    return [flags](const Console& console) { return execute_paper(*flags, console); };
}

}  // namespace rollcall::sim
