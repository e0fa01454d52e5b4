// SPDX-License-Identifier: Apache-2.0
#include "agent/config/secret_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "files/small_file.h"

namespace rollcall::agent {
namespace {

constexpr std::size_t kMostSecretBytes = 4096;

// Who else can read the file, and the chmod that ends it; "" for nobody else. A file of another
// owner may have a group by which the agent reads it: that stays.
std::string exposure_of(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return {};
    const bool ours = found.st_uid == ::geteuid();
    const bool group = (found.st_mode & S_IRGRP) != 0 && ours;
    const bool all = (found.st_mode & S_IROTH) != 0;
    if (!group && !all) return {};
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", found.st_mode & 07777u);
    return path + ": it holds a key or token, and its mode " + mode.data() + " lets " +
           (all ? "every user of this host" : "its group") + " read it; 'chmod " +
           (ours ? "go=" : "o=") + " " + path + "' ends that";
}

// The file that the setting names; "" for none.
std::string path_in(const Setting& setting, const AgentConfig& config) {
    const auto values = value_of(setting, config);
    return values.empty() ? "" : values.front();
}

// nullopt: `text` was taken.
std::optional<std::string> take(const Setting& setting, const std::string& path,
                                AgentConfig& config, Origins& origins) {
    const Setting& secret = setting_of_flag(setting.more.secret_in_file);
    const std::string place = origins.at(&setting).back();
    if (origins.contains(&secret)) {
        return refusal(place, path, "either this or " + origins.at(&secret).back());
    }
    auto text = read_secret_file(path);
    if (!text) return place + ": '" + path + "' cannot be read: " + text.error().text;
    const auto mistakes =
        apply({.setting = &secret, .texts = {*text}, .place = path}, config, origins);
    return mistakes.empty() ? std::nullopt : std::optional{mistakes.front()};
}

}  // namespace

Result<std::string, FileError> read_secret_file(const std::string& path) {
    auto text = read_small_file(path, kMostSecretBytes);
    if (!text) return text;
    for (const char end : {'\n', '\r'}) {
        if (!text->empty() && text->back() == end) text->pop_back();
    }
    return text;
}

std::vector<RawSetting> credentials_in(const std::string& folder) {
    std::vector<RawSetting> found;
    for (const Setting& setting : all_settings()) {
        const std::string_view name = setting.more.credential;
        if (name.empty()) continue;
        std::string path = folder;
        path.append("/").append(name);
        // One that is there and cannot be read is a mistake, and is found as such later.
        if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) continue;
        found.push_back({.setting = &setting,
                         .texts = {std::move(path)},
                         .place = "credential " + std::string{name}});
    }
    return found;
}

std::vector<std::string> take_secret_files(AgentConfig& config, Origins& origins) {
    std::vector<std::string> mistakes;
    for (const Setting& setting : all_settings()) {
        if (setting.more.secret_in_file.empty()) continue;
        const std::string path = path_in(setting, config);
        if (path.empty()) continue;
        if (auto mistake = take(setting, path, config, origins)) {
            mistakes.push_back(std::move(*mistake));
        }
    }
    return mistakes;
}

std::vector<std::string> exposed_secrets(const AgentConfig& config, const Origins& origins) {
    std::vector<std::string> warnings;
    for (const Setting& setting : all_settings()) {
        const auto origin = origins.find(&setting);
        if (origin == origins.end()) continue;
        if (setting.more.secret && origin->second.back().starts_with("--")) {
            warnings.push_back(origin->second.back() +
                               ": other users of this host see it in the list of processes; give "
                               "it in $" +
                               environment_name(setting) + " or --" + std::string{setting.flag} +
                               "-file");
        }
        if (!setting.more.secret_in_file.empty() || setting.flag == "keyring-file") {
            auto exposed = exposure_of(path_in(setting, config));
            if (!exposed.empty()) warnings.push_back(std::move(exposed));
        }
    }
    return warnings;
}

std::string exposed_secret_of(const std::string& path, const std::vector<RawSetting>& given) {
    const bool has_secret =
        std::ranges::any_of(given, [](const RawSetting& one) { return one.setting->more.secret; });
    return has_secret ? exposure_of(path) : "";
}

}  // namespace rollcall::agent
