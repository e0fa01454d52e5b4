// SPDX-License-Identifier: Apache-2.0
#include "sim/program/answer/swarm_text.h"

#include <array>
#include <cstdio>

#include "sim/program/answer/run_report.h"
#include "sim/scenario/language/numbers.h"

namespace rollcall::sim {
namespace {

std::string with_spaces(std::uint64_t value) {
    std::string text = std::to_string(value);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, " ");
    return text;
}

// The flags of a swarm with these limits that `shrink` has too.
std::string draw_flags(const DrawLimits& limits) {
    std::string text;
    const DrawLimits usual;
    if (limits.fewest_nodes != usual.fewest_nodes || limits.most_nodes != usual.most_nodes) {
        text += " --nodes " + std::to_string(limits.fewest_nodes) + ".." +
                std::to_string(limits.most_nodes);
    }
    if (limits.kind == DrawKind::serf_traffic) text += " --news";
    if (limits.kind == DrawKind::lost_leaves) text += " --leaves";
    if (limits.kind == DrawKind::attacks) text += " --adversary";
    return text;
}

}  // namespace

std::string swarm_again(std::uint64_t seed, const DrawLimits& limits) {
    std::string text = "rollcall-sim swarm --seed " + std::to_string(seed) + draw_flags(limits);
    if (!limits.profile.empty()) text += " --profile " + limits.profile;
    return text;
}

std::string story_tail(const Scenario& scenario, std::uint64_t seed, std::size_t lines) {
    const RunResult result = run(scenario, seed, {.stop_at_violation = true, .keep_story = true});
    std::size_t from = result.story.size();
    for (std::size_t line = 0; line <= lines && from != std::string::npos && from > 0; ++line) {
        from = result.story.rfind('\n', from - 1);
    }
    return from == std::string::npos ? result.story : result.story.substr(from + 1);
}

std::string swarm_text(const SwarmResult& result, const DrawLimits& limits, double took_s,
                       const Console& console) {
    std::string text;
    const auto line = [&](const std::string& what) { text += what + "\n"; };
    std::string head = console.bold("swarm") + "  seeds " + std::to_string(result.from) + ".." +
                       std::to_string(result.from + result.seeds - 1);
    if (result.shards > 1) {
        head += result.parts.size() == result.shards
                    ? ", all of " + std::to_string(result.shards) + " shards"
                    : ", shard " + std::to_string(result.parts.front()) + " of " +
                          std::to_string(result.shards);
    }
    line(head);
    std::array<char, 128> figures{};
    std::snprintf(figures.data(), figures.size(), ", %.0f node-hours simulated, %s events",
                  result.node_seconds / 3600, with_spaces(result.events).c_str());
    line("  " + with_spaces(result.done) + " runs, " + with_spaces(result.twice) +
         " of them run twice" + figures.data());
    if (took_s > 0) {
        std::snprintf(figures.data(), figures.size(), "  %.1f s, %.0f runs a second", took_s,
                      static_cast<double>(result.done) / took_s);
        line(console.dim(figures.data()));
    }
    if (result.holds()) {
        line("  " + console.good("0 violations") +
             console.dim("   hash " + hash_text(result.hash)));
        return text;
    }
    line("");
    for (const auto& [invariant, seeds] : result.broken) {
        line("  " + console.bad("✗") + " " + invariant + " violated in " + with_spaces(seeds) +
             (seeds == 1 ? " run" : " runs"));
    }
    for (const SwarmFailure& failure : result.failures) {
        line("");
        line("  seed " + std::to_string(failure.seed));
        std::size_t shown = 0;
        for (const Violation& v : failure.violations) {
            if (++shown > 5) break;
            text += wrapped(about(v.at) + "  " + v.invariant + ": " + v.what, 4, console.width);
        }
        line("  " + console.dim("again: " + swarm_again(failure.seed, limits)));
        line("  " + console.dim("smaller: rollcall-sim shrink --seed " +
                                std::to_string(failure.seed) + draw_flags(limits)));
    }
    return text;
}

}  // namespace rollcall::sim
