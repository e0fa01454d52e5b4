// SPDX-License-Identifier: Apache-2.0
//
// A subcommand as data: its name, flags, help and function. parse() fills the variables that the
// flags point to, help() formats the help page, run_program() is main() without a process. Commands
// never see an argument vector; nothing here depends on what a command does.
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
    // The variable to fill. For a text the last one counts; a list gets each, and flags that share
    // a list keep the order of the command line. An optional distinguishes "not given" from "off".
    std::variant<bool*, std::optional<bool>*, std::string*, std::vector<std::string>*> target;
    std::string group = {};  // its heading in the help; "": "Flags", which comes first
    [[nodiscard]] bool is_switch() const { return target.index() < 2; }
};

struct Example {
    std::string line;
    std::string meaning;
};

struct Command {
    std::string name;
    std::string summary;    // its line in the list of commands
    std::string arguments;  // of the usage line: "ADDRESS...", "" for none
    std::string description;
    std::vector<Flag> flags;
    std::vector<Example> examples;
    // Positional arguments, and how many are allowed.
    std::vector<std::string>* positionals = nullptr;
    std::size_t min_positionals = 0;
    std::size_t max_positionals = 0;
    std::string missing;  // the error when there are too few
    // An empty value of a flag is an error: an unset shell variable must not disable a secret.
    bool refuses_empty_values = false;

    std::function<int(const Context&)> run;
    // Whether errors are printed as a JSON object; null: never.
    std::function<bool()> json_errors;
    // The exit code of an invalid command line, if not kExitError.
    std::function<int(std::span<const std::string>)> usage_exit;
    // Owns the variables that the pointers above point to.
    std::shared_ptr<void> state;
};

using CommandTable = std::vector<Command (*)()>;

// The whole program: finds the subcommand, parses, runs; returns the exit code. `arguments` do not
// include the program's name.
[[nodiscard]] int run_program(std::span<const std::string> arguments, const CommandTable& commands,
                              const Context& context);

// Parses flags and positionals into the command's variables. Returns all errors of the flags, or if
// there are none, those of the other arguments.
[[nodiscard]] std::vector<Failure> parse(const Command& command,
                                         std::span<const std::string> arguments, bool& wants_help);
// Lines of at most so many columns, but for words that are longer.
[[nodiscard]] std::string help(const Command& command, std::size_t columns);

// Prints a whole answer and returns the exit code. A failed write is an error; it is reported
// unless the reader closed the pipe (`| head`).
int answer(const Context& context, std::string_view text);
// Prints a part of endless output. Returns nullopt to go on, else the exit code: success if the
// reader closed the pipe.
[[nodiscard]] std::optional<int> answer_part(const Context& context, std::string_view text);

// fail() for several: one line each, with its hint. In JSON one object, with all of them in
// "errors".
int fail_with_all(const Context& context, const std::vector<Failure>& failures, bool as_json);
// Prints a failure to stderr (with --serf-compat as Serf does) and returns kExitError.
int fail(const Context& context, const Failure& failure, bool as_json = false);

}  // namespace rollcall::cli
