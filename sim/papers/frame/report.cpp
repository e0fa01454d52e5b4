// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/frame/report.h"

#include <algorithm>

#include "sim/papers/frame/catalogue.h"

namespace rollcall::sim::papers {
namespace {

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

const char* mark(const Figure& figure) {
    switch (figure.verdict) {
        case Figure::Verdict::holds:
            return "ok";
        case Figure::Verdict::fails:
            return "off";
        case Figure::Verdict::none:
            return "";
    }
    return "";
}

const char* verdict(const RowOutcome& outcome) {
    if (!is_published(*outcome.row)) return outcome.reproduced ? "holds" : "does not hold";
    return outcome.in_part()    ? "reproduced in the part that was run, not as a whole"
           : outcome.reproduced ? "reproduced"
                                : "not reproduced";
}

std::string shown_interval(const Figure& figure) {
    return figure.interval.low == figure.interval.high ? std::string{} : range(figure.interval);
}

const char* effort_name(const Scale& scale) {
    switch (scale.effort) {
        case Scale::Effort::quick:
            return "`--quick`";
        case Scale::Effort::normal:
            return "normal (no option)";
        case Scale::Effort::full:
            return "`--full`";
    }
    return "";
}

std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
        text.replace(at, 1, "\\|");
    }
    return text;
}

std::string effort_in_words(const Scale& scale) {
    std::string text{effort_name(scale)};
    if (scale.reps) text += " with `--reps " + std::to_string(*scale.reps) + "`";
    return text;
}

// Of rows with a table: that, and the figures that have a bar.
std::string our_tables(const std::vector<RowOutcome>& outcomes, const Scale& scale) {
    std::string text = "Effort: " + effort_in_words(scale) + ".\n";
    for (const RowOutcome& outcome : outcomes) {
        const Row& row = *outcome.row;
        text += "\n<a id=\"" + row.id + "\"></a>\n\n### " + row.id + ": " + row.target + "\n\n" +
                row.scenario + "\n\n" + outcome.table +
                "\n| bar | measured | allowed | |\n| --- | --- | --- | --- |\n";
        for (const Figure& f : outcome.figures) {
            if (f.verdict == Figure::Verdict::none) continue;
            text += "| " + cell(f.name) + " | " + number(f.simulated) + " | " + cell(f.allowed) +
                    " | " + mark(f) + " |\n";
        }
    }
    return text;
}

}  // namespace

std::vector<RowOutcome> judge(const std::vector<const Row*>& rows, const Scale& scale,
                              const Results& results) {
    std::vector<RowOutcome> outcomes;
    for (const Row* row : rows) {
        RowOutcome outcome{.row = row, .figures = row->judge(scale, results)};
        if (row->table) outcome.table = row->table(scale, results);
        outcome.reproduced = reproduced(outcome.figures);
        outcome.recorded = recorded(row->id);
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

std::string as_text(const std::vector<RowOutcome>& outcomes) {
    std::string text;
    for (const RowOutcome& outcome : outcomes) {
        text += padded(outcome.row->id, 4) + outcome.row->target + "\n";
        std::size_t name = 0, published = 9, simulated = 9, interval = 8;
        for (const Figure& f : outcome.figures) {
            name = std::max(name, f.name.size());
            published = std::max(published, f.published.size());
            simulated = std::max(simulated, number(f.simulated).size());
            interval = std::max(interval, shown_interval(f).size());
        }
        const auto line = [&](const std::string& a, const std::string& b, const std::string& c,
                              const std::string& d, const std::string& e) {
            std::string whole = "    " + padded(a, name) + "  " + padded(b, published) + "  " +
                                padded(c, simulated) + "  " + padded(d, interval) + "  " + e;
            whole.erase(whole.find_last_not_of(' ') + 1);
            text += whole + "\n";
        };
        line("", "published", "simulated", "interval", "");
        for (const Figure& f : outcome.figures) {
            std::string end = mark(f);
            if (f.verdict == Figure::Verdict::fails) end += "; allowed: " + f.allowed;
            line(f.name, f.published, number(f.simulated), shown_interval(f), end);
        }
        text += std::string{"    "} + verdict(outcome);
        if (outcome.regressed()) {
            text += ", but it was on " + std::string{outcome.recorded->day} + ": a regression";
        } else if (outcome.recorded != nullptr && !outcome.recorded->reproduced) {
            text += ": " + std::string{outcome.recorded->why};
        }
        text += "\n\n";
    }
    std::size_t good = 0;
    for (const RowOutcome& outcome : outcomes) {
        good += outcome.reproduced && !outcome.in_part() ? 1 : 0;
    }
    text += std::to_string(good) + " of " + std::to_string(outcomes.size()) +
            (outcomes.size() == 1 ? " row " : " rows ") +
            (outcomes.empty() || is_published(*outcomes[0].row) ? "reproduced\n" : "hold\n");
    return text;
}

std::string as_markdown(const std::vector<RowOutcome>& outcomes, const Scale& scale) {
    if (!outcomes.empty() && !is_published(*outcomes[0].row)) return our_tables(outcomes, scale);
    std::string text =
        "# Published experiments, run again\n\n"
        "Generated by `rollcall-sim paper all --format=markdown`; do not edit. Effort: " +
        effort_in_words(scale) +
        ".\n\nThe cores are the agent's own; network and clock are simulated "
        "([simulation.md](simulation.md)). Where a\npaper ran another protocol, the core's "
        "variants "
        "restore it, part by part (rules V1 to V6 of\n[protocol.md](protocol.md)). Tolerances "
        "were "
        "written down before the first run. A row that is not\nreproduced stays, with its figures "
        "and the best known explanation.\n\n"
        "| row | what | verdict |\n| --- | --- | --- |\n";
    for (const RowOutcome& o : outcomes) {
        text += "| [" + o.row->id + "](#" + o.row->id + ") | " + cell(o.row->target) + " | " +
                verdict(o) + " |\n";
    }
    for (const Paper& paper : papers()) {
        if (std::ranges::none_of(outcomes,
                                 [&](const RowOutcome& o) { return o.row->paper == paper.name; })) {
            continue;
        }
        text += "\n## " + std::string{paper.title} + "\n";
        for (const RowOutcome& o : outcomes) {
            if (o.row->paper != paper.name) continue;
            const Row& row = *o.row;
            text += "\n<a id=\"" + row.id + "\"></a>\n\n### " + row.id + ": " + row.target +
                    "\n\n" + row.scenario + "\n\n";
            if (!row.free_parameters.empty()) text += "* Left open: " + row.free_parameters + "\n";
            text += "* Reproduced if: " + row.tolerance + ".\n* `--reps` counts " + row.repetition +
                    ".\n* **" + verdict(o) + "**";
            if (o.recorded != nullptr && !o.recorded->why.empty()) {
                text += ". " + std::string{o.recorded->why};
            }
            text +=
                "\n\n| figure | published | simulated | interval | allowed | |\n"
                "| --- | --- | --- | --- | --- | --- |\n";
            for (const Figure& f : o.figures) {
                text += "| " + cell(f.name) + " | " + cell(f.published) + " | " +
                        number(f.simulated) + " | " + shown_interval(f) + " | " + cell(f.allowed) +
                        " | " + mark(f) + " |\n";
            }
        }
    }
    return text;
}

}  // namespace rollcall::sim::papers
