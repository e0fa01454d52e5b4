// SPDX-License-Identifier: Apache-2.0
#include "agent/config/sources.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "agent/config/file.h"
#include "agent/config/host_check.h"
#include "agent/config/listen_names.h"
#include "agent/config/secret_files.h"
#include "base/duration_text.h"
#include "base/sanitize.h"
#include "wire/messages.h"

namespace rollcall::agent {
namespace {

std::vector<RawSetting> from_credentials(const ConfigSources& sources) {
    const auto folder = sources.environment ? sources.environment("CREDENTIALS_DIRECTORY")
                                            : std::optional<std::string>{};
    return folder && !folder->empty() ? credentials_in(*folder) : std::vector<RawSetting>{};
}

std::vector<RawSetting> from_environment(const ConfigSources& sources) {
    std::vector<RawSetting> all;
    if (!sources.environment) return all;
    for (const Setting& setting : all_settings()) {
        const std::string name = environment_name(setting);
        const auto text = sources.environment(name);
        if (!text) continue;
        RawSetting given{.setting = &setting, .texts = {*text}, .place = "$" + name};
        if (adds_up(setting)) given.texts = split_list(*text, setting.more.separator);
        all.push_back(std::move(given));
    }
    return all;
}

// Where the wrong value was given; for a list, the place of the item.
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

// The setting that the check of this one depends on, or null. If that one is wrong, an error of
// this one may only follow from it.
const Setting* dependency_of(const Setting* setting) {
    const bool alone = setting == nullptr || setting->more.depends_on.empty();
    return alone ? nullptr : &setting_of_flag(setting->more.depends_on);
}

// The cause of a mistake in a setting that was not given: a timeout of the profile that is longer
// than the interval in the file, or tags in the tags file.
std::string related(const Setting* setting, const Origins& origins) {
    const auto origin = origins.find(dependency_of(setting));
    if (origin == origins.end() || origins.contains(setting)) return {};
    return " (because of " + origin->second.back() + ")";
}

// Values that are ignored or changed; those of Serf's settings as Serf does too.
std::vector<std::string> warnings_of(const AgentConfig& config, const Settings& settings,
                                     const Origins& origins) {
    std::vector<std::string> warnings;
    const auto warn = [&](std::string_view field, const std::string& what) {
        const auto origin = origins.find(setting_of_field(field));
        warnings.push_back((origin == origins.end() ? std::string{field} : origin->second.back()) +
                           what);
    };
    // Files written for an older Serf may ask for an older version; all members understand 5.
    if (config.protocol != wire::kSerfVersions.dcur) {
        warn("protocol", " has no effect: version 5 of Serf's protocol is spoken");
    }
    const auto tagged = config.tags.find("role");
    if (!config.role.empty() && tagged != config.tags.end() && tagged->second != config.role) {
        warn("role", " '" + config.role + "' overrides the tag role '" + tagged->second + "'");
    }
    if (config.rejoin && config.snapshot.empty()) {
        warn("rejoin", " has no effect without a snapshot to rejoin from");
    }
    if (config.detection_span && !settings.serf.membership.fast_verdicts) {
        warn("detection_span", " has no effect while fast_verdicts is off");
    }
    for (const Setting& setting : all_settings()) {
        const auto* const range = std::get_if<DurationRange>(&setting.allowed);
        const auto* const target = std::get_if<Duration AgentConfig::*>(&setting.target);
        if (range == nullptr || target == nullptr || !range->raises) continue;
        if (config.**target < range->least) {
            warn(field_of(setting), " is too short: " + duration_text(range->least) + " is used");
        }
    }
    return warnings;
}

// Values that are used as given but have a cost. The place is that of the timeout, else of the
// interval; none if both are the profile's.
std::vector<std::string> risks_of(const Settings& settings, const Origins& origins) {
    const auto profile = membership::Config::of_profile(settings.profile);
    if (!profile) return {};
    const auto risk = settings.serf.membership.probe_timeout_warning(*profile);
    if (!risk) return {};
    for (const std::string_view flag : {"probe-timeout", "probe-interval"}) {
        const auto origin = origins.find(&setting_of_flag(flag));
        if (origin != origins.end()) return {origin->second.back() + ": " + *risk};
    }
    return {*risk};
}

Result<LoadedConfig, std::string> load(const ConfigSources& sources, bool host_too) {
    LoadedConfig loaded;
    std::vector<std::string> mistakes;
    std::set<const Setting*> wrong;
    const auto take = [&](const std::vector<RawSetting>& all) {
        for (const RawSetting& given : all) {
            const auto problems = apply(given, loaded.config, loaded.origins);
            if (!problems.empty()) wrong.insert(given.setting);
            mistakes.insert(mistakes.end(), problems.begin(), problems.end());
        }
    };
    const ConfigPaths paths = config_files(sources.paths);
    mistakes = paths.mistakes;
    bool whole = mistakes.empty();
    take(from_credentials(sources));
    for (const std::string& path : paths.files) {
        const ConfigFile file = read_config(path);
        whole = whole && file.whole;
        mistakes.insert(mistakes.end(), file.mistakes.begin(), file.mistakes.end());
        take(file.given);
        loaded.warnings.insert(loaded.warnings.end(), file.warnings.begin(), file.warnings.end());
        if (auto exposed = exposed_secret_of(path, file.given); !exposed.empty()) {
            loaded.risks.push_back(std::move(exposed));
        }
    }
    take(from_environment(sources));
    take(sources.flags);
    std::ranges::move(take_secret_files(loaded.config, loaded.origins),
                      std::back_inserter(mistakes));

    Settled settled = settle_all(loaded.config);
    std::vector<ConfigError> found = std::move(settled.mistakes);
    if (host_too) {
        for (ConfigError& unknown : find_listen_names(settled.settings)) {
            found.push_back(std::move(unknown));
        }
        for (ConfigError& missing : host_mistakes(settled.settings)) {
            const bool known = std::ranges::any_of(found, [&](const ConfigError& each) {
                return each.field == missing.field &&
                       (each.value == missing.value || !is_list(*setting_of_field(each.field)));
            });
            if (!known) found.push_back(std::move(missing));
        }
    }
    for (ConfigError& error : found) {
        const Setting* const setting = setting_of_field(error.field);
        const Setting* const cause = dependency_of(setting);
        // The unread rest of a broken file may contain the setting that this check depends on.
        if (!whole && cause != nullptr && !loaded.origins.contains(cause)) continue;
        if (wrong.contains(setting) || wrong.contains(cause)) continue;
        const std::string why = related(setting, loaded.origins);
        error.field = place_of(error, loaded.config, loaded.origins);
        mistakes.push_back(error.to_string() + why);
    }
    if (!mistakes.empty()) {
        std::string text;
        for (const std::string& mistake : mistakes) {
            if (!text.empty()) text += '\n';
            text += sanitized(mistake);
        }
        return text;
    }
    loaded.settings = std::move(settled.settings);
    std::ranges::move(warnings_of(loaded.config, loaded.settings, loaded.origins),
                      std::back_inserter(loaded.warnings));
    std::ranges::move(risks_of(loaded.settings, loaded.origins), std::back_inserter(loaded.risks));
    std::ranges::move(exposed_secrets(loaded.config, loaded.origins),
                      std::back_inserter(loaded.risks));
    return loaded;
}

}  // namespace

Result<LoadedConfig, std::string> load_config(const ConfigSources& sources) {
    return load(sources, false);
}

Result<LoadedConfig, std::string> load_for_start(const ConfigSources& sources) {
    return load(sources, true);
}

std::vector<std::string> LoadedConfig::all_warnings() const {
    std::vector<std::string> all = warnings;
    all.insert(all.end(), risks.begin(), risks.end());
    return all;
}

std::vector<std::string> lines_of(const std::string& mistakes) {
    return split_list(mistakes, '\n');
}

}  // namespace rollcall::agent
