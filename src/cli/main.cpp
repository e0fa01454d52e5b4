// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/context.h"
#include "cli/standard_streams.h"
#include "cli/terminal/screen.h"

namespace {

std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

// Help pages are as wide as the terminal, within these bounds: longer lines are hard to read.
constexpr std::size_t kLeastColumns = 40;
constexpr std::size_t kMostColumns = 110;

}  // namespace

int main(int argc, char** argv) {
    rollcall::cli::occupy_standard_streams();
    // A write to a closed pipe or socket returns an error instead of killing the process.
    std::signal(SIGPIPE, SIG_IGN);

    rollcall::cli::Context context;
    context.environment = environment;
    context.terminal = isatty(STDOUT_FILENO) == 1;
    const auto no_color = environment("NO_COLOR");
    context.colour = context.terminal && (!no_color || no_color->empty()) &&
                     environment("TERM").value_or("dumb") != "dumb";

    if (const auto size = rollcall::cli::window_size(stdout)) {
        context.columns = std::clamp<std::size_t>(size->columns, kLeastColumns, kMostColumns);
    }

    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const int code = rollcall::cli::run_program(arguments, rollcall::cli::all_commands(), context);
    if (rollcall::cli::lookup_left_behind()) {
        std::fflush(nullptr);
        std::_Exit(code);
    }
    return code;
}
