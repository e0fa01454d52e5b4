// SPDX-License-Identifier: Apache-2.0
//
// Expectations: the state of members in the view of others, agreement, keys, and figures.
#include <algorithm>
#include <array>

#include "sim/scenario/language/figure_words.h"
#include "sim/scenario/language/file.h"
#include "sim/scenario/language/file_lines.h"
#include "sim/scenario/language/numbers.h"
#include "sim/scenario/language/units.h"

namespace rollcall::sim {
namespace {

using What = decltype(Expectation::what);

// clang-format off
constexpr Phrase kPhrases[] = {
    {"everywhere by", "expect NODES STATE everywhere by TIME", "at that time every node that runs and is not paused considers each of NODES to be in STATE. A member that a node does not know (any more) counts as dead and as left"},
    {"everywhere within", "expect NODES STATE everywhere within TIME after TIME", "the same, at the latest this long after that time"},
    {"somewhere within", "expect NODES STATE somewhere within TIME after TIME", "by then, for each of NODES, at least one node has considered it to be in STATE"},
    {"never", "expect NODES never STATE [from TIME] [to TIME]", "no node considered any of NODES to be in STATE, in the whole run or that part of it"},
    {"nobody", "expect nobody [but NODES] STATE [from TIME] [to TIME]", "no node considered any other, except NODES, to be in STATE"},
    {"agreement", "expect agreement by TIME", "at that time, for every node that runs and is not paused, the alive members are exactly the running nodes"},
    {"key", "expect key NUMBER alone by TIME", "at that time every node that runs and is not paused has that key and no other"},
    {"figure", "expect FIGURE <= NUMBER", "the figure is at most NUMBER; also >= and =, and `between NUMBER and NUMBER`. A figure without a value does not match"},
};
// clang-format on

Duration moment_in(LineReader& line, const Scenario& scenario, std::string_view field) {
    const std::string_view word = line.peek();
    const Duration at = line.time(field);
    if (at > scenario.length) {
        line.fail(field, word, "0 to the end of the run, " + exact(scenario.length));
    }
    return at;
}

membership::State state(LineReader& line) {
    constexpr std::string_view kStates[] = {"alive", "suspect", "dead", "left"};
    constexpr membership::State kMeant[] = {membership::State::alive, membership::State::suspect,
                                            membership::State::dead, membership::State::left};
    return kMeant[line.choice("state", kStates)];
}

void part_of_run(LineReader& line, const Scenario& scenario, expect::Never& never) {
    never.to = scenario.length;
    if (line.accept("from")) never.from = moment_in(line, scenario, "from");
    if (line.accept("to")) never.to = moment_in(line, scenario, "to");
    if (never.to < never.from) {
        line.fail("to", exact(never.to), "not before the beginning, " + exact(never.from));
    }
}

What no_node(LineReader& line, const Scenario& scenario) {
    expect::Never never;
    if (line.accept("but")) {
        const Nodes but = line.nodes();
        for (std::uint32_t n = 1; n <= scenario.nodes; ++n) {
            if (!std::ranges::binary_search(but, n)) never.about.push_back(n);
        }
        if (never.about.empty()) line.fail("but", node_list(but), "not all nodes");
    }
    never.state = state(line);
    part_of_run(line, scenario, never);
    return never;
}

What about_nodes(LineReader& line, const Scenario& scenario) {
    Nodes about = line.nodes();
    if (line.accept("never")) {
        expect::Never never{.about = std::move(about)};
        never.state = state(line);
        part_of_run(line, scenario, never);
        return never;
    }
    const membership::State seen = state(line);
    constexpr std::string_view kWhere[] = {"everywhere", "somewhere"};
    const bool everywhere = line.choice("expectation", kWhere) == 0;
    if (everywhere && line.accept("by")) {
        return expect::Seen{std::move(about), seen, moment_in(line, scenario, "by")};
    }
    line.need("within", everywhere ? "everywhere (or by)" : "somewhere");
    expect::Detected detected{.about = std::move(about), .state = seen};
    const std::string_view word = line.peek();
    const Duration within = line.time("within");
    if (within == Duration{}) line.fail("within", word, "longer than 0");
    line.need("after", "within");
    detected.since = moment_in(line, scenario, "after");
    if (detected.since + within > scenario.length) {
        line.fail("within", word,
                  "an end before that of the run, " + exact(scenario.length) + "; this one is " +
                      exact(detected.since + within));
    }
    (everywhere ? detected.last_within : detected.first_within) = within;
    return detected;
}

// In the figure's unit: "12s" and "500ms" of times, "2%" of shares.
double value(LineReader& line, const FigureWord& figure) {
    const std::string_view word = line.take();
    if (figure.unit == "s") {
        const auto time = parse_time(word);
        if (!time) line.fail(figure.name, word, std::string{kTimeForm});
        return std::chrono::duration<double>(time.value_or(Duration{})).count();
    }
    const auto number = figure.unit == "share" ? parse_share(word) : parse_number(word);
    if (!number) {
        line.fail(figure.name, word, figure.unit == "share" ? std::string{kShareForm} : "a number");
    }
    return number.value_or(0);
}

What figure(LineReader& line) {
    const FigureWord& word = *figure_word(line.take());
    expect::Figure figure{.name = std::string{word.name}};
    constexpr std::string_view kRelations[] = {"<=", ">=", "=", "between"};
    switch (line.choice(word.name, kRelations)) {
        case 0:
            figure.most = value(line, word);
            break;
        case 1:
            figure.least = value(line, word);
            break;
        case 2:
            figure.least = figure.most = value(line, word);
            break;
        default:
            figure.least = value(line, word);
            line.need("and", "between");
            figure.most = value(line, word);
            if (*figure.most < *figure.least) {
                line.fail("between", number(*figure.most), "the smaller number first");
            }
    }
    return figure;
}

// Whether the word begins a list of nodes.
bool like_nodes(std::string_view word) {
    if (word == "all" || word == "first" || word == "last") return true;
    return word.size() > 1 && word[0] == 'n' && word[1] >= '0' && word[1] <= '9';
}

}  // namespace

std::span<const Phrase> expectation_phrases() {
    return kPhrases;
}

std::optional<Expectation> read_expectation(LineReader& line, const Scenario& scenario) {
    Expectation expectation{.line = line.line()};
    const std::string_view word = line.peek();
    if (line.accept("nobody")) {
        expectation.what = no_node(line, scenario);
    } else if (line.accept("agreement")) {
        line.need("by", "agreement");
        expectation.what = expect::Converged{moment_in(line, scenario, "by")};
    } else if (line.accept("key")) {
        const auto key = static_cast<unsigned>(line.count("key", 1, kMostKeys));
        line.need("alone", "key"), line.need("by", "key");
        expectation.what = expect::KeyAlone{key, moment_in(line, scenario, "by")};
    } else if (figure_word(word) != nullptr) {
        expectation.what = figure(line);
    } else if (like_nodes(word)) {
        expectation.what = about_nodes(line, scenario);
    } else {
        std::vector<std::string_view> words{"nobody", "agreement", "key"};
        for (const FigureWord& f : figure_words()) words.push_back(f.name);
        line.fail(
            "expect", word,
            "nodes, 'nobody', 'agreement', 'key', or the name of a figure (docs/simulation.md)" +
                did_you_mean(word, words));
    }
    line.end();
    if (line.failed()) return {};
    return expectation;
}

}  // namespace rollcall::sim
