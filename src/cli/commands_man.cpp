// SPDX-License-Identifier: Apache-2.0
//
// `rollcall man`: prints a manual page.
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/man.h"

namespace rollcall::cli {
namespace {

struct ManOptions {
    std::vector<std::string> pages;
    bool list = false;
};

int print_list(const Context& context) {
    std::string text;
    for (const std::string& name : man_page_names(all_commands())) text += name + '\n';
    return answer(context, text);
}

}  // namespace

Command man_command() {
    auto options = std::make_shared<ManOptions>();
    return {
        .name = "man",
        .summary = "Prints a manual page",
        .arguments = "[PAGE]",
        .description =
            "Prints a manual page of this version, in the language of man(7), for a host on which "
            "the pages are not installed: 'rollcall' for the program, the name of a command, or "
            "'settings' for the settings of an agent. Needs no agent.",
        .flags = {{"list", "", "Print the names of all pages, as files.", &options->list}},
        .examples = {{"rollcall man agent | man -l -", "Shows the page of the agent."},
                     {"rollcall man settings | man -l -",
                      "All settings: keys, flags, ranges, defaults."}},
        .positionals = &options->pages,
        .max_positionals = 1,
        .run =
            [options](const Context& context) {
                if (options->list) return print_list(context);
                const std::string name = options->pages.empty() ? "rollcall" : options->pages[0];
                if (const auto page = man_page(name, all_commands())) return answer(context, *page);
                return fail(context, {.message = "no manual page '" + name + "'",
                                      .hint = "'rollcall man --list' shows all pages"});
            },
        .state = options,
    };
}

}  // namespace rollcall::cli
