// SPDX-License-Identifier: Apache-2.0
#include "agent/config/sources.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "agent/config/file.h"
#include "agent/config/host_check.h"
#include "agent/config/listen_names.h"
#include "base/harmless.h"
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

// What is wrong of a setting may only seem so beside one that could not be taken.
std::string_view depends_on(std::string_view field) {
    if (field == "probe_timeout") return "probe_interval";
    if (field == "rejoin") return "snapshot";
    if (field == "tags" || field == "role") return "tags_file";
    return {};
}

Result<LoadedConfig, std::string> load(const ConfigSources& sources, bool host_too) {
    LoadedConfig loaded;
    std::vector<std::string> mistakes;
    std::set<const Setting*> wrong;
    bool whole = true;
    const auto take = [&](const std::vector<Given>& all) {
        for (const Given& given : all) {
            const auto problems = apply(given, loaded.config, loaded.origins);
            if (!problems.empty()) wrong.insert(given.setting);
            mistakes.insert(mistakes.end(), problems.begin(), problems.end());
        }
    };
    const auto files = config_files(sources.paths);
    if (!files) mistakes.push_back(files.error());
    whole = files.ok();
    for (const std::string& path : files ? *files : std::vector<std::string>{}) {
        const ConfigFile file = read_config(path);
        whole = whole && file.whole;
        mistakes.insert(mistakes.end(), file.mistakes.begin(), file.mistakes.end());
        take(file.given);
        loaded.warnings.insert(loaded.warnings.end(), file.warnings.begin(), file.warnings.end());
    }
    take(from_environment(sources));
    take(sources.flags);

    Settled settled = settle_all(loaded.config);
    std::vector<ConfigError> found = std::move(settled.mistakes);
    // Where a name has no address there is nothing to try on this host.
    auto unknown_host = host_too ? find_listen_names(settled.settings) : std::nullopt;
    if (unknown_host) {
        found.push_back(std::move(*unknown_host));
    } else if (host_too) {
        for (ConfigError& missing : host_mistakes(settled.settings)) {
            const bool known = std::ranges::any_of(found, [&](const ConfigError& each) {
                return each.field == missing.field &&
                       (each.value == missing.value || !is_list(*setting_of_field(each.field)));
            });
            if (!known) found.push_back(std::move(missing));
        }
    }
    for (ConfigError& error : found) {
        const Setting* const cause = setting_of_field(depends_on(error.field));
        // Of a file that breaks off nobody knows what else it would have said.
        if (!whole && cause != nullptr) continue;
        if (wrong.contains(setting_of_field(error.field)) || wrong.contains(cause)) continue;
        const std::string why = related(error, loaded.origins);
        error.field = place_of(error, loaded.config, loaded.origins);
        mistakes.push_back(error.to_string() + why);
    }
    if (!mistakes.empty()) {
        std::string text;
        for (const std::string& mistake : mistakes) {
            if (!text.empty()) text += '\n';
            text += harmless_text(mistake);
        }
        return text;
    }
    loaded.settings = std::move(settled.settings);
    std::ranges::move(warnings_of(loaded.config, loaded.origins),
                      std::back_inserter(loaded.warnings));
    return loaded;
}

}  // namespace

Result<LoadedConfig, std::string> load_config(const ConfigSources& sources) {
    return load(sources, false);
}

Result<LoadedConfig, std::string> load_for_start(const ConfigSources& sources) {
    return load(sources, true);
}
std::vector<std::string> lines_of(const std::string& mistakes) {
    return split_list(mistakes, '\n');
}

}  // namespace rollcall::agent
