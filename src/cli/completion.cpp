// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace rollcall::cli {
namespace {

// What may replace a placeholder.
struct Follows {
    enum class Kind : std::uint8_t { nothing, words, file, address, text };
    Kind kind = Kind::text;
    std::string words = {};  // separated by spaces
};

Follows follows(std::string_view placeholder) {
    if (placeholder.empty()) return {.kind = Follows::Kind::nothing};
    if (placeholder == "PATH") return {.kind = Follows::Kind::file};
    if (placeholder == "ADDRESS") return {.kind = Follows::Kind::address};
    if (placeholder.find('|') == placeholder.npos) return {};
    Follows choice{.kind = Follows::Kind::words, .words = std::string{placeholder}};
    std::ranges::replace(choice.words, '|', ' ');
    return choice;
}

std::vector<Command> made(const CommandTable& commands) {
    std::vector<Command> list;
    list.reserve(commands.size());
    for (const auto make : commands) list.push_back(make());
    return list;
}

std::string names_of(const std::vector<Command>& commands) {
    std::string names;
    for (const Command& command : commands) names += command.name + ' ';
    return names;
}

// In single quotes, which all three shells support.
std::string quoted(std::string_view text, std::string_view quote_within) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += quote_within;
        } else {
            out += c;
        }
    }
    return out + '\'';
}

std::string first_sentence(std::string_view help) {
    const std::size_t end = help.find(". ");
    std::string text{help.substr(0, end)};
    if (text.ends_with('.')) text.pop_back();
    return text;
}

// --- bash ----------------------------------------------------------------------------------------

std::string bash_values(const Command& command) {
    std::string cases, silent;
    for (const Flag& flag : command.flags) {
        const Follows next = follows(flag.placeholder);
        switch (next.kind) {
            case Follows::Kind::nothing:
                break;
            case Follows::Kind::words:
                cases += "                --" + flag.name + ") words='" + next.words + "' ;;\n";
                break;
            case Follows::Kind::file:
                cases += "                --" + flag.name + ") _rollcall_files; return ;;\n";
                break;
            case Follows::Kind::address:
                cases += "                --" + flag.name +
                         ") compopt -o nospace 2>/dev/null; words=unix: ;;\n";
                break;
            case Follows::Kind::text:
                silent += (silent.empty() ? "--" : " | --") + flag.name;
                break;
        }
    }
    if (!silent.empty()) cases += "                " + silent + ") return ;;\n";
    return cases;
}

std::string bash_script(const std::vector<Command>& commands) {
    std::string script =
        "# Completion of rollcall's command lines in bash.\n"
        "_rollcall_files() {\n"
        "    compopt -o filenames 2>/dev/null\n"
        "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
        "}\n"
        "_rollcall() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} previous='' words=''\n"
        "    if ((COMP_CWORD > 0)); then previous=${COMP_WORDS[COMP_CWORD - 1]}; fi\n"
        "    # bash splits --flag=value into three words.\n"
        "    if [[ $current == = ]]; then\n"
        "        current=''\n"
        "    elif [[ $previous == = ]] && ((COMP_CWORD > 1)); then\n"
        "        previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
        "    fi\n"
        "    # And unix:/path likewise.\n"
        "    if [[ $current == : && $previous == unix ]]; then\n"
        "        current=''\n"
        "        _rollcall_files\n"
        "        return\n"
        "    elif [[ $previous == : && ${COMP_WORDS[COMP_CWORD - 2]} == unix ]]; then\n"
        "        _rollcall_files\n"
        "        return\n"
        "    fi\n"
        "    if [[ $previous == -[!-]* ]]; then previous=-$previous; fi\n"
        "    COMPREPLY=()\n"
        "    if ((COMP_CWORD == 1)); then\n"
        "        words='" +
        names_of(commands) +
        "--help --version'\n"
        "    else\n"
        "        case ${COMP_WORDS[1]} in\n"
        "        help) words='" +
        names_of(commands) + "' ;;\n";
    for (const Command& command : commands) {
        std::string flags;
        for (const Flag& flag : command.flags) flags += "--" + flag.name + ' ';
        const Follows argument = follows(command.arguments);
        script += "        " + command.name +
                  ")\n"
                  "            case $previous in\n" +
                  bash_values(command) + "                *) words='" + flags + "--help " +
                  argument.words +
                  "' ;;\n"
                  "            esac\n"
                  "            ;;\n";
    }
    script +=
        "        esac\n"
        "    fi\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
        "}\n"
        "complete -F _rollcall rollcall\n";
    return script;
}

// --- fish ----------------------------------------------------------------------------------------

