// SPDX-License-Identifier: Apache-2.0
//
// The help page of a command: usage, description, flags in groups, examples. Wrapped at a width.
#include <algorithm>

#include "cli/command.h"

namespace rollcall::cli {

namespace {

// A flag that is longer gets a line of its own. On a narrow page all do.
constexpr std::size_t kLongestLeft = 30;
constexpr std::size_t kNarrowPage = 70;
constexpr std::size_t kIndentBelow = 8;

// Wraps text at spaces; all lines but the first are indented. Words wider than a line stay whole:
// they are addresses and examples.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out;
    std::size_t column = indent;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
        const std::string_view word = text.substr(at, end - at);
        if (column > indent && column + 1 + word.size() > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        if (end < text.size() && text[end] == '\n') {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        }
        at = end + 1;
    }
    return out;
}

std::string left_of(const Flag& flag) {
    return "  --" + flag.name + (flag.placeholder.empty() ? "" : ' ' + flag.placeholder);
}

// The column in which the texts of flags begin.
std::size_t text_column(const std::vector<Flag>& flags, std::size_t page) {
    if (page < kNarrowPage) return kIndentBelow;
    std::size_t column = 0;
    for (const Flag& flag : flags) {
        if (const std::size_t size = left_of(flag).size(); size <= kLongestLeft) {
            column = std::max(column, size + 2);
        }
    }
    return std::max(column, kIndentBelow);
}

std::string flag_text(const Flag& flag, std::size_t column, std::size_t page) {
    std::string left = left_of(flag);
    if (left.size() + 2 > column) {
        left += '\n' + std::string(column, ' ');
    } else {
        left.resize(column, ' ');
    }
    return left + wrap(flag.help, column, page) + '\n';
}

}  // namespace

std::string help(const Command& command, std::size_t columns) {
    std::string text =
        "Usage: rollcall " + command.name + (command.flags.empty() ? "" : " [flags]");
    if (!command.arguments.empty()) text += ' ' + command.arguments;
    text += "\n\n  " + wrap(command.description, 2, columns) + '\n';
    const std::size_t column = text_column(command.flags, columns);
    const std::string* group = nullptr;
    for (const Flag& flag : command.flags) {
        if (group == nullptr || *group != flag.group) {
            text += '\n' + (flag.group.empty() ? "Flags" : flag.group) + ":\n";
        }
        group = &flag.group;
        text += flag_text(flag, column, columns);
    }
    if (!command.examples.empty()) {
        text += "\nExamples:\n";
        for (const Example& example : command.examples) {
            text += "\n  $ " + example.line + "\n      " + wrap(example.meaning, 6, columns) + '\n';
        }
    }
    return text;
}

}  // namespace rollcall::cli
