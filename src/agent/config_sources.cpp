// SPDX-License-Identifier: Apache-2.0
#include "agent/config_sources.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/config_file.h"
#include "agent/listen_names.h"
#include "wire/messages.h"

namespace rollcall::agent {
namespace {

std::vector<Given> from_environment(const ConfigSources& sources) {
    std::vector<Given> all;
    if (!sources.environment) return all;
    for (const Setting& setting : all_settings()) {
        const std::string name = environment_name(setting);
        const auto text = sources.environment(name);
        if (!text) continue;
        Given given{.setting = &setting, .texts = {*text}, .place = "$" + name};
        if (adds_up(setting)) given.texts = split_list(*text, setting.separator);
        all.push_back(std::move(given));
    }
    return all;
}

// Where the wrong value was given: of a list, the item's own place.
std::string place_of(const ConfigError& error, const AgentConfig& config, const Origins& origins) {
    const Setting* const setting = setting_of_field(error.field);
    if (setting == nullptr) return error.field;
    const auto origin = origins.find(setting);
    if (origin == origins.end()) return error.field;
    const auto& places = origin->second;
    if (std::holds_alternative<std::vector<std::string> AgentConfig::*>(setting->target)) {
        const auto values = value_of(*setting, config);
        const auto wrong = std::ranges::find(values, error.value);
        const auto index = static_cast<std::size_t>(wrong - values.begin());
        if (index < places.size()) return places[index];
    }
    return places.back();
}

std::string said_with_place(ConfigError error, const AgentConfig& config, const Origins& origins) {
    error.field = place_of(error, config, origins);
    return error.to_string();
}

// What a file, a variable or a flag has to do with a mistake in a setting that nobody gave: a
// timeout of the profile that is longer than the interval in the file, tags of the tags file.
std::string related(const ConfigError& error, const Origins& origins) {
    const std::string_view cause = error.field == "probe_timeout" ? "probe_interval"
                                   : error.field == "tags"        ? "tags_file"
                                                                  : "";
    const auto origin = origins.find(setting_of_field(cause));
    if (origin == origins.end() || origins.contains(setting_of_field(error.field))) return {};
    return " (because of " + origin->second.back() + ")";
}

// What is taken otherwise than it is written, as Serf does, too.
std::vector<std::string> warnings_of(const AgentConfig& config, const Origins& origins) {
    std::vector<std::string> warnings;
    const auto warn = [&](std::string_view field, const std::string& what) {
        const auto origin = origins.find(setting_of_field(field));
        warnings.push_back((origin == origins.end() ? std::string{field} : origin->second.back()) +
                           what);
    };
    // A file written for an older Serf means a version that all of today's members understand.
    if (config.protocol != wire::kSerfVersions.dcur) {
        warn("protocol", " has no effect: version 5 of Serf's protocol is spoken");
    }
    const auto tagged = config.tags.find("role");
    if (!config.role.empty() && tagged != config.tags.end() && tagged->second != config.role) {
        warn("role",
             " '" + config.role + "' takes the place of the tag role '" + tagged->second + "'");
    }
    if (config.rejoin && config.snapshot.empty()) {
        warn("rejoin", " has no effect without a snapshot, which is what an agent comes back by");
    }
    if (config.retry_interval < kLeastWait) warn("retry_interval", " is too short: 1s is taken");
    if (config.broadcast_timeout < kLeastWait) {
        warn("broadcast_timeout", " is too short: 1s is taken");
    }
    return warnings;
}

}  // namespace

Result<LoadedConfig, std::string> load_config(const ConfigSources& sources) {
    AgentConfig config;
    Origins origins;
    std::vector<std::string> warnings;
    const auto take = [&](const std::vector<Given>& all) -> std::optional<std::string> {
        for (const Given& given : all) {
            if (auto problem = apply(given, config, origins)) return problem;
        }
        return {};
    };
    const auto files = config_files(sources.paths);
    if (!files) return files.error();
    for (const std::string& path : *files) {
        const auto file = read_config(path);
        if (!file) return file.error();
        if (const auto problem = take(file->given)) return *problem;
        warnings.insert(warnings.end(), file->warnings.begin(), file->warnings.end());
    }
    if (const auto problem = take(from_environment(sources))) return *problem;
    if (const auto problem = take(sources.flags)) return *problem;

    auto settings = settle(config);
    if (!settings) {
        return said_with_place(settings.error(), config, origins) +
               related(settings.error(), origins);
    }
    std::ranges::move(warnings_of(config, origins), std::back_inserter(warnings));
    return LoadedConfig{.config = std::move(config),
                        .settings = std::move(*settings),
                        .origins = std::move(origins),
                        .warnings = std::move(warnings)};
}

std::optional<std::string> find_hosts(LoadedConfig& loaded) {
    const auto error = find_listen_names(loaded.settings);
    if (!error) return {};
    return said_with_place(*error, loaded.config, loaded.origins);
}

}  // namespace rollcall::agent