std::string fish_script(const std::vector<Command>& commands) {
    constexpr std::string_view kQuote = "\\'";
    // Absolute paths, each after "unix:".
    constexpr std::string_view kAddress =
        "unix: unix:(__fish_complete_path (string replace -r '^(.*unix:)?/?' / -- (commandline "
        "-ct)))";
    std::string script =
        "# Completion of rollcall's command lines in fish.\n"
        "complete -c rollcall -f\n"
        "complete -c rollcall -n __fish_use_subcommand -l version -d 'Print the version'\n"
        "complete -c rollcall -l help -d 'Print help'\n";
    for (const Command& command : commands) {
        script += "complete -c rollcall -n __fish_use_subcommand -a " + command.name + " -d " +
                  quoted(first_sentence(command.summary), kQuote) + '\n';
    }
    for (const Command& command : commands) {
        const std::string within =
            "complete -c rollcall -n '__fish_seen_subcommand_from " + command.name + "'";
        const Follows argument = follows(command.arguments);
        if (!argument.words.empty()) script += within + " -a '" + argument.words + "'\n";
        for (const Flag& flag : command.flags) {
            const Follows next = follows(flag.placeholder);
            script += within + " -l " + flag.name;
            if (next.kind == Follows::Kind::file) script += " -r -F";
            if (next.kind == Follows::Kind::address) script += " -x -a " + quoted(kAddress, kQuote);
            if (next.kind == Follows::Kind::text) script += " -x";
            if (next.kind == Follows::Kind::words) script += " -x -a '" + next.words + "'";
            script += " -d " + quoted(first_sentence(flag.help), kQuote) + '\n';
        }
    }
    return script;
}

// --- zsh -----------------------------------------------------------------------------------------

// Escaped for the brackets of an option's description.
std::string zsh_description(std::string_view help) {
    std::string text;
    for (const char c : first_sentence(help)) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') text += '\\';
        text += c;
    }
    return text;
}

std::string zsh_action(std::string_view placeholder) {
    const Follows next = follows(placeholder);
    switch (next.kind) {
        case Follows::Kind::nothing:
            return "";
        case Follows::Kind::words:
            return ":value:(" + next.words + ")";
        case Follows::Kind::file:
            return ":file:_files";
        case Follows::Kind::address:
            return ":address:_rollcall_addresses";
        case Follows::Kind::text:
            return ":value: ";
    }
    return "";
}

std::string zsh_script(const std::vector<Command>& commands) {
    constexpr std::string_view kQuote = "'\\''";
    std::string script =
        "#compdef rollcall\n"
        "# Completion of rollcall's command lines in zsh.\n"
        "_rollcall_addresses() {\n"
        "    if compset -P 'unix:'; then _files; else compadd -S '' unix:; fi\n"
        "}\n"
        "_rollcall() {\n"
        "    local -a commands=(\n";
    for (const Command& command : commands) {
        script += "        " +
                  quoted(command.name + ':' + zsh_description(command.summary), kQuote) + '\n';
    }
    script +=
        "    )\n"
        "    if ((CURRENT == 2)); then\n"
        "        _describe command commands\n"
        "        return\n"
        "    fi\n"
        "    local command=$words[2]\n"
        "    shift words\n"
        "    ((CURRENT--))\n"
        "    case $command in\n";
    for (const Command& command : commands) {
        script += "    " + command.name + ")\n        _arguments '--help[Print help]'";
        for (const Flag& flag : command.flags) {
            const bool repeats = std::holds_alternative<std::vector<std::string>*>(flag.target);
            const std::string name = (repeats ? "*--" : "--") + flag.name;
            script += " \\\n            " +
                      quoted(name + (flag.placeholder.empty() ? "" : "=") + '[' +
                                 zsh_description(flag.help) + ']' + zsh_action(flag.placeholder),
                             kQuote);
        }
        if (command.max_positionals > 0) {
            script += " \\\n            " + quoted("*" + zsh_action(command.arguments), kQuote);
        }
        script += " ;;\n";
    }
    script +=
        "    help) _describe command commands ;;\n"
        "    esac\n"
        "}\n"
        // Works both sourced and from zsh's fpath.
        "if [[ $funcstack[1] == _rollcall ]]; then _rollcall \"$@\"; else compdef _rollcall "
        "rollcall; fi\n";
    return script;
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell, const CommandTable& commands) {
    if (shell == "bash") return bash_script(made(commands));
    if (shell == "fish") return fish_script(made(commands));
    if (shell == "zsh") return zsh_script(made(commands));
    return {};
}

}  // namespace rollcall::cli
