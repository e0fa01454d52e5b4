// SPDX-License-Identifier: Apache-2.0
#include "cli/man.h"

#include "cli/man_text.h"

namespace rollcall::cli {
namespace {

constexpr std::string_view kProgramPage = "rollcall.1";
constexpr std::string_view kSettingsPage = "rollcall-settings.5";
constexpr std::string_view kWhat = "failure detector and membership service, compatible with Serf";

std::string man_file_of(const Command& command) {
    return "rollcall-" + command.name + ".1";
}

// As part of "name - what it does".
std::string lower_first(std::string text) {
    const bool word = text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a';
    if (word) text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

std::string reference(std::string_view page, std::string_view section) {
    return bold(page) + '(' + std::string{section} + ')';
}

std::string flags_of(const Command& command) {
    std::string text;
    const std::string* group = nullptr;
    for (const Flag& flag : command.flags) {
        if (group == nullptr || *group != flag.group) {
            if (group == nullptr) text += man_section("Flags");
            if (!flag.group.empty()) text += man_group(flag.group);
        }
        group = &flag.group;
        const std::string value = flag.placeholder.empty() ? "" : ' ' + italic(flag.placeholder);
        text += man_item(bold("--" + flag.name) + value, in_roff(flag.help));
    }
    return text;
}

std::string command_page(const Command& command) {
    const std::string name = "rollcall-" + command.name, what = lower_first(command.summary);
    std::string text =
        man_head({.name = name, .section = "1", .what = what}) + man_section("Synopsis") +
        bold("rollcall " + command.name) + (command.flags.empty() ? "" : ' ' + in_roff("[flags]")) +
        (command.arguments.empty() ? "" : ' ' + italic(command.arguments)) + '\n' +
        man_section("Description") + in_roff(command.description) + '\n' + flags_of(command);
    if (!command.examples.empty()) text += man_section("Examples");
    for (const Example& example : command.examples) {
        text += man_item(bold(example.line), in_roff(example.meaning));
    }
    text += man_section("See also") + reference("rollcall", "1");
    if (command.name == "agent") text += ", " + reference("rollcall-settings", "5");
    return text + '\n';
}

std::string program_page(const CommandTable& commands) {
    std::string text = man_head({.name = "rollcall", .section = "1", .what = kWhat}) +
                       man_section("Synopsis") + bold("rollcall") + ' ' +
                       in_roff("[--version] [--help] [--serf-compat]") + ' ' + italic("COMMAND") +
                       ' ' + in_roff("[flags]") + '\n' + man_section("Description") +
                       in_roff(
                           "Every member of a group of machines knows within seconds which of them "
                           "are up. 'rollcall agent' is such a member. Every other command sends a "
                           "request to a running agent, or needs none, and ends.\n"
                           "With --serf-compat errors go to standard output with the texts of "
                           "Serf's program.") +
                       '\n' + man_section("Commands");
    for (const auto make : commands) {
        const Command command = make();
        text += man_item(reference("rollcall-" + command.name, "1"), in_roff(command.summary));
    }
    return text + man_section("See also") + reference("rollcall-settings", "5") + ", " +
           reference("rollcall-sim", "1") + '\n';
}

// "rollcall-agent.1" of that, of "rollcall-agent" and of "agent".
bool is_called(std::string_view typed, std::string_view page) {
    constexpr std::string_view kPrefix = "rollcall-";
    const std::string_view stem = page.substr(0, page.rfind('.'));
    return typed == page || typed == stem ||
           (stem.starts_with(kPrefix) && typed == stem.substr(kPrefix.size()));
}

}  // namespace

std::vector<std::string> man_page_names(const CommandTable& commands) {
    std::vector<std::string> pages{std::string{kProgramPage}};
    for (const auto make : commands) pages.push_back(man_file_of(make()));
    pages.emplace_back(kSettingsPage);
    return pages;
}

std::optional<std::string> man_page(std::string_view name, const CommandTable& commands) {
    if (is_called(name, kProgramPage)) return program_page(commands);
    if (is_called(name, kSettingsPage)) return settings_man_page();
    for (const auto make : commands) {
        const Command command = make();
        if (is_called(name, man_file_of(command))) return command_page(command);
    }
    return {};
}

}  // namespace rollcall::cli
