// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "sim/program/commands.h"
#include "sim/world/keep_memory.h"

int main(int argc, char** argv) {
    rollcall::sim::keep_freed_memory();
    // A closed pipe (`| head`) must be a write error, not a signal.
    std::signal(SIGPIPE, SIG_IGN);

    rollcall::sim::Console console;
    const auto set = [](const char* name) {
        const char* value = std::getenv(name);
        return value != nullptr && *value != '\0';
    };
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
    console.colour = isatty(STDOUT_FILENO) == 1 && !dumb && !set("NO_COLOR");
    console.progress = isatty(STDERR_FILENO) == 1 && !dumb;
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        console.width = std::clamp<unsigned>(size.ws_col, 60, 120);
    }
    return rollcall::sim::run_program({argv + (argc > 0 ? 1 : 0), argv + argc}, console);
}
