// SPDX-License-Identifier: Apache-2.0
//
// What the demo prints: answers, and events that come while the user types. On a terminal an event
// replaces the line with the prompt; the caller shows it again once there is no input to read.
// Sanitizes nothing: texts from agents must be sanitized by the caller. Remembers a failed write.
#pragma once

#include <string>
#include <string_view>

#include "cli/context.h"

namespace rollcall::cli {

class Printer {
public:
    enum class Style : std::uint8_t { plain, title, faint, good, attention, bad };

    Printer(const Context& context, bool interactive)
        : context_{context}, interactive_{interactive} {}

    [[nodiscard]] std::string styled(Style style, std::string_view text) const;
    // One or more whole lines; a newline is added.
    void line(std::string_view text);
    void line(Style style, std::string_view text) { line(styled(style, text)); }
    // "==> TEXT", after an empty line.
    void title(std::string_view text);
    void error(std::string_view text);

    // Prints the prompt unless it is there, or if the input is no terminal.
    void show_prompt();
    // A line was read. If it was not typed behind a prompt, both are printed.
    void accept_line(std::string_view line);
    // The cursor leaves the line with the prompt.
    void end_prompt();

    [[nodiscard]] const Context& context() const { return context_; }
    [[nodiscard]] bool interactive() const { return interactive_; }
    // Nothing can be printed any more: the reader closed the pipe, or the disk is full.
    [[nodiscard]] bool broken() const { return broken_; }

private:
    void write(std::string_view text);

    const Context& context_;
    bool interactive_;
    bool prompt_shown_ = false;
    bool broken_ = false;
};

// The style of a member's status or of an event about one.
[[nodiscard]] Printer::Style style_of(std::string_view status_or_event);

}  // namespace rollcall::cli
