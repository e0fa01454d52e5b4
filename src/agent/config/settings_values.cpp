// SPDX-License-Identifier: Apache-2.0
//
// Setting values as text, and their range checks.
#include <algorithm>
#include <utility>

#include "agent/config/settings_table.h"
#include "base/duration_text.h"
#include "base/joined.h"

namespace rollcall::agent {
namespace {

using A = AgentConfig;

std::vector<std::string> one(std::string text) {
    if (text.empty()) return {};
    return {std::move(text)};
}

std::string value_text(bool on) {
    return on ? "true" : "false";
}
std::string value_text(Duration duration) {
    return duration_text(duration);
}
std::string value_text(unsigned number) {
    return std::to_string(number);
}

struct AsText {
    const AgentConfig& config;

    std::vector<std::string> operator()(std::string A::*text) const { return one(config.*text); }
    std::vector<std::string> operator()(std::vector<std::string> A::*list) const {
        return config.*list;
    }
    std::vector<std::string> operator()(WholeList whole) const { return config.*whole.list; }
    std::vector<std::string> operator()(serf::Tags A::*tags) const {
        std::vector<std::string> texts;
        for (const auto& [key, value] : config.*tags) {
            std::string& text = texts.emplace_back(key);
            text += '=';
            text += value;
        }
        return texts;
    }
    std::vector<std::string> operator()(bool A::*on) const { return {value_text(config.*on)}; }
    std::vector<std::string> operator()(Duration A::*duration) const {
        return {value_text(config.*duration)};
    }
    std::vector<std::string> operator()(unsigned A::*number) const {
        return {value_text(config.*number)};
    }
    template <class T>
    std::vector<std::string> operator()(OfProfile<T> timing) const {
        const std::optional<T>& given = config.*timing.given;
        return given ? one(value_text(*given)) : one({});
    }
};

// Whether the value is in range. An empty text counts as not given; lists and forms are checked by
// their parsers.
struct Fits {
    const Allowed& allowed;
    const AgentConfig& config;

    bool operator()(std::string A::*text) const {
        const std::string& value = config.*text;
        if (value.empty()) return true;
        if (const auto* bytes = std::get_if<ByteRange>(&allowed)) return is_in(*bytes, value);
        if (const auto* one = std::get_if<OneOf>(&allowed)) return is_in(*one, value);
        return true;
    }
    bool operator()(Duration A::*duration) const { return in(config.*duration); }
    bool operator()(unsigned A::*number) const { return in(config.*number); }
    bool operator()(OfProfile<Duration> timing) const {
        const auto& given = config.*timing.given;
        return !given || in(*given);
    }
    bool operator()(OfProfile<unsigned> timing) const {
        const auto& given = config.*timing.given;
        return !given || in(*given);
    }
    bool operator()(const auto&) const { return true; }

private:
    [[nodiscard]] bool in(Duration value) const {
        return is_in(std::get<DurationRange>(allowed), value);
    }
    [[nodiscard]] bool in(unsigned value) const {
        return is_in(std::get<NumberRange>(allowed), value);
    }
};

}  // namespace

bool of_profile(const Setting& setting) {
    return std::holds_alternative<OfProfile<Duration>>(setting.target) ||
           std::holds_alternative<OfProfile<unsigned>>(setting.target) ||
           std::holds_alternative<OfProfile<bool>>(setting.target);
}

bool is_switch(const Setting& setting) {
    return std::holds_alternative<bool A::*>(setting.target) ||
           std::holds_alternative<OfProfile<bool>>(setting.target);
}

bool adds_up(const Setting& setting) {
    return std::holds_alternative<std::vector<std::string> A::*>(setting.target) ||
           std::holds_alternative<serf::Tags A::*>(setting.target);
}

bool is_list(const Setting& setting) {
    return adds_up(setting) || std::holds_alternative<WholeList>(setting.target);
}

std::vector<std::string> value_of(const Setting& setting, const AgentConfig& config) {
    return std::visit(AsText{config}, setting.target);
}

std::string default_of(const Setting& setting) {
    if (!setting.more.default_words.empty()) return std::string{setting.more.default_words};
    if (of_profile(setting)) {
        return "the profile's";
    }
    const AgentConfig untouched;
    const std::string text = joined(value_of(setting, untouched));
    if (std::holds_alternative<bool A::*>(setting.target)) return text == "true" ? "on" : "off";
    return text.empty() ? "none" : text;
}

std::string placeholder_of(const Setting& setting) {
    const auto* const one = std::get_if<OneOf>(&setting.allowed);
    if (one == nullptr) return std::string{setting.placeholder};
    std::string text;
    for (const std::string_view word : one->words) {
        if (!text.empty()) text += '|';
        text += word;
    }
    return text;
}

std::optional<ConfigError> out_of_range(const Setting& setting, const AgentConfig& config) {
    if (!std::visit(Fits{setting.allowed, config}, setting.target)) {
        const std::string value = joined(value_of(setting, config));
        ConfigError error{field_of(setting), value, in_text(setting.allowed)};
        if (setting.more.secret) {
            error.value.clear();
            error.problem = "the value has " + std::to_string(value.size()) + " bytes";
        }
        return error;
    }
    return {};
}

}  // namespace rollcall::agent
