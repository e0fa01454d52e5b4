// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/file.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "sim/scenario/language/figure_words.h"
#include "sim/scenario/language/file_attacks.h"
#include "sim/scenario/language/file_lines.h"
#include "sim/scenario/language/line_reader.h"
#include "sim/scenario/language/settings.h"
#include "sim/scenario/language/units.h"

namespace rollcall::sim {
namespace {

// clang-format off
constexpr Phrase kClusterPhrases[] = {
    {"nodes", "nodes COUNT", "number of nodes: n1, n2, ...; default 5"},
    {"core", "core membership", "the membership core alone (default); `core serf` adds the whole Serf layer"},
    {"profile", "profile lan", "settings of all nodes: lan (default), wan, local, fast or fast-wan"},
    {"published", "published NODES", "these nodes have the settings of lan, and memberlist's protocol without rules F1 to F7, as members that run Serf"},
    {"set", "set NAME VALUE", "one setting, by its name in docs/operations/settings.md or in the list below"},
    {"begin", "begin joined", "every node runs and knows all others (default); `alone`: all run, none knows another; `stopped`: none runs"},
    {"encryption", "encryption on", "packets and streams are encrypted; or off (default)"},
    {"adversary", "adversary outside", "a host that is no node can attack, see Adversaries; instead of `outside` with commas between: `key` (it has the cluster's key), `path` (it reads all packets), `member` (it announces itself as a member and answers)"},
    {"links", "links LINKS", "the network between all nodes"},
    {"wake_delay", "wake_delay TIME", "timers fire up to this late, as on a busy machine"},
    {"run", "run TIME", "length of the run; required"},
    {"healing", "healing TIME", "after the run all faults end and all nodes start, and within this time all must agree; default: no such check"},
    {"figures", "figures NAME, NAME...", "figures to print; default all"},
    {"seed", "seed NUMBER", "default seed of a run"},
    {"hash", "hash NUMBER", "expected hash of a run with that seed; `replay` compares it"},
};
// clang-format on
constexpr std::string_view kSpdx = "SPDX-License-Identifier";
constexpr std::size_t kMostProblems = 100;

struct Line {
    unsigned number = 0;
    std::string_view text;
    std::string_view word;  // the first
};

std::string_view trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t\r");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

class Reader {
public:
    Reader(std::string_view text, std::string name, const FileOptions& options)
        : options_{options} {
        scenario().name = std::move(name);
        split(text);
    }

    ScenarioFile read() {
        // In any order in the file; lines that others depend on are read first.
        each({"nodes"}, [this](LineReader& line) { nodes(line); });
        if (options_.nodes) override_nodes();
        each({"core", "profile", "run"}, [this](LineReader& line) { cluster(line); });
        if (!seen_.contains("run")) {
            file_.problems.push_back({.field = "run", .allowed = "a line like 'run 2m'"});
        }
        // A wrong or missing length must not cause errors in other lines.
        if (scenario().length == Duration{}) scenario().length = std::chrono::hours{1000};
        each({"published", "set", "begin", "encryption", "adversary", "links", "wake_delay",
              "healing", "figures", "seed", "hash"},
             [this](LineReader& line) { cluster(line); });
        for (const auto& [name, value] : options_.settings) {
            if (auto problem = set(scenario(), name, value)) {
                problem->field = "--set " + problem->field;
                file_.problems.push_back(std::move(*problem));
            }
            set_at_[name] = 0;
        }
        each({"at", "every"},
             [this](LineReader& line) { read_steps(line, scenario(), scenario().steps, named_); });
        std::ranges::stable_sort(scenario().steps, {}, &Step::at);
        each({"expect"}, [this](LineReader& line) { expectation(line); });
        unknown();
        for (Problem& problem : check_settings(scenario())) {
            const auto found = set_at_.find(problem.field);
            if (found != set_at_.end()) problem.line = found->second;
            file_.problems.push_back(std::move(problem));
        }
        std::ranges::stable_sort(file_.problems, {}, &Problem::line);
        if (file_.problems.size() > kMostProblems) file_.problems.resize(kMostProblems);
        return std::move(file_);
    }

private:
    [[nodiscard]] Scenario& scenario() { return file_.scenario; }

    void split(std::string_view text) {
        unsigned number = 0;
        bool head = true;
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            const std::string_view line = trimmed(text.substr(0, end));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            ++number;
            if (line.starts_with('#')) {
                if (head) why(trimmed(line.substr(1)));
                continue;
            }
            if (line.empty()) continue;
            head = false;
            lines_.push_back({number, line, line.substr(0, line.find_first_of(" \t,|#"))});
        }
        std::string& why = scenario().why;
        while (why.ends_with('\n') || why.ends_with(' ')) why.pop_back();
    }
    // The comment at the head: the lines of a paragraph are joined; an empty line ends it.
    void why(std::string_view line) {
        std::string& why = scenario().why;
        if (line.starts_with(kSpdx)) return;
        if (line.empty()) {
            if (!why.empty() && !why.ends_with('\n')) why += '\n';
            return;
        }
        if (!why.empty() && !why.ends_with('\n')) why += ' ';
        why += line;
    }

