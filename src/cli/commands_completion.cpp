// SPDX-License-Identifier: Apache-2.0
//
// `rollcall completion`: a script for the user's shell.
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
        .summary = "Prints a script that makes a shell complete command lines",
        .arguments = "bash|fish|zsh",
        .description =
            "Prints a script for the shell that is named. It knows every command and "
            "flag of this very program; print it again after an update.",
        .examples = {{"rollcall completion bash >/etc/bash_completion.d/rollcall",
                      "For all users of bash, from their next shell on."},
                     {"rollcall completion fish >~/.config/fish/completions/rollcall.fish",
                      "For oneself, in fish."},
                     {"rollcall completion zsh >\"${fpath[1]}/_rollcall\"",
                      "For oneself, in zsh."}},
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
