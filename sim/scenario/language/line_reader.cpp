// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/language/line_reader.h"

#include <algorithm>
#include <cmath>

#include "sim/scenario/language/units.h"

namespace rollcall::sim {

using namespace std::string_view_literals;

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    const auto single = [](char c) { return c == ',' || c == '|'; };
    for (std::size_t i = 0; i < line.size();) {
        const char c = line[i];
        if (c == '#') break;
        if (c == ' ' || c == '\t' || c == '\r') {
            ++i;
            continue;
        }
        std::size_t end = i + 1;
        if (!single(c)) {
            while (end < line.size() && !single(line[end]) &&
                   " \t\r#"sv.find(line[end]) == std::string_view::npos) {
                ++end;
            }
        }
        words.push_back(line.substr(i, end - i));
        i = end;
    }
    return words;
}

void LineReader::fail(std::string_view field, std::string_view value, std::string allowed) {
    if (failed_) return;
    failed_ = true;
    problems_.push_back({.line = line_,
                         .field = std::string{field},
                         .value = std::string{value},
                         .allowed = std::move(allowed)});
}

std::string_view LineReader::take() {
    if (at_end()) return {};
    return words_[next_++];
}

bool LineReader::accept(std::string_view word) {
    if (peek() != word) return false;
    ++next_;
    return true;
}

void LineReader::need(std::string_view word, std::string_view field) {
    if (!accept(word)) fail(field, peek(), "the word '" + std::string{word} + "'");
}

void LineReader::end() {
    if (!at_end()) fail("end of line", peek(), "nothing more");
}

Duration LineReader::time(std::string_view field) {
    const std::string_view word = take();
    const auto value = parse_time(word);
    if (!value) fail(field, word, std::string{kTimeForm});
    return value.value_or(Duration{});
}

double LineReader::share(std::string_view field) {
    const std::string_view word = take();
    const auto value = parse_share(word);
    if (!value) fail(field, word, std::string{kShareForm});
    return value.value_or(0);
}

std::uint64_t LineReader::rate(std::string_view field) {
    const std::string_view word = take();
    const auto value = parse_rate(word);
    if (!value) fail(field, word, std::string{kRateForm});
    return value.value_or(0);
}

double LineReader::number(std::string_view field) {
    const std::string_view word = take();
    const auto value = parse_number(word);
    if (!value) fail(field, word, "a number");
    return value.value_or(0);
}

std::uint64_t LineReader::count(std::string_view field, std::uint64_t least, std::uint64_t most) {
    const std::string_view word = take();
    const auto value = parse_count(word);
    if (!value || *value < least || *value > most) {
        fail(field, word, std::to_string(least) + " to " + std::to_string(most));
        return least;
    }
    return *value;
}

std::uint64_t LineReader::id(std::string_view field) {
    const std::string_view word = take();
    const auto value = parse_id(word);
    if (!value) fail(field, word, "a whole number, or one in hexadecimal after 0x");
    return value.value_or(0);
}

std::size_t LineReader::choice(std::string_view field, std::span<const std::string_view> allowed) {
    const std::string_view word = take();
    const auto found = std::ranges::find(allowed, word);
    if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
    fail(field, word, listed_words(allowed) + did_you_mean(word, allowed));
    return 0;
}

// --- nodes ---------------------------------------------------------------------------------------

std::uint32_t LineReader::node_number(std::string_view word, std::string_view field) {
    std::optional<std::uint64_t> value;
    if (word.starts_with('n')) value = parse_count(word.substr(1));
    if (value && *value >= 1 && *value <= nodes_) return static_cast<std::uint32_t>(*value);
    fail(field, word,
         "n1 to n" + std::to_string(nodes_) +
             ", lists and ranges of them like 'n1..n4, n7', all, all but n3, first 3, last 10%");
    return 1;
}

std::uint32_t LineReader::node(std::string_view field) {
    return node_number(take(), field);
}

