// SPDX-License-Identifier: Apache-2.0
//
// A subcommand as data: its name, flags, help and what it does. parse() fills the variables that
// the flags point to, help() writes the page, run_program() is main() without a process around it.
// Commands never see an argument vector; nothing here knows what a command does.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/context.h"

namespace rollcall::cli {

struct Flag {
    std::string name;         // without dashes
    std::string placeholder;  // of the value; "" for a switch
    std::string help;
    // Where it goes. A text given twice: the later one counts; a list takes each, and flags that
    // share a list keep the order of the command line. An optional tells "not given" from "off".
    std::variant<bool*, std::optional<bool>*, std::string*, std::vector<std::string>*> target;
    [[nodiscard]] bool is_switch() const { return target.index() < 2; }
};

struct Example {
    std::string line;
    std::string meaning;
};

struct Command {
    std::string name;
    std::string summary;    // a line in the list of commands
    std::string arguments;  // of the usage line: "ADDRESS...", "" for none
    std::string description;
    std::vector<Flag> flags;
    std::vector<Example> examples;
    // Positional arguments, and how many are allowed.
    std::vector<std::string>* positionals = nullptr;
    std::size_t min_positionals = 0;
    std::size_t max_positionals = 0;
    std::string missing;  // what to say when there are too few
    // A flag with an empty value is a mistake. It is one where the value may be a secret: a
    // variable that is not set must not mean "without".
    bool refuses_empty_values = false;

    std::function<int(const Context&)> run;
    // True when a failure to parse or run is told as a JSON object; null: never.
    std::function<bool()> json_errors;
    // The exit code of a command line that makes no sense, when it is another than kExitError.
    std::function<int(std::span<const std::string>)> usage_exit;
    // Keeps what the pointers above point into.
    std::shared_ptr<void> state;
};

using CommandTable = std::vector<Command (*)()>;

// The whole program: finds the subcommand, parses, runs; answers the exit code. `arguments` are
// without the program's own name.
[[nodiscard]] int run_program(std::span<const std::string> arguments, const CommandTable& commands,
                              const Context& context);

// Reads flags and positionals into the command's variables. All that is wrong with the flags; only
// when nothing is, what is wrong with the other arguments.
[[nodiscard]] std::vector<Failure> parse(const Command& command,
                                         std::span<const std::string> arguments, bool& wants_help);
[[nodiscard]] std::string help(const Command& command);

// Prints a whole answer; the exit code. An answer that could not be written is an error: told,
// unless the reader went away by its own choice (`| head`), which it knows.
int answer(const Context& context, std::string_view text);
// Prints a part of what goes on without end: nullopt to go on, else the exit code. A reader that
// went away has seen enough, and that is success.
[[nodiscard]] std::optional<int> answer_part(const Context& context, std::string_view text);

// The same for several: a line each, with its hint. In JSON one object, with all of them in
// "errors".
int fail_with_all(const Context& context, const std::vector<Failure>& failures, bool as_json);
// Tells of a failure on stderr; answers kExitError. As Serf would, when it is to be so.
int fail(const Context& context, const Failure& failure, bool as_json = false);

}  // namespace rollcall::cli
