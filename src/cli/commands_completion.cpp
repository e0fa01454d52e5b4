// SPDX-License-Identifier: Apache-2.0
//
// `rollcall completion`: prints a completion script for a shell.
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/completion.h"

namespace rollcall::cli {

Command completion_command() {
    auto shells = std::make_shared<std::vector<std::string>>();
    return {
        .name = "completion",
        .summary = "Prints a completion script for a shell",
        .arguments = "bash|fish|zsh",
        .description =
            "Prints a completion script for the given shell. It has the commands and flags of this "
            "version; print it again after an update.",
        .examples = {{"rollcall completion bash >/etc/bash_completion.d/rollcall",
                      "For all users of bash, in new shells."},
                     {"rollcall completion fish >~/.config/fish/completions/rollcall.fish",
                      "For the current user, in fish."},
                     {"rollcall completion zsh >\"${fpath[1]}/_rollcall\"",
                      "For the current user, in zsh."}},
        .positionals = shells.get(),
        .min_positionals = 1,
        .max_positionals = 1,
        .missing = "name a shell: bash, fish or zsh",
        .run =
            [shells](const Context& context) {
                const auto script = completion_script(shells->front(), all_commands());
                if (script) return answer(context, *script);
                return fail(context, {.message = "no completion for '" + shells->front() + "'",
                                      .hint = "bash, fish or zsh"});
            },
        .state = shells,
    };
}

}  // namespace rollcall::cli
