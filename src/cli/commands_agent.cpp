// SPDX-License-Identifier: Apache-2.0
//
// `rollcall agent`: a flag for each setting, and off it goes. What the settings are and what a
// value may be is the agent's to say (agent/config/settings_table.h, agent/config/config.h).
#include <algorithm>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "agent/agent.h"
#include "agent/config/effective.h"
#include "agent/config/settings_table.h"
#include "agent/config/sources.h"
#include "cli/commands.h"
#include "cli/text.h"

namespace rollcall::cli {

namespace {

// One per setting of the agent, and what `--check` is about.
struct AgentOptions {
    struct Value {
        std::string text;
        std::vector<std::string> list;
        std::optional<bool> on;
    };
    std::deque<Value> values;  // flags point into it; in the order of agent::all_settings()
    std::vector<std::string> paths;
    bool check = false;
    std::string format = "text";
};

std::string help_of(const agent::Setting& setting) {
    std::string text{setting.help};
    const std::string value = agent::default_of(setting);
    if (value != "none" && value != "off") text += " Default: " + value + ".";
    return text;
}

Flag flag_of(const agent::Setting& setting, AgentOptions::Value& value) {
    Flag flag{.name = std::string{setting.flag},
              .placeholder = agent::placeholder_of(setting),
              .help = help_of(setting),
              .target = &value.text};
    if (agent::is_list(setting)) flag.target = &value.list;
    if (std::holds_alternative<bool agent::AgentConfig::*>(setting.target)) flag.target = &value.on;
    return flag;
}

std::vector<Flag> agent_flags(AgentOptions& options) {
    std::vector<Flag> flags{
        {"config-file", "PATH",
         "Read settings from this JSON file. May be given several times; later ones win.",
         &options.paths},
        {"config-dir", "PATH", "The same for every *.json in a folder, by name.", &options.paths},
        {"check", "", "Only check all settings, and show them with where each comes from.",
         &options.check},
        {"format", "text|json", "Form of what --check shows. Default: text.", &options.format}};
    for (const agent::Setting& setting : agent::all_settings()) {
        flags.push_back(flag_of(setting, options.values.emplace_back()));
    }
    return flags;
}

agent::ConfigSources sources_of(const AgentOptions& options, const Context& context) {
    agent::ConfigSources sources{.paths = options.paths, .environment = context.environment};
    std::size_t index = 0;
    for (const agent::Setting& setting : agent::all_settings()) {
        const AgentOptions::Value& value = options.values[index++];
        agent::Given given{
            .setting = &setting, .texts = value.list, .place = "--" + std::string{setting.flag}};
        if (!value.text.empty()) given.texts = {value.text};
        if (value.on) given.texts = {*value.on ? "true" : "false"};
        if (!given.texts.empty()) sources.flags.push_back(std::move(given));
    }
    return sources;
}

bool wants_check(std::span<const std::string> arguments) {
    return std::ranges::any_of(arguments, [](const std::string& word) {
        return word == "--check" || word == "-check" || word == "--check=true";
    });
}

// All mistakes in one text, as other commands have it, and each by itself.
int refuse_in_json(const Context& context, const std::string& mistakes) {
    const nlohmann::ordered_json object{{"error", mistakes}, {"errors", agent::lines_of(mistakes)}};
    context.complain(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
    return kExitError;
}

int check(const AgentOptions& options, const agent::ConfigSources& sources,
          const Context& context) {
    const bool json = options.format == "json";
    if (!json && options.format != "text") {
        static_cast<void>(fail(
            context, {.message = "Encoding error: Invalid output format \"" + options.format + "\"",
                      .hint = "text or json"}));
        return kExitUsage;
    }
    const auto loaded = agent::load_for_start(sources);
    if (!loaded && json) return refuse_in_json(context, loaded.error());
    if (!loaded) return fail(context, {.message = loaded.error()});
    if (json) return answer(context, agent::effective_json(*loaded));
    for (const std::string& warning : loaded->all_warnings()) {
        context.complain("warning: " + harmless_lines(warning) + '\n');
    }
    return answer(context, agent::effective_text(*loaded));
}

}  // namespace

Command agent_command() {
    auto options = std::make_shared<AgentOptions>();
    return {
        .name = "agent",
        .summary = "Runs an agent",
        .description =
            "Runs one member of a cluster until it is told to stop. Ctrl-C (SIGINT) leaves the "
            "cluster gracefully and exits with 0; SIGTERM stops at once, the others see a failure, "
            "and the exit code is 1. The start-up lines on stdout name the ports that were really "
            "bound.",
        .flags = agent_flags(*options),
        .examples =
            {{"rollcall agent --node a --bind 10.0.0.1", "The first member of a cluster."},
             {"rollcall agent --node b --bind 10.0.0.2 --retry-join 10.0.0.1 --tag role=web",
              "Another one, which keeps trying until the first is up."},
             {"rollcall agent --node t1 --bind 127.0.0.1:0 --rpc-addr 127.0.0.1:0 "
              "--profile local",
              "For a test: any free ports, quick timings."},
             {"rollcall agent --config-dir /etc/rollcall --check",
              "Are these files right, and what do they come to?"}},
        .refuses_empty_values = true,
        .run =
            [options](const Context& context) {
                const agent::ConfigSources sources = sources_of(*options, context);
                if (options->check) return check(*options, sources, context);
                return agent::run_agent(sources);
            },
        .json_errors = [options] { return options->check && options->format == "json"; },
        .usage_exit =
            [](std::span<const std::string> arguments) {
                return wants_check(arguments) ? kExitUsage : kExitError;
            },
        .state = options,
    };
}

}  // namespace rollcall::cli
