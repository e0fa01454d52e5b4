// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/nearest.h"
#include "base/sanitize.h"
#include "cli/flags.h"
#include "cli/version.h"

namespace rollcall::cli {

namespace {

std::string program_usage(const CommandTable& commands) {
    std::string text =
        "Usage: rollcall [--version] [--help] [--serf-compat] <command> [<args>]\n\n"
        "Available commands are:\n";
    for (const auto make : commands) {
        const Command command = make();
        std::string name = "    " + command.name;
        name.resize(std::max<std::size_t>(name.size() + 2, 20), ' ');
        text += name + command.summary + '\n';
    }
    text +=
        "\n'rollcall <command> --help' shows its flags. With --serf-compat errors go to standard\n"
        "output with the texts of Serf's program, for scripts that expect them there.\n";
    return text;
}

std::optional<Command> find_command(const CommandTable& commands, std::string_view name) {
    for (const auto make : commands) {
        Command command = make();
        if (command.name == name) return command;
    }
    return std::nullopt;
}

// Names of commands in other programs.
struct OtherName {
    std::string_view typed, ours;
};
constexpr std::array kOtherNames{
    OtherName{"status", "members' (of the cluster) or 'info' (of this agent)"},
    OtherName{"list", "members'"},
    OtherName{"ls", "members'"},
    OtherName{"nodes", "members'"},
    OtherName{"peers", "members'"},
    OtherName{"stats", "info'"},
    OtherName{"start", "agent'"},
    OtherName{"run", "agent'"},
    OtherName{"server", "agent'"},
    OtherName{"stop", "leave'"},
    OtherName{"quit", "leave'"},
    OtherName{"remove", "force-leave'"},
    OtherName{"ping", "reachability' or 'rtt'"},
    OtherName{"logs", "monitor'"},
    OtherName{"log", "monitor'"},
    OtherName{"keyring", "keys'"},
    OtherName{"send", "event' or 'query'"}};

int unknown_command(std::string_view typed, const CommandTable& commands, const Context& context) {
    std::vector<std::string> names;
    for (const auto make : commands) names.push_back(make().name);
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto* const other = std::ranges::find(kOtherNames, typed, &OtherName::typed);
    std::string near{nearest(typed, views)};
    if (!near.empty()) near += '\'';
    if (other != kOtherNames.end()) near = other->ours;
    std::string text = "rollcall: unknown command '" + std::string{typed} + "'\n";
    if (!near.empty()) text += "hint: did you mean '" + near + "?\n";
    context.complain(text + '\n' + program_usage(commands));
    return kExitUnknownCommand;
}

Failure write_failure() {
    return {std::string{"Error writing the answer: "} + std::strerror(errno),
            "is the disk full, or standard output closed?"};
}

// Removes --serf-compat, anywhere before a lone "--".
bool take_serf_compat(std::vector<std::string>& arguments) {
    const auto end = std::ranges::find(arguments, "--");
    const auto rest = std::remove_if(arguments.begin(), end, [](const std::string& word) {
        return word == "--serf-compat" || word == "-serf-compat";
    });
    const bool taken = rest != end;
    arguments.erase(rest, end);
    return taken;
}

Context like_serf(Context context) {
    context.err = context.out;
    context.terminal = context.colour = false;
    context.as_serf = true;
    return context;
}

int run_command(Command command, std::span<const std::string> arguments, const Context& context) {
    // Serf's program ignores arguments of commands that take none.
    if (context.as_serf && command.max_positionals == 0) {
        command.max_positionals = std::numeric_limits<std::size_t>::max();
    }
    bool wants_help = false;
    auto failures = parse(command, arguments, wants_help);
    if (wants_help) return answer(context, help(command, context.columns));
    if (!failures.empty()) {
        // Only once, after the last error.
        if (failures.back().hint.empty()) {
            failures.back().hint = "run 'rollcall " + command.name + " --help' for all flags";
        }
        const int exit =
            fail_with_all(context, failures, command.json_errors && command.json_errors());
        if (context.as_serf) context.complain('\n' + help(command, context.columns));
        return command.usage_exit ? command.usage_exit(arguments) : exit;
    }
    return command.run(context);
}

}  // namespace

std::vector<Failure> parse(const Command& command, std::span<const std::string> arguments,
                           bool& wants_help) {
    std::vector<FlagShape> shapes;
    shapes.reserve(command.flags.size());
    for (const Flag& flag : command.flags) {
        shapes.push_back({.name = flag.name, .takes_value = !flag.is_switch()});
    }
    auto normal = normalise(arguments, shapes);
    if (!normal) return normal.error();
    wants_help = normal->wants_help;
    if (wants_help) return {};
    // A value follows its flag, and only values can be empty.
    std::vector<Failure> failures;
    for (std::size_t i = 1; command.refuses_empty_values && i < normal->flags.size(); ++i) {
        if (!normal->flags[i].empty()) continue;
        failures.push_back(
            {normal->flags[i - 1] + ": the value is empty", "leave the flag out for its default"});
    }
    if (!failures.empty()) return failures;

    std::deque<std::pair<std::optional<bool>*, bool>> switches;
    CLI::App app;
    app.set_help_flag();  // help() replaces it
    for (const Flag& flag : command.flags) {
        const std::string name = "--" + flag.name;
        if (bool* const* on = std::get_if<bool*>(&flag.target)) {
            app.add_flag(name, **on)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
        } else if (std::optional<bool>* const* maybe =
                       std::get_if<std::optional<bool>*>(&flag.target)) {
            app.add_flag(name, switches.emplace_back(*maybe, false).second)
                ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
                ->each([into = *maybe](const std::string&) { *into = true; });
        } else if (std::string* const* text = std::get_if<std::string*>(&flag.target)) {
            app.add_option(name, **text)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
        } else {
            // By hand: CLI11 splits "[ab]" when it fills a vector.
            auto* list = std::get<std::vector<std::string>*>(flag.target);
            app.add_option_function<std::string>(
                   name, [list](const std::string& item) { list->push_back(item); })
                ->trigger_on_parse();
        }
    }
    try {
        std::vector<std::string> reversed{normal->flags.rbegin(), normal->flags.rend()};
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        return {Failure{.message = error.what()}};
    }

    for (const auto& [into, on] : switches) {
        if (*into) *into = on;
    }

    const std::size_t given = normal->positionals.size();
    if (given < command.min_positionals) return {Failure{.message = command.missing}};
    if (given > command.max_positionals) {
        for (std::size_t i = command.max_positionals; i < given; ++i) {
            failures.push_back({.message = "unexpected argument '" + normal->positionals[i] + "'"});
        }
        return failures;
    }
    if (command.positionals != nullptr) *command.positionals = std::move(normal->positionals);
    return {};
}

int answer(const Context& context, std::string_view text) {
    errno = 0;
    if (context.print(text)) return kExitOk;
    return errno == EPIPE ? kExitError : fail(context, write_failure());
}

std::optional<int> answer_part(const Context& context, std::string_view text) {
    errno = 0;
    if (context.print(text)) return std::nullopt;
    return errno == EPIPE ? kExitOk : fail(context, write_failure());
}

int fail_with_all(const Context& context, const std::vector<Failure>& failures, bool as_json) {
    // Serf's program stops at the first error.
    if (failures.size() == 1 || context.as_serf) return fail(context, failures.front(), as_json);
    if (!as_json) {
        for (const Failure& failure : failures) static_cast<void>(fail(context, failure));
        return kExitError;
    }
    std::string all;
    std::vector<std::string> errors;
    for (const Failure& failure : failures) {
        errors.push_back(failure.message + (failure.hint.empty() ? "" : "; " + failure.hint));
        all += (all.empty() ? "" : "\n") + errors.back();
    }
    const nlohmann::ordered_json object{{"error", all}, {"errors", errors}};
    context.complain(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
    return kExitError;
}

int fail(const Context& context, const Failure& failure, bool as_json) {
    if (context.as_serf) {
        const std::string& words = failure.as_serf.empty() ? failure.message : failure.as_serf;
        context.complain(sanitized_lines(words) + '\n');
        return kExitError;
    }
    if (as_json) {
        nlohmann::ordered_json object{{"error", failure.message}};
        if (!failure.hint.empty()) object["hint"] = failure.hint;
        context.complain(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
                         '\n');
        return kExitError;
    }
    // The message may quote text from the network.
    std::string text = sanitized_lines(failure.message) + '\n';
    if (!failure.hint.empty()) text += "hint: " + failure.hint + '\n';
    context.complain(text);
    return kExitError;
}

int run_program(std::span<const std::string> given, const CommandTable& commands,
                const Context& context) {
    std::vector<std::string> arguments{given.begin(), given.end()};
    const bool as_serf = take_serf_compat(arguments);
    if (arguments.empty()) {
        context.complain(program_usage(commands));
        return kExitUnknownCommand;
    }
    const std::string_view first = arguments.front();
    const auto is_any = [&](std::initializer_list<std::string_view> words) {
        return std::find(words.begin(), words.end(), first) != words.end();
    };
    if (is_any({"-v", "-version", "--version"})) {
        return answer(context, version_text());
    }
    if (is_any({"-h", "-help", "--help", "help"})) {
        if (first != "help" || arguments.size() == 1) {
            return answer(context, program_usage(commands));
        }
        const auto command = find_command(commands, arguments[1]);
        if (!command) return unknown_command(arguments[1], commands, context);
        return answer(context, help(*command, context.columns));
    }
    const auto command = find_command(commands, first);
    if (!command) return unknown_command(first, commands, context);
    return run_command(*command, std::span{arguments}.subspan(1),
                       as_serf ? like_serf(context) : context);
}

}  // namespace rollcall::cli
