// SPDX-License-Identifier: Apache-2.0
//
// A reader of Prometheus' text format, for tests: families with their types, labels and values. It
// shares nothing with what writes the text, and fails the test at a line it does not understand.
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::agent::tests {

struct Exposition {
    struct Family {
        std::string name, help, type;
        std::set<std::string> labels;           // names; without a histogram's `le`
        std::map<std::string, double> samples;  // by the text before the value
    };
    std::vector<Family> families;  // in the order of the text

    [[nodiscard]] const Family* find(std::string_view name) const {
        for (const Family& family : families) {
            if (family.name == name) return &family;
        }
        return nullptr;
    }
    // `sample`: "rollcall_members{status=\"alive\"}".
    [[nodiscard]] std::optional<double> value(const std::string& sample) const {
        for (const Family& family : families) {
            const auto found = family.samples.find(sample);
            if (found != family.samples.end()) return found->second;
        }
        return {};
    }
};

inline double number_in(const std::string& text) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    EXPECT_EQ(end, text.data() + text.size()) << "not a number: " << text;
    return number;
}

// Label names outside of quotes.
inline void read_labels(std::string_view sample, std::set<std::string>& labels) {
    const std::size_t open = sample.find('{');
    if (open == std::string_view::npos) return;
    std::string name;
    bool quoted = false, escaped = false;
    for (const char c : sample.substr(open + 1)) {
        if (quoted) {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if (c == '"') {
            quoted = true;
            if (name != "le") labels.insert(name);
            name.clear();
        } else if (c != ',' && c != '=' && c != '}') {
            name += c;
        }
    }
}

inline Exposition read_exposition(const std::string& text) {
    Exposition read;
    std::set<std::string> seen;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
            const std::size_t blank = line.find(' ', 7);
            const std::string name = line.substr(7, blank - 7);
            if (line[2] == 'H') {
                EXPECT_TRUE(seen.insert(name).second) << name << " occurs twice";
                read.families.push_back({.name = name, .help = line.substr(blank + 1)});
            } else {
                EXPECT_EQ(read.families.back().name, name);
                read.families.back().type = line.substr(blank + 1);
            }
            continue;
        }
        const std::size_t blank = line.rfind(' ');
        if (read.families.empty() || blank == std::string::npos) {
            ADD_FAILURE() << "not understood: " << line;
            continue;
        }
        Exposition::Family& family = read.families.back();
        const std::string sample = line.substr(0, blank);
        EXPECT_TRUE(sample.starts_with(family.name)) << line << " in " << family.name;
        read_labels(sample, family.labels);
        EXPECT_TRUE(family.samples.emplace(sample, number_in(line.substr(blank + 1))).second)
            << "twice: " << sample;
    }
    return read;
}

}  // namespace rollcall::agent::tests
