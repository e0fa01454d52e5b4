// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "sim/program/answer/agent_defaults.h"
#include "sim/program/answer/run_report.h"
#include "sim/scenario/language/figure_words.h"
#include "sim/scenario/language/numbers.h"

namespace rollcall::sim {
namespace {

std::string padded(std::string text, std::size_t width, bool right = false) {
    if (text.size() >= width) return text;
    return right ? std::string(width - text.size(), ' ') + text
                 : text + std::string(width - text.size(), ' ');
}

// "12 345 678"
std::string grouped(std::uint64_t value) {
    std::string text = std::to_string(value);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, " ");
    return text;
}

std::string figure_text(const FigureWord& word, double value) {
    if (word.unit == "s") {
        return about(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value)));
    }
    std::array<char, 64> text{};
    if (word.unit == "share") {
        std::snprintf(text.data(), text.size(), "%.2f %%", value * 100);
    } else if (word.unit.empty()) {
        return grouped(static_cast<std::uint64_t>(value));
    } else {
        std::snprintf(text.data(), text.size(), value < 10 ? "%.2f" : "%.0f", value);
    }
    return text.data();
}

class Page {
public:
    Page(const RunReport& report, const Console& console)
        : scenario_{report.scenario}, result_{report.result}, report_{report}, console_{console} {}

    std::string text() {
        head();
        spread();
        costs();
        expectations();
        violations();
        foot();
        return std::move(text_);
    }

private:
    void line(const std::string& text = {}) { text_ += text + "\n"; }
    [[nodiscard]] bool wanted(std::string_view name) const {
        const auto& chosen = scenario_.metrics;
        return chosen.empty() || std::ranges::find(chosen, name) != chosen.end();
    }
    [[nodiscard]] std::string value(const std::string& name) const {
        const auto found = result_.figures.find(name);
        if (found == result_.figures.end() || !wanted(name)) return {};
        return figure_text(*figure_word(name), found->second);
    }

