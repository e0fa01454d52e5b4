// SPDX-License-Identifier: Apache-2.0
#include "agent/http/api/call.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "base/sanitize.h"
#include "wire/base64.h"

namespace rollcall::agent::http {
namespace {

constexpr std::size_t kShownOfValue = 128;

std::string range_words(std::uint64_t least, std::uint64_t most) {
    return std::to_string(least) + " to " + std::to_string(most);
}

bool is_json(std::string_view content_type) {
    std::string kind;
    for (const char c : content_type.substr(0, content_type.find(';'))) {
        if (c != ' ' && c != '\t') kind += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return kind == "application/json";
}

// The library copies and prints values by recursion: what is nested deeply is not given to it.
bool is_too_deep(std::string_view text) {
    constexpr int kDeepest = 8;
    int depth = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (in_string) {
            if (c == '\\') ++at;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kDeepest) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

}  // namespace

std::string not_allowed(std::string_view field, std::string_view value, std::string_view allowed) {
    return std::string{field} + ": '" + sanitized_head(value, kShownOfValue) +
           "' is not allowed; allowed: " + std::string{allowed};
}

// --- parameters
// -----------------------------------------------------------------------------------

void Parameters::mistake(std::string text) {
    if (!problem_) problem_ = std::move(text);
}

std::vector<std::string> Parameters::texts(std::string_view name) {
    known_.emplace(name);
    std::vector<std::string> values;
    for (const auto& [key, value] : target_.query) {
        if (key == name) values.push_back(value);
    }
    return values;
}

std::optional<std::string> Parameters::text(std::string_view name) {
    auto values = texts(name);
    if (values.empty()) return {};
    if (values.size() > 1) mistake(not_allowed(name, values[1], "given once"));
    return std::move(values.front());
}

std::optional<std::uint64_t> Parameters::number(std::string_view name, std::uint64_t least,
                                                std::uint64_t most) {
    const auto given = text(name);
    if (!given) return {};
    std::uint64_t value = 0;
    const char* const end = given->data() + given->size();
    const auto [at, error] = std::from_chars(given->data(), end, value);
    if (error != std::errc{} || at != end || value < least || value > most) {
        mistake(not_allowed(name, *given, range_words(least, most)));
        return {};
    }
    return value;
}

std::optional<std::string> Parameters::problem() {
    for (const auto& [key, value] : target_.query) {
        if (known_.contains(key)) continue;
        std::string allowed;
        for (const std::string& name : known_) allowed += (allowed.empty() ? "" : ", ") + name;
        mistake(not_allowed("parameter", key, allowed.empty() ? "none" : allowed));
    }
    return problem_;
}

bool has_problem(const Call& call, Parameters& parameters) {
    const auto problem = parameters.problem();
    if (problem) call.error(400, *problem);
    return problem.has_value();
}

bool has_parameters(const Call& call) {
    Parameters none{call.request->target};
    return has_problem(call, none);
}

// --- fields of a body
// -----------------------------------------------------------------------------

Fields::Fields(const Request& request) : json_{std::make_unique<nlohmann::json>()} {
    *json_ = nlohmann::json::object();
    if (request.body.empty()) return;
    const std::string* const type = request.head.find("content-type");
    if (type != nullptr && !is_json(*type)) {
        status_ = 415;
        mistake(not_allowed("Content-Type", *type, "application/json"));
        return;
    }
    if (is_too_deep(request.body)) {
        mistake("the body is nested too deeply");
        return;
    }
    auto parsed = nlohmann::json::parse(request.body, nullptr, false);
    if (parsed.is_object()) {
        *json_ = std::move(parsed);
    } else {
        mistake("the body is not a JSON object");
    }
}
Fields::~Fields() = default;

void Fields::mistake(std::string text) {
    if (!problem_) problem_ = std::move(text);
}

const nlohmann::json* Fields::find(std::string_view name) {
    known_.emplace(name);
    const auto found = json_->find(name);
    return found == json_->end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> Fields::text(std::string_view name) {
    const nlohmann::json* const value = find(name);
    if (value == nullptr) return {};
    if (!value->is_string()) {
        mistake(not_allowed(name, value->dump(), "a text"));
        return {};
    }
    return value->get<std::string>();
}

std::string Fields::required_text(std::string_view name) {
    auto value = text(name);
    if (!value || value->empty()) mistake(std::string{name} + " is required, a text");
    return std::move(value).value_or("");
}

bool Fields::flag(std::string_view name) {
    const nlohmann::json* const value = find(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) {
        mistake(not_allowed(name, value->dump(), "true or false"));
        return false;
    }
    return value->get<bool>();
}

std::optional<std::uint64_t> Fields::number(std::string_view name, std::uint64_t most) {
    const nlohmann::json* const value = find(name);
    if (value == nullptr) return {};
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > most) {
        mistake(not_allowed(name, value->dump(), range_words(0, most)));
        return {};
    }
    return value->get<std::uint64_t>();
}

std::vector<std::string> Fields::texts(std::string_view name) {
    const nlohmann::json* const value = find(name);
    std::vector<std::string> list;
    if (value == nullptr) return list;
    if (!value->is_array() ||
        !std::ranges::all_of(*value, [](const auto& item) { return item.is_string(); })) {
        mistake(not_allowed(name, value->dump(), "a list of texts"));
        return list;
    }
    for (const auto& item : *value) list.push_back(item.get<std::string>());
    return list;
}

std::map<std::string, std::string> Fields::table(std::string_view name) {
    const nlohmann::json* const value = find(name);
    std::map<std::string, std::string> table;
    if (value == nullptr) return table;
    if (!value->is_object() ||
        !std::ranges::all_of(*value, [](const auto& item) { return item.is_string(); })) {
        mistake(not_allowed(name, value->dump(), "an object of texts"));
        return table;
    }
    for (const auto& [key, item] : value->items()) table.emplace(key, item.get<std::string>());
    return table;
}

std::optional<std::vector<std::byte>> Fields::payload(std::string_view name) {
    const std::string coded_name = std::string{name} + "_base64";
    const auto plain = text(name);
    const auto coded = text(coded_name);
    if (plain && coded) {
        mistake(std::string{name} + " and " + coded_name + " exclude each other");
    }
    if (coded) {
        auto bytes = wire::from_base64(*coded);
        if (!bytes) mistake(not_allowed(coded_name, *coded, "base64 with padding"));
        return bytes;
    }
    if (!plain) return {};
    const Bytes bytes = as_bytes(*plain);
    return std::vector<std::byte>{bytes.begin(), bytes.end()};
}

std::optional<std::string> Fields::problem() {
    for (const auto& [key, value] : json_->items()) {
        if (known_.contains(key)) continue;
        std::string allowed;
        for (const std::string& name : known_) allowed += (allowed.empty() ? "" : ", ") + name;
        mistake(not_allowed("field", key, allowed.empty() ? "none" : allowed));
    }
    return problem_;
}

}  // namespace rollcall::agent::http
