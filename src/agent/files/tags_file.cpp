// SPDX-License-Identifier: Apache-2.0
#include "agent/files/tags_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace rollcall::agent {

Result<serf::Tags, std::string> load_tags(const std::string& path) {
    std::error_code unknown;
    const auto status = std::filesystem::status(path, unknown);
    if (status.type() == std::filesystem::file_type::not_found) return serf::Tags{};
    // Reading a pipe could block the agent.
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        return std::string{"a regular file"};
    }
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    std::string text(kMaxTagsFile + 1, '\0');
    if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) {
        return std::string{"a readable file ("} + std::strerror(errno) + ")";
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxTagsFile) return std::string{"a file of at most 64 KiB"};

    constexpr const char* kForm = R"(a JSON object of strings, like {"role": "web"})";
    const auto json = nlohmann::json::parse(text, nullptr, false);
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