    void head() {
        line(console_.bold(scenario_.name) + "  " + std::to_string(scenario_.nodes) + " nodes, " +
             (scenario_.serf ? "with the Serf layer" : "membership core") + ", " +
             exact(scenario_.length) +
             (scenario_.healing > Duration{} ? " and " + exact(scenario_.healing) + " of healing"
                                             : std::string{}) +
             ", seed " + std::to_string(result_.seed));
        if (!scenario_.why.empty()) text_ += wrapped(scenario_.why, 2, console_.width);
        const std::string different = agent_difference_text(agent_differences(scenario_));
        if (!different.empty()) text_ += console_.dim(wrapped(different, 2, console_.width));
        line();
    }
    // How fast changes of the membership spread.
    void spread() {
        struct Kind {
            const char* prefix;
            const char* title;
            const char* overtaken;  // why no member could learn of them
            const char* needless;   // why no member had to
        };
        constexpr Kind kKinds[] = {
            {"detect", "deaths detected", "started again before any member declared them dead",
             "no other running member knew them"},
            {"join", "joins known", "ended before any other member knew them",
             "all other running members already knew them"},
            {"leave", "leaves known", "started again before any other member knew of the leave",
             "no other running member knew them"},
            {"update", "updates known", "replaced before any other member had them",
             "no other running member knew them"}};
        constexpr const char* kColumns[] = {"news",  "first_s", "median_s",
                                            "p99_s", "last_s",  "missed"};
        constexpr const char* kTitles[] = {"of", "first", "median", "99 %", "last", "missed"};
        bool headed = false, shown = false;
        for (const auto& [prefix, title, overtaken, needless] : kKinds) {
            const std::string name{prefix};
            if (!result_.figures.contains(name + "_news")) continue;
            if (std::ranges::none_of(
                    kColumns, [&](const char* column) { return wanted(name + "_" + column); })) {
                continue;
            }
            // Without times there is nothing to fill the columns with.
            if (!result_.figures.contains(name + "_first_s")) {
                line(padded(std::string{"  "} + title, 20) +
                     none_learned(name, overtaken, needless));
                shown = true;
                continue;
            }
            if (!headed) {
                std::string heading(20, ' ');
                for (const char* column : kTitles) heading += padded(column, 10, true);
                line(console_.dim(heading));
                headed = true;
            }
            std::string row = padded(std::string{"  "} + title, 20);
            for (const char* column : kColumns) {
                row += padded(value(name + "_" + column), 10, true);
            }
            line(row);
            if (count(name + "_overtaken") > 0 && wanted(name + "_overtaken")) {
                line(console_.dim("    " + value(name + "_overtaken") + " of " +
                                  value(name + "_news") + ": " + overtaken));
            }
            shown = true;
        }
        if (shown) line();
    }
    [[nodiscard]] std::uint64_t count(const std::string& name) const {
        const auto found = result_.figures.find(name);
        return found == result_.figures.end() ? 0 : static_cast<std::uint64_t>(found->second);
    }
    // "none of 20: started again before any member declared them dead"
    [[nodiscard]] std::string none_learned(const std::string& name, const char* overtaken,
                                           const char* needless) const {
        const std::uint64_t all = count(name + "_news");
        const std::uint64_t over = count(name + "_overtaken");
        const std::uint64_t missed = count(name + "_missed");
        std::string text = "none of " + grouped(all);
        if (over == all) return text + ": " + overtaken;
        if (over == 0 && missed == 0) return text + ": " + needless;
        if (over > 0) text += "; " + grouped(over) + " " + overtaken;
        if (missed > 0) text += "; missed: " + grouped(missed);
        return text;
    }
    // False suspicions and failures, and traffic: all figures outside the table.
    void costs() {
        std::size_t shown = 0;
        for (const FigureWord& word : figure_words()) {
            const std::string name{word.name};
            if (!result_.figures.contains(name) || !wanted(name)) continue;
            if (std::ranges::any_of(std::array{"detect_", "join_", "leave_", "update_"},
                                    [&](const char* p) { return name.starts_with(p); })) {
                continue;
            }
            line("  " + padded(name, 30) + padded(value(name), 12, true) + "  " +
                 console_.dim(
                     std::string{word.unit == "s" || word.unit == "share" ? "" : word.unit}));
            ++shown;
        }
        if (shown > 0) line();
    }
    void expectations() {
        if (result_.outcomes.empty()) return;
        std::size_t width = 0;
        for (const Outcome& o : result_.outcomes) width = std::max(width, o.text.size());
        line(console_.dim("  expected"));
        for (const Outcome& o : result_.outcomes) {
            const std::string mark = o.holds ? console_.good("✓") : console_.bad("✗");
            line("  " + mark + " " + padded(o.text, width) + "  " +
                 (o.holds ? console_.dim(o.measured) : console_.bad(o.measured)));
        }
        line();
    }
    void violations() {
        const std::size_t expectations = static_cast<std::size_t>(
            std::ranges::count_if(result_.outcomes, [](const Outcome& o) { return !o.holds; }));
        const std::size_t others =
            result_.violations.size() - std::min(result_.violations.size(), expectations);
        if (others == 0) return;
        line(console_.bad("  violated invariants"));
        std::size_t shown = 0;
        for (const Violation& v : result_.violations) {
            if (v.invariant.starts_with("line ")) continue;
            line("  " + console_.bad("✗") + " " + v.invariant + " at " + about(v.at));
            text_ += wrapped(v.what, 6, console_.width);
            if (++shown == 10) break;
        }
        if (result_.invariants_broken > shown) {
            line("    " + grouped(result_.invariants_broken) + " violations in all");
        }
        line();
    }
    void foot() {
        const double simulated = std::chrono::duration<double>(result_.length).count();
        std::array<char, 64> took{};
        std::snprintf(took.data(), took.size(), "%.2f s, %.0f times real time", report_.took_s,
                      report_.took_s > 0 ? simulated / report_.took_s : 0.0);
        const std::string verdict =
            result_.holds() ? console_.good("holds") : console_.bad("does not hold");
        line("  " + verdict +
             console_.dim("   hash " + hash_text(result_.hash) + ", " + grouped(result_.events) +
                          " events in " + took.data()));
        if (!report_.watched) {
            line("  " + console_.dim("invariants were not checked: use --invariants on"));
        }
        line("  " + console_.dim("again: " + report_.again));
    }

    const Scenario& scenario_;
    const RunResult& result_;
    const RunReport& report_;
    const Console& console_;
    std::string text_;
};

}  // namespace

std::string hash_text(std::uint64_t hash) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "0x%016llx", static_cast<unsigned long long>(hash));
    return text.data();
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out;
    std::size_t column = 0;
    const auto new_line = [&] {
        if (column > 0) out += '\n';
        out += std::string(indent, ' ');
        column = indent;
    };
    new_line();
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
        const std::string_view word = text.substr(0, end);
        if (column > indent && column + 1 + word.size() > width) new_line();
        if (column > indent && !word.empty()) out += ' ', ++column;
        out += word;
        column += word.size();
        if (end < text.size() && text[end] == '\n') new_line();
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + '\n';
}

std::string as_text(const RunReport& report, const Console& console) {
    return Page{report, console}.text();
}

}  // namespace rollcall::sim
