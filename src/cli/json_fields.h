// SPDX-License-Identifier: Apache-2.0
//
// Fields of JSON objects that agents send: what is missing or of another type is empty. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rollcall::cli {

[[nodiscard]] inline std::string text_in(const nlohmann::ordered_json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace rollcall::cli
