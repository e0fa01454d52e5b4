// SPDX-License-Identifier: Apache-2.0
#include "agent/config/effective.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/duration_text.h"
#include "base/joined.h"
#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

// The value of a setting that was not given: the profile's timing, the host name, or none.
std::vector<std::string> unset(const Setting& setting, const Settings& settings) {
    const membership::Config& core = settings.serf.membership;
    if (const auto* timing = std::get_if<OfProfile<Duration>>(&setting.target)) {
        return {duration_text(core.*timing->profile)};
    }
    if (const auto* number = std::get_if<OfProfile<unsigned>>(&setting.target)) {
        return {std::to_string(core.*number->profile)};
    }
    if (const auto* on = std::get_if<OfProfile<bool>>(&setting.target)) {
        return {core.*on->profile ? "true" : "false"};
    }
    if (setting.key == "node_name") return {core.name};
    return {};
}

std::vector<std::string> pairs_of(const serf::Tags& tags) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : tags) {
        std::string& pair = pairs.emplace_back(key);
        pair += '=';
        pair += value;
    }
    return pairs;
}

const serf::Tags& tags_of(const LoadedConfig& loaded) {
    return loaded.settings.tags_file.empty() ? loaded.config.tags : loaded.settings.serf.tags;
}

}  // namespace

std::vector<EffectiveSetting> effective(const LoadedConfig& loaded) {
    std::vector<EffectiveSetting> all;
    for (const Setting& setting : all_settings()) {
        EffectiveSetting shown{.setting = &setting, .values = value_of(setting, loaded.config)};
        if (setting.more.secret && !shown.values.empty()) shown.values = {"********"};
        if (setting.key == "tags" && !loaded.settings.tags_file.empty()) {
            shown.values = pairs_of(tags_of(loaded));
            shown.from = "tags_file";
            all.push_back(std::move(shown));
            continue;
        }
        const auto origin = loaded.origins.find(&setting);
        if (origin != loaded.origins.end()) {
            std::vector<std::string> places = origin->second;
            places.erase(std::unique(places.begin(), places.end()), places.end());
            shown.from = joined(places);
        } else {
            if (shown.values.empty()) shown.values = unset(setting, loaded.settings);
            shown.from = of_profile(setting) ? "profile " + loaded.settings.profile : "default";
        }
        all.push_back(std::move(shown));
    }
    return all;
}

std::string effective_text(const LoadedConfig& loaded) {
    struct Row {
        std::string name, value, from;
    };
    std::vector<Row> rows{{"Setting", "Value", "From"}};
    for (const EffectiveSetting& shown : effective(loaded)) {
        rows.push_back({std::string{shown.setting->key}, sanitized(joined(shown.values)),
                        sanitized(shown.from)});
    }
    std::size_t name = 0, value = 0;
    constexpr std::size_t kWidestValue = 40;
    for (const Row& row : rows) {
        name = std::max(name, row.name.size());
        value = std::max(value, std::min(row.value.size(), kWidestValue));
    }
    std::string text;
    for (Row& row : rows) {
        row.name.resize(name, ' ');
        if (row.value.size() < value) row.value.resize(value, ' ');
        text += row.name + "  " + row.value + "  " + row.from + '\n';
    }
    return text;
}

std::string effective_json(const LoadedConfig& loaded) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::object();
    for (const EffectiveSetting& shown : effective(loaded)) {
        nlohmann::ordered_json value;
        const SettingTarget& target = shown.setting->target;
        if (is_list(*shown.setting)) {
            value = shown.values;
        } else if (is_switch(*shown.setting)) {
            value = shown.values.front() == "true";
        } else if (std::holds_alternative<unsigned AgentConfig::*>(target) ||
                   std::holds_alternative<OfProfile<unsigned>>(target)) {
            value = std::stoul(shown.values.front());
        } else {
            value = joined(shown.values);
        }
        if (std::holds_alternative<serf::Tags AgentConfig::*>(target)) {
            value = nlohmann::ordered_json::object();
            for (const auto& [key, text] : tags_of(loaded)) value[key] = text;
        }
        settings[std::string{shown.setting->key}] = {{"value", value}, {"from", shown.from}};
    }
    const nlohmann::ordered_json whole{{"settings", settings}, {"warnings", loaded.all_warnings()}};
    return whole.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace rollcall::agent
