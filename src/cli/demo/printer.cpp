// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/printer.h"

namespace rollcall::cli {

namespace {

constexpr std::string_view kPrompt = "demo> ";

std::string_view code_of(Printer::Style style) {
    switch (style) {
        case Printer::Style::plain:
            return "";
        case Printer::Style::title:
            return "\x1b[1m";
        case Printer::Style::faint:
            return "\x1b[2m";
        case Printer::Style::good:
            return "\x1b[32m";
        case Printer::Style::attention:
            return "\x1b[33m";
        case Printer::Style::bad:
            return "\x1b[31m";
    }
    return "";
}

}  // namespace

std::string Printer::styled(Style style, std::string_view text) const {
    if (!context_.colour || style == Style::plain) return std::string{text};
    return std::string{code_of(style)} + std::string{text} + "\x1b[0m";
}

void Printer::write(std::string_view text) {
    if (!broken_ && !context_.print(text)) broken_ = true;
}

void Printer::line(std::string_view text) {
    if (prompt_shown_) write("\r\x1b[K");
    prompt_shown_ = false;
    write(std::string{text} + '\n');
}

void Printer::title(std::string_view text) {
    line("");
    line(Style::title, "==> " + std::string{text});
}

void Printer::error(std::string_view text) {
    line(Style::bad, "error: " + std::string{text});
}

void Printer::show_prompt() {
    if (!interactive_ || prompt_shown_) return;
    write(kPrompt);
    prompt_shown_ = true;
}

void Printer::accept_line(std::string_view text) {
    if (!prompt_shown_)
        write(styled(Style::faint, std::string{kPrompt} + std::string{text}) + '\n');
    prompt_shown_ = false;
}

void Printer::end_prompt() {
    if (prompt_shown_) write("\n");
    prompt_shown_ = false;
}

Printer::Style style_of(std::string_view word) {
    if (word == "alive" || word == "member-join" || word == "suspicion-cleared") {
        return Printer::Style::good;
    }
    if (word == "failed" || word == "member-failed") return Printer::Style::bad;
    return Printer::Style::attention;
}

}  // namespace rollcall::cli
