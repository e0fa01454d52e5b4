// SPDX-License-Identifier: Apache-2.0
#include "cli/man_text.h"

#include "base/version.h"

namespace rollcall::cli {
namespace {

std::string_view roff_name(char c) {
    switch (c) {
        case '\\':
            return "\\e";
        case '-':
            return "\\-";  // a plain one may be printed as a hyphen
        case '\'':
            return "\\(aq";
        case '`':
            return "\\(ga";
        case '^':
            return "\\(ha";
        case '~':
            return "\\(ti";
        case '"':
            return "\\(dq";
        default:
            return {};
    }
}

std::string upper(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

}  // namespace

std::string in_roff(std::string_view text) {
    std::string out;
    bool line_begins = true;
    for (const char c : text) {
        if (c == '\n') {
            out += "\n.PP\n";
            line_begins = true;
            continue;
        }
        // A control line begins with a dot; an apostrophe is escaped anyway.
        if (line_begins && c == '.') out += "\\&";
        line_begins = false;
        const std::string_view name = roff_name(c);
        if (name.empty()) {
            out += c;
        } else {
            out += name;
        }
    }
    return out;
}

std::string bold(std::string_view text) {
    return "\\fB" + in_roff(text) + "\\fR";
}

std::string italic(std::string_view text) {
    return "\\fI" + in_roff(text) + "\\fR";
}

// Without a date: the same version makes the same bytes.
std::string man_head(const ManTitle& title) {
    return ".\\\" Made by 'rollcall man' from its tables of commands and settings.\n.TH " +
           in_roff(upper(title.name)) + ' ' + std::string{title.section} + " \"\" \"rollcall " +
           std::string{kVersionNumber} + "\" \"rollcall\"\n" + man_section("Name") +
           in_roff(title.name) + " \\- " + in_roff(title.what) + '\n';
}

std::string man_section(std::string_view title) {
    return ".SH \"" + in_roff(upper(title)) + "\"\n";
}

std::string man_group(std::string_view title) {
    return ".SS \"" + in_roff(title) + "\"\n";
}

std::string man_item(std::string_view item, std::string_view text) {
    return ".TP\n" + std::string{item} + '\n' + std::string{text} + '\n';
}

}  // namespace rollcall::cli
