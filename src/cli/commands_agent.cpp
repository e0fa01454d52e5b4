// SPDX-License-Identifier: Apache-2.0
//
// `rollcall agent`: builds one flag per setting and runs the agent. The settings and their ranges
// are in agent/config/settings_table.h and agent/config/config.h.
#include <algorithm>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "agent/agent.h"
#include "agent/config/effective.h"
#include "agent/config/settings_table.h"
#include "agent/config/sources.h"
#include "base/sanitize.h"
#include "cli/commands.h"

namespace rollcall::cli {

namespace {

// One value per setting of the agent, and the flags of `--check`.
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

Flag flag_of(const agent::Setting& setting, std::string_view group, AgentOptions::Value& value) {
    Flag flag{.name = std::string{setting.flag},
              .placeholder = agent::placeholder_of(setting),
              .help = help_of(setting),
              .target = &value.text,
              .group = std::string{group}};
    if (agent::is_list(setting)) flag.target = &value.list;
    if (agent::is_switch(setting)) flag.target = &value.on;
    return flag;
}

std::vector<Flag> agent_flags(AgentOptions& options) {
    std::vector<Flag> flags{
        {"config-file", "PATH",
         "Read settings from this JSON file. May be given several times; later files override "
         "earlier ones.",
         &options.paths},
        {"config-dir", "PATH", "Read every *.json file in this folder, sorted by name.",
         &options.paths},
        {"check", "", "Check all settings, print each with its origin, and exit.", &options.check},
        {"format", "text|json", "Output format of --check. Default: text.", &options.format}};
    const auto groups = agent::group_titles();
    std::size_t index = 0;
    for (const agent::Setting& setting : agent::all_settings()) {
        flags.push_back(flag_of(setting, groups[index++], options.values.emplace_back()));
    }
    return flags;
}

agent::ConfigSources sources_of(const AgentOptions& options, const Context& context) {
    agent::ConfigSources sources{.paths = options.paths, .environment = context.environment};
    std::size_t index = 0;
    for (const agent::Setting& setting : agent::all_settings()) {
        const AgentOptions::Value& value = options.values[index++];
        agent::RawSetting given{
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

// All mistakes in one text, as for other commands, and as a list.
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
        context.complain("warning: " + sanitized_lines(warning) + '\n');
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
            "Runs one member of a cluster until it is stopped. Ctrl-C (SIGINT) leaves the cluster "
            "gracefully and exits with 0; SIGTERM stops at once, the other members see a failure, "
            "and the exit code is 1. The start-up lines on stdout show the bound ports.",
        .flags = agent_flags(*options),
        .examples =
            {{"rollcall agent --node a --bind 10.0.0.1", "The first member of a cluster."},
             {"rollcall agent --node b --bind 10.0.0.2 --retry-join 10.0.0.1 --tag role=web",
              "A second member, which retries until the first one is up."},
             {"rollcall agent --node t1 --bind 127.0.0.1:0 --rpc-addr 127.0.0.1:0 "
              "--profile local",
              "For tests: free ports, short timings."},
             {"rollcall agent --config-dir /etc/rollcall --check",
              "Checks these files and prints the resulting settings."}},
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
