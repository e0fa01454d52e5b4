// SPDX-License-Identifier: Apache-2.0
//
// `rollcall demo`: agents on the loopback of this machine, and a prompt to play with them.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "agent/config/settings_table.h"
#include "cli/commands.h"
#include "cli/demo/demo.h"
#include "cli/demo/prompt.h"
#include "cli/demo/story.h"

namespace rollcall::cli {

namespace {

struct DemoOptions {
    std::string agents = "5";
    std::string profile = "fast";
    bool story = false;
};

std::optional<std::size_t> agents_in(const std::string& text) {
    std::size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number < 1 || number > kMostDemoAgents) return {};
    return number;
}

// The agents would end with this mistake, each on its own.
std::optional<Failure> check_profile(const std::string& profile) {
    agent::AgentConfig config;
    config.profile = profile;
    const auto bad = agent::out_of_range(agent::setting_of_flag("profile"), config);
    if (!bad) return std::nullopt;
    return Failure{"--profile: '" + profile + "' is not allowed; allowed: " +
                       agent::placeholder_of(agent::setting_of_flag("profile")),
                   ""};
}

int play(Demo& demo, std::size_t agents) {
    Printer& printer = demo.printer();
    const WallTime began = wall_time_now();
    printer.line("Starting " + std::to_string(agents) + " agents on 127.0.0.1 with profile '" +
                 demo.profile() + "'...");
    if (const std::string error = demo.start(agents); !error.empty() || demo.stopped()) {
        if (!error.empty()) demo.printer().error(error);
        const int signal = demo.signals().ended_by();
        return signal == 0 ? kExitError : kExitSignal + signal;
    }
    printer.line("After " + seconds_text(began, wall_time_now()) +
                 " every agent knows all others.\n");
    printer.line(demo.table());
    printer.line("\nThe agents end with this program. 'help' lists the commands.");
    return Prompt{demo}.run();
}

int run_demo(const Context& context, const DemoOptions& options) {
    const auto agents = agents_in(options.agents);
    if (!agents) {
        return fail(context, {"--agents: '" + options.agents + "' is not allowed; allowed: 1 to " +
                                  std::to_string(kMostDemoAgents),
                              ""});
    }
    if (auto bad = check_profile(options.profile)) return fail(context, *bad);
    Demo demo{context,
              {.profile = options.profile,
               .interactive = !options.story && context.terminal && isatty(STDIN_FILENO) == 1}};
    if (demo.signals().descriptor() < 0) {
        return fail(context, {"cannot watch for signals: no descriptors are left", ""});
    }
    return options.story ? play_story(demo, context) : play(demo, *agents);
}

}  // namespace

Command demo_command() {
    auto options = std::make_shared<DemoOptions>();
    return {
        .name = "demo",
        .summary = "Runs a small cluster on this machine, to play with",
        .description =
            "Starts agents on free ports of 127.0.0.1, prints their addresses, and reads commands: "
            "kill, pause, resume, leave, restart, start, members, why and others; 'help' lists "
            "them. What the agents notice is shown as it happens. The agents end with this "
            "program, and nothing stays behind. Commands may come from a pipe: then the exit code "
            "is 1 if one of them failed.",
        .flags = {{"agents", "N", "Number of agents, 1 to 50. Default: 5.", &options->agents},
                  {"profile", "PROFILE",
                   "Timings of the agents, as for 'rollcall agent'. Default: fast.",
                   &options->profile},
                  {"story", "",
                   "Play a story instead: five agents find each other, one is killed, one leaves. "
                   "Exit code 1 if a step fails.",
                   &options->story}},
        .examples = {{"rollcall demo", "Five agents and a prompt."},
                     {"rollcall demo --story", "A story of a few seconds, as ./run plays it."},
                     {"printf 'kill n4\\nwait\\nmembers\\n' | rollcall demo --agents 4",
                      "Kills one of four, waits until all others noticed, and lists the members."}},
        .refuses_empty_values = true,
        .run = [options](const Context& context) { return run_demo(context, *options); },
        .state = options,
    };
}

}  // namespace rollcall::cli