void LineReader::node_item(std::vector<bool>& chosen) {
    const bool first = peek() == "first", last = peek() == "last";
    if (first || last) {
        (void)take();
        const std::string_view word = take();
        std::uint64_t many = 0;
        if (word.ends_with('%')) {
            const auto part = parse_share(word);
            if (!part) return fail("nodes", word, std::string{kShareForm});
            many = static_cast<std::uint64_t>(std::ceil(*part * nodes_ - 1e-9));
        } else {
            many = parse_count(word).value_or(0);
        }
        if (many < 1 || many > nodes_) {
            return fail("nodes", word,
                        "1 to " + std::to_string(nodes_) + " nodes, or a share of them like 10%");
        }
        const std::size_t from = first ? 0 : nodes_ - static_cast<std::size_t>(many);
        std::fill_n(chosen.begin() + static_cast<std::ptrdiff_t>(from), many, true);
        return;
    }
    const std::string_view word = take();
    const std::size_t dots = word.find("..");
    const std::uint32_t from = node_number(word.substr(0, dots), "nodes");
    std::uint32_t to = from;
    if (dots != std::string_view::npos) to = node_number(word.substr(dots + 2), "nodes");
    if (to < from) return fail("nodes", word, "an ascending range, like n3..n7");
    for (std::uint32_t n = from; n <= to && !failed_; ++n) chosen[n - 1] = true;
}

Nodes LineReader::nodes(std::string_view field) {
    std::vector<bool> chosen(nodes_);
    bool but = false;
    if (accept("all")) {
        but = accept("but");
        if (!but) chosen.assign(nodes_, true);
    }
    if (but || std::ranges::none_of(chosen, [](bool c) { return c; })) {
        do {
            node_item(chosen);
        } while (accept(","));
    }
    if (but) chosen.flip();
    Nodes list;
    for (std::uint32_t n = 1; n <= nodes_; ++n) {
        if (chosen[n - 1]) list.push_back(n);
    }
    if (list.empty()) fail(field, "none", "at least one node");
    return list;
}

// --- links ---------------------------------------------------------------------------------------

void LineReader::latency(LinkQuality& quality) {
    constexpr std::string_view kShapes[] = {"constant", "uniform", "lognormal", "measured"};
    const std::size_t shape = choice("latency", kShapes);
    if (shape == 0) {
        quality.latency_min = quality.latency_max = time("latency");
        quality.latency.reset();
    } else if (shape == 1) {
        const std::string_view word = take();
        const std::size_t dots = word.find("..");
        const auto min = parse_time(word.substr(0, dots));
        const auto max = dots == word.npos ? min : parse_time(word.substr(dots + 2));
        if (!min || !max || *min > *max) {
            return fail("latency", word, "two times, the shorter first, like 0.2ms..2ms");
        }
        quality.latency_min = *min, quality.latency_max = *max;
        quality.latency.reset();
    } else if (shape == 2) {
        need("median", "latency");
        const Duration median = time("median");
        need("p99.9", "latency");
        const std::string_view word = peek();
        const Duration p999 = time("p99.9");
        if (failed_) return;
        auto made = Latency::log_normal(median, p999);
        if (!made) return fail("latency", word, made.error());
        quality.latency = *made;
    } else {
        std::vector<Duration> quantiles;
        while (!at_end() && peek() != "," && peek() != "for") quantiles.push_back(time("measured"));
        if (failed_) return;
        auto made = Latency::empirical(quantiles);
        if (!made) return fail("latency", "measured", made.error());
        quality.latency = *made;
    }
}

void LineReader::links(LinkQuality& quality) {
    constexpr std::string_view kParts[] = {"latency",     "loss",       "bursts",
                                           "duplication", "reordering", "mtu"};
    do {
        const std::string_view part = peek();
        switch (choice("links", kParts)) {
            case 0:
                latency(quality);
                break;
            case 1:
                quality.loss = share("loss");
                break;
            case 2:
                if (accept("off")) {
                    quality.bursts.reset();
                    break;
                }
                quality.bursts.emplace();
                need("good", "bursts");
                quality.bursts->good = time("good");
                need("bad", "bursts");
                quality.bursts->bad = time("bad");
                if (accept("loss")) quality.bursts->loss_bad = share("loss");
                if (accept("else")) quality.bursts->loss_good = share("else");
                break;
            case 3:
                quality.duplication = share("duplication");
                break;
            case 4:
                quality.reordering = share("reordering");
                if (accept("by")) quality.reordering_delay = time("by");
                break;
            case 5:
                quality.mtu = count("mtu", 1, wire::kMaxDatagram);
                break;
        }
        const std::string problem = failed_ ? std::string{} : quality.problem();
        if (!problem.empty()) fail("links", part, problem);
    } while (accept(","));
}

}  // namespace rollcall::sim
