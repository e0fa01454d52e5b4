// SPDX-License-Identifier: Apache-2.0
#include "agent/files/tags_file.h"

#include <nlohmann/json.hpp>

#include "files/small_file.h"

namespace rollcall::agent {

Result<serf::Tags, std::string> load_tags(const std::string& path) {
    const auto text = read_small_file(path, kMaxTagsFile);
    if (!text) {
        switch (text.error().kind) {
            case FileError::Kind::missing:
                return serf::Tags{};
            case FileError::Kind::not_a_regular_file:
                return std::string{"a regular file"};
            case FileError::Kind::too_large:
                return std::string{"a file of at most 64 KiB"};
            case FileError::Kind::unreadable:
                return "a readable file (" + text.error().text + ")";
        }
    }

    constexpr const char* kForm = R"(a JSON object of strings, like {"role": "web"})";
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object()) return std::string{kForm};
    serf::Tags tags;
    for (const auto& [key, value] : json.items()) {
        if (key.empty() || !value.is_string()) return std::string{kForm};
        tags.emplace(key, value.get<std::string>());
    }
    return tags;
}

std::string tags_as_json(const serf::Tags& tags) {
    return nlohmann::json(tags).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace rollcall::agent