    // f(line) for each line that begins with one of these words, without that word.
    template <class F>
    void each(std::initializer_list<std::string_view> words, F&& f) {
        for (const Line& line : lines_) {
            if (std::ranges::find(words, line.word) == words.end()) continue;
            LineReader reader{line.number, line.text, scenario().nodes, file_.problems};
            if (line.word != "at" && line.word != "every") (void)reader.take();
            text_ = line.text;
            word_ = line.word;
            f(reader);
        }
    }
    bool once(LineReader& line) {
        const bool first = word_ == "set" || seen_.insert(word_).second;
        if (!first) line.fail(word_, text_, "one such line");
        return first;
    }
    void nodes(LineReader& line) {
        const bool first = once(line);
        const auto count = static_cast<unsigned>(line.count("nodes", 1, kMostNodes));
        line.end();
        if (first) scenario().nodes = line.failed() ? kMostNodes : count;  // as with the length
    }
    void override_nodes() {
        scenario().nodes = std::clamp(*options_.nodes, 1u, kMostNodes);
        if (scenario().nodes == *options_.nodes) return;
        file_.problems.push_back({.field = "--nodes",
                                  .value = std::to_string(*options_.nodes),
                                  .allowed = "1 to " + std::to_string(kMostNodes)});
    }
    void cluster(LineReader& line) {
        once(line);
        if (word_ == "core") {
            constexpr std::string_view kCores[] = {"membership", "serf"};
            const bool serf = line.choice("core", kCores) == 1;
            scenario().serf = serf || line.failed();  // no follow-up errors in its settings
        } else if (word_ == "profile") {
            constexpr std::string_view kProfiles[] = {"lan", "wan", "local", "fast", "fast-wan"};
            const std::size_t profile = line.choice("profile", kProfiles);
            scenario().profile_name = kProfiles[profile];
            scenario().profile = *membership::Config::of_profile(scenario().profile_name);
        } else if (word_ == "run") {
            scenario().length = line.time("run");
            if (scenario().length == Duration{}) line.fail("run", "0", "longer than 0");
        } else if (word_ == "published") {
            scenario().published = line.nodes("published");
        } else if (word_ == "set") {
            setting_line(line);
        } else if (word_ == "begin") {
            constexpr std::string_view kBeginnings[] = {"joined", "alone", "stopped"};
            constexpr Beginning kMeant[] = {Beginning::joined, Beginning::alone,
                                            Beginning::stopped};
            scenario().beginning = kMeant[line.choice("begin", kBeginnings)];
        } else if (word_ == "encryption") {
            constexpr std::string_view kSwitch[] = {"off", "on"};
            scenario().encrypted = line.choice("encryption", kSwitch) == 1;
        } else if (word_ == "adversary") {
            scenario().adversary = read_powers(line);
        } else if (word_ == "links") {
            line.links(scenario().links);
        } else if (word_ == "wake_delay") {
            scenario().wake_delay = line.time("wake_delay");
        } else if (word_ == "healing") {
            scenario().healing = line.time("healing");
        } else if (word_ == "figures") {
            figures(line);
        } else if (word_ == "seed") {
            scenario().seed = line.id("seed");
        } else if (word_ == "hash") {
            scenario().hash = line.id("hash");
        }
        line.end();
    }
    void setting_line(LineReader& line) {
        const std::string name{line.take()};
        const std::string value{line.take()};
        if (auto problem = set(scenario(), name, value)) {
            line.fail(problem->field, problem->value, problem->allowed);
        }
        set_at_[name] = line.line();
    }
    void figures(LineReader& line) {
        std::vector<std::string_view> names;
        for (const FigureWord& figure : figure_words()) names.push_back(figure.name);
        do {
            const std::size_t place = line.choice("figures", names);
            if (!line.failed()) scenario().metrics.emplace_back(names[place]);
        } while (line.accept(","));
    }
    void expectation(LineReader& line) {
        auto read = read_expectation(line, scenario());
        if (!read) return;
        const std::string_view text = text_.substr(0, text_.find('#'));
        read->text = trimmed(text.substr(text.find_first_of(" \t")));
        scenario().expectations.push_back(std::move(*read));
    }
    void unknown() {
        std::vector<std::string_view> words;
        for (const Phrase& phrase : kClusterPhrases) words.push_back(phrase.word);
        words.insert(words.end(), {"at", "every", "expect"});
        for (const Line& line : lines_) {
            if (std::ranges::find(words, line.word) != words.end()) continue;
            file_.problems.push_back(
                {.line = line.number,
                 .field = "line",
                 .value = std::string{line.word},
                 .allowed = listed_words(words) + did_you_mean(line.word, words)});
        }
    }

    const FileOptions& options_;
    ScenarioFile file_;
    std::vector<Line> lines_;
    std::size_t named_ = 0;  // nodes, in all steps
    std::set<std::string_view> seen_;
    std::map<std::string, unsigned, std::less<>> set_at_;  // lines of the settings
    std::string_view text_, word_;                         // of the line being read
};

}  // namespace

std::span<const Phrase> cluster_phrases() {
    return kClusterPhrases;
}

ScenarioFile read_scenario(std::string_view text, std::string name, const FileOptions& options) {
    return Reader{text, std::move(name), options}.read();
}

}  // namespace rollcall::sim
