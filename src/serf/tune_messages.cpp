// SPDX-License-Identifier: Apache-2.0
#include "serf/tune_messages.h"

#include <algorithm>
#include <array>

#include "base/duration_text.h"
#include "base/parse_duration.h"

namespace rollcall::serf {
namespace {

using Verb = TuneRequest::Verb;

constexpr std::array<std::string_view, 5> kVerbs{"show", "prepare", "apply", "confirm", "revert"};
constexpr std::size_t kMostTuneWords = 64;
constexpr std::size_t kLongestReason = 300;
constexpr std::size_t kMostTuneLines = 64;

std::vector<std::string_view> tune_words(std::string_view text) {
    std::vector<std::string_view> words;
    while (words.size() <= kMostTuneWords) {
        const std::size_t from = text.find_first_not_of(' ');
        if (from == std::string_view::npos) break;
        const std::size_t to = std::min(text.find(' ', from), text.size());
        words.push_back(text.substr(from, to - from));
        text.remove_prefix(to);
    }
    return words;
}

bool is_tune_id(std::string_view id) {
    return !id.empty() && id.size() <= kLongestTuneId && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    });
}

// One line that cannot break the lines around it.
std::string one_line(std::string_view text) {
    std::string line{text.substr(0, kLongestReason)};
    std::ranges::replace_if(
        line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
    return line;
}

}  // namespace

std::string_view to_string(Verb verb) {
    return kVerbs[static_cast<std::size_t>(verb)];
}

std::string encode_tune_request(const TuneRequest& request) {
    std::string text{to_string(request.verb)};
    if (!request.id.empty()) text += " " + request.id;
    if (request.verb != Verb::prepare) return text;
    text += " " + duration_text(request.revert_after);
    for (const auto& [key, value] : request.values) text += " " + key + "=" + value;
    return text;
}

Result<TuneRequest, std::string> decode_tune_request(std::string_view text) {
    const std::vector<std::string_view> words = tune_words(text);
    if (words.size() > kMostTuneWords) return std::string{"the request is too long"};
    const auto* const verb =
        words.empty() ? kVerbs.end() : std::ranges::find(kVerbs, words.front());
    if (verb == kVerbs.end()) return std::string{"the request is unknown; it may be newer"};
    TuneRequest request{.verb = static_cast<Verb>(verb - kVerbs.begin())};
    if (request.verb == Verb::show) return request;
    if (words.size() < 2) return std::string{"the request has no id"};
    request.id = words[1];
    if (!is_tune_id(request.id)) {
        return "id: not allowed; allowed: 1 to " + std::to_string(kLongestTuneId) +
               " letters, digits and '-'";
    }
    if (request.verb != Verb::prepare) return request;
    if (words.size() < 4) return std::string{"nothing to change is given"};
    const auto revert_after = parse_duration(words[2]);
    if (!revert_after || *revert_after < kShortestRevertAfter ||
        *revert_after > kLongestRevertAfter) {
        return "revert_after: '" + std::string{words[2].substr(0, 40)} +
               "' is not allowed; allowed: " + duration_text(kShortestRevertAfter) + " to " +
               duration_text(kLongestRevertAfter);
    }
    request.revert_after = *revert_after;
    for (std::size_t i = 3; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        if (equals == std::string_view::npos || equals == 0) {
            return "'" + std::string{words[i].substr(0, 40)} + "' is not KEY=VALUE";
        }
        const std::string_view key = words[i].substr(0, equals);
        if (std::ranges::any_of(request.values,
                                [&](const TuneValue& v) { return v.first == key; })) {
            return "'" + std::string{key.substr(0, 40)} + "' is given twice";
        }
        request.values.emplace_back(key, words[i].substr(equals + 1));
    }
    return request;
}

std::string encode_tune_answer(const TuneAnswer& answer, std::size_t room) {
    std::string text = answer.accepted ? "tune: yes\n" : "tune: no\n";
    const auto add = [&](std::string_view key, std::string_view value) {
        const std::string line = std::string{key} + ": " + one_line(value) + "\n";
        if (text.size() + line.size() <= room) text += line;
    };
    add("fingerprint", answer.fingerprint);
    add("state", answer.state);
    if (!answer.id.empty()) add("id", answer.id);
    if (answer.left > Duration{}) add("left", duration_text(answer.left));
    if (!answer.reason.empty()) add("reason", answer.reason);
    if (!answer.note.empty()) add("note", answer.note);
    for (const TuneChange& c : answer.changes) {
        add("change", c.key + " " + c.before + " " + c.after);
    }
    for (const auto& [key, value] : answer.values) add("value", key + " " + value);
    return text;
}

std::optional<TuneAnswer> decode_tune_answer(std::string_view text) {
    TuneAnswer answer;
    bool known = false;
    for (std::size_t lines = 0; !text.empty() && lines < kMostTuneLines; ++lines) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) continue;
        const std::string_view key = line.substr(0, colon), value = line.substr(colon + 2);
        if (key == "tune") {
            known = true;
            answer.accepted = value == "yes";
        } else if (key == "fingerprint") {
            answer.fingerprint = value;
        } else if (key == "state") {
            answer.state = value;
        } else if (key == "id") {
            answer.id = value;
        } else if (key == "reason") {
            answer.reason = value;
        } else if (key == "note") {
            answer.note = value;
        } else if (key == "left") {
            if (const auto left = parse_duration(value)) answer.left = *left;
        } else if (key == "change") {
            const auto words = tune_words(value);
            if (words.size() == 3) {
                answer.changes.push_back(
                    {std::string{words[0]}, std::string{words[1]}, std::string{words[2]}});
            }
        } else if (key == "value") {
            const auto words = tune_words(value);
            if (words.size() == 2) answer.values.emplace_back(words[0], words[1]);
        }
    }
    if (!known) return {};
    return answer;
}

}  // namespace rollcall::serf
