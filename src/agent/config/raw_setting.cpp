// SPDX-License-Identifier: Apache-2.0
#include "agent/config/raw_setting.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <utility>

#include "base/parse_duration.h"
#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

constexpr std::array<std::string_view, 6> kOn{"true", "1", "t", "T", "TRUE", "True"};
constexpr std::array<std::string_view, 6> kOff{"false", "0", "f", "F", "FALSE", "False"};
constexpr std::size_t kLongestShown = 200;  // bytes of a wrong value in an error

// Parses one text into its member. The error says what is allowed.
struct Put {
    AgentConfig& config;
    const std::string& text;
    using Problem = std::optional<std::string>;

    Problem operator()(std::string AgentConfig::*into) const {
        config.*into = text;
        return {};
    }
    Problem operator()(std::vector<std::string> AgentConfig::*into) const {
        (config.*into).push_back(text);
        return {};
    }
    Problem operator()(WholeList into) const {
        std::vector<std::string> items = split_list(text, ',');
        if (items.empty()) return "one or several, separated by commas";
        std::ranges::move(items, std::back_inserter(config.*into.list));
        return {};
    }
    Problem operator()(serf::Tags AgentConfig::*into) const {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) return "KEY=VALUE with a key";
        (config.*into)[text.substr(0, equals)] = text.substr(equals + 1);
        return {};
    }
    Problem operator()(bool AgentConfig::*into) const { return truth(config.*into); }
    Problem operator()(Duration AgentConfig::*into) const { return duration(config.*into); }
    Problem operator()(unsigned AgentConfig::*into) const { return number(config.*into); }
    Problem operator()(OfProfile<Duration> timing) const { return duration(config.*timing.given); }
    Problem operator()(OfProfile<unsigned> timing) const { return number(config.*timing.given); }
    Problem operator()(OfProfile<bool> timing) const { return truth(config.*timing.given); }

private:
    template <class Target>
    Problem truth(Target& into) const {
        const bool on = std::ranges::find(kOn, text) != kOn.end();
        if (!on && std::ranges::find(kOff, text) == kOff.end()) return std::string{kTrueOrFalse};
        into = on;
        return {};
    }
    template <class Target>
    Problem duration(Target& into) const {
        const auto parsed = parse_duration(text);
        // The error of parse_duration() repeats the value, which refusal() shows already.
        if (!parsed) {
            const std::string& why = parsed.error();
            constexpr std::string_view kBefore = " is not a duration ";
            const std::size_t from = why.rfind(kBefore) + kBefore.size(), to = why.rfind(");");
            return "a duration like 30s, 1m30s or 500ms " + why.substr(from, to + 1 - from);
        }
        into = *parsed;
        return {};
    }
    template <class Target>
    Problem number(Target& into) const {
        unsigned value = 0;
        const char* const end = text.data() + text.size();
        if (const auto [at, error] = std::from_chars(text.data(), end, value);
            error != std::errc{} || at != end) {
            return whole_number();
        }
        into = value;
        return {};
    }
};

// "0", "000", "0s"
bool is_zero(const std::string& text) {
    if (text.empty()) return false;
    if (std::ranges::all_of(text, [](char c) { return c == '0'; })) return true;
    const auto duration = parse_duration(text);
    return duration && *duration == Duration::zero();
}

}  // namespace

std::string whole_number() {
    return "a whole number from 0 to " + std::to_string(std::numeric_limits<unsigned>::max());
}

std::string refusal(std::string_view place, std::string_view value, std::string_view allowed) {
    std::string shown = sanitized(value.substr(0, kLongestShown));
    if (value.size() > kLongestShown) shown += "...";
    return std::string{place} + ": '" + shown +
           "' is not allowed; allowed: " + std::string{allowed};
}

std::vector<std::string> apply(const RawSetting& given, AgentConfig& config, Origins& origins) {
    std::vector<std::string> mistakes;
    const Setting& setting = *given.setting;
    AgentConfig changed = config;
    if (const auto* whole = std::get_if<WholeList>(&setting.target)) (changed.*whole->list).clear();
    bool any = false;
    for (const std::string& text : given.texts) {
        if (text.empty()) {
            if (setting.more.secret) {
                mistakes.push_back(refusal(
                    given.place, "", in_text(setting.allowed) + "; leave it out to have none"));
                continue;
            }
            if (!adds_up(setting)) continue;
        }
        if (setting.more.zero_is_unset && is_zero(text)) continue;
        if (text.find('\0') != std::string::npos) {
            mistakes.push_back(refusal(given.place, text, "text without zero bytes"));
            continue;
        }
        if (const auto allowed = std::visit(Put{changed, text}, setting.target)) {
            mistakes.push_back(
                refusal(given.place, setting.more.secret ? "(a secret)" : text, *allowed));
            continue;
        }
        any = true;
    }
    if (!mistakes.empty() || !any) return mistakes;
    config = std::move(changed);
    auto& places = origins[&setting];
    if (!adds_up(setting)) places.clear();
    places.push_back(given.place);
    return {};
}

std::vector<std::string> split_list(std::string_view text, char separator) {
    std::vector<std::string> items;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        if (end > at) items.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return items;
}

}  // namespace rollcall::agent
