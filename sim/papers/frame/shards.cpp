// SPDX-License-Identifier: Apache-2.0
#include "sim/papers/frame/shards.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <span>

namespace rollcall::sim::papers {
namespace {

constexpr std::array<std::string_view, 3> kEffortNames = {"quick", "normal", "full"};
constexpr std::string_view kShardHead = "rollcall-sim papers 1 ";

std::string shard_head(const Scale& scale) {
    return std::string{kShardHead} +
           std::string{kEffortNames[static_cast<std::size_t>(scale.effort)]} + " " +
           (scale.reps ? std::to_string(*scale.reps) : "default");
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find(' '), line.size());
        if (end > 0) words.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return words;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

std::optional<Scale> parse_shard_head(std::string_view line) {
    if (!line.starts_with(kShardHead)) return {};
    const auto words = words_of(line.substr(kShardHead.size()));
    if (words.size() != 2) return {};
    const auto effort = std::ranges::find(kEffortNames, words[0]);
    if (effort == kEffortNames.end()) return {};
    Scale scale{.effort = static_cast<Scale::Effort>(effort - kEffortNames.begin())};
    if (words[1] == "default") return scale;
    scale.reps = parse_number<unsigned>(words[1]);
    return scale.reps && *scale.reps > 0 ? std::optional{scale} : std::nullopt;
}

// Reads the texts in order; stops at the first error.
class ShardReader {
public:
    explicit ShardReader(const std::vector<const Experiment*>& known) : known_{known} {}

    bool read(std::size_t text_number, std::string_view text) {
        text_ = text_number + 1;
        line_ = 0;
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            ++line_;
            if (!(line_ == 1 ? head(text.substr(0, end)) : job(text.substr(0, end)))) return false;
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return line_ > 0 || wrong("empty", std::string{kShardHead} + "EFFORT REPS");
    }
    bool complete() {
        for (const auto& [id, measurements] : stored.results) {
            const auto missing = std::ranges::find_if(measurements, &Measurement::empty);
            if (missing == measurements.end()) continue;
            problem = id + ": job " + std::to_string(missing - measurements.begin()) +
                      " is in none of the files; allowed: all shards of one run";
            return false;
        }
        return true;
    }

    StoredResults stored;
    std::string problem;

private:
    bool wrong(const std::string& what, const std::string& allowed) {
        problem = "file " + std::to_string(text_) + ", line " + std::to_string(line_) + ": " +
                  what + "; allowed: " + allowed;
        return false;
    }
    bool head(std::string_view line) {
        const auto scale = parse_shard_head(line);
        if (!scale) return wrong("not a head", std::string{kShardHead} + "EFFORT REPS");
        if (scale_known_ && shard_head(*scale) != shard_head(stored.scale)) {
            return wrong("of another run", shard_head(stored.scale) + ", as in the first file");
        }
        stored.scale = *scale;
        scale_known_ = true;
        return true;
    }
    bool job(std::string_view line) {
        const auto words = words_of(line);
        if (words.size() < 3) return wrong("too short", "EXPERIMENT JOB NUMBER...");
        const auto experiment = std::ranges::find(known_, words[0], &Experiment::id);
        if (experiment == known_.end()) {
            return wrong("experiment '" + std::string{words[0]} + "'", "one of this version's");
        }
        auto& measurements = stored.results[(*experiment)->id];
        if (measurements.empty()) measurements.resize((*experiment)->jobs(stored.scale));
        const auto number = parse_number<std::size_t>(words[1]);
        if (!number || *number >= measurements.size()) {
            return wrong("job '" + std::string{words[1]} + "'",
                         "0 to " + std::to_string(measurements.size() - 1));
        }
        Measurement& measurement = measurements[*number];
        if (!measurement.empty()) return wrong("job " + std::string{words[1]} + " again", "once");
        for (const std::string_view word : std::span{words}.subspan(2)) {
            const auto value = parse_number<double>(word);
            if (!value) return wrong("'" + std::string{word} + "'", "a number");
            measurement.push_back(*value);
        }
        return true;
    }

    const std::vector<const Experiment*>& known_;
    std::size_t text_ = 0, line_ = 0;
    bool scale_known_ = false;
};

}  // namespace

std::string write_results(const Scale& scale, const Results& results) {
    std::string text = shard_head(scale) + "\n";
    for (const auto& [id, measurements] : results) {
        for (std::size_t job = 0; job < measurements.size(); ++job) {
            if (measurements[job].empty()) continue;
            text += id + " " + std::to_string(job);
            for (const double value : measurements[job]) {
                char digits[40];
                std::snprintf(digits, sizeof digits, " %.17g", value);
                text += digits;
            }
            text += "\n";
        }
    }
    return text;
}

Result<StoredResults, std::string> read_results(const std::vector<std::string>& texts,
                                                const std::vector<const Experiment*>& known) {
    ShardReader reader{known};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (!reader.read(i, texts[i])) return std::move(reader.problem);
    }
    if (!reader.complete()) return std::move(reader.problem);
    return std::move(reader.stored);
}

}  // namespace rollcall::sim::papers
