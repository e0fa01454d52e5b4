// SPDX-License-Identifier: Apache-2.0
#include "agent/config/allowed.h"

#include <algorithm>

#include "base/duration_text.h"

namespace rollcall::agent {
namespace {

std::string or_zero(std::string_view zero) {
    return zero.empty() ? std::string{} : "0 (" + std::string{zero} + ") or ";
}

struct Markdown {
    std::string operator()(const Form& form) const {
        std::string text{form.text};
        const std::size_t at = text.find("{}");
        if (at != std::string::npos) text.replace(at, 2, std::to_string(form.limit));
        return text;
    }
    std::string operator()(const DurationRange& range) const {
        const std::string most =
            range.most_is.empty() ? duration_text(range.most) : std::string{range.most_is};
        if (range.least == Duration::zero()) {
            return (range.zero.empty() ? "up to " : or_zero(range.zero) + "up to ") + most;
        }
        std::string text = or_zero(range.zero) + duration_text(range.least) + " to " + most;
        if (range.raises) text += "; a shorter one counts as " + duration_text(range.least);
        return text;
    }
    std::string operator()(const NumberRange& range) const {
        const bool open = range.most == std::numeric_limits<unsigned>::max();
        return or_zero(range.zero) + std::to_string(range.least) +
               (open ? " or more" : " to " + std::to_string(range.most)) +
               std::string{range.besides};
    }
    std::string operator()(const ByteRange& range) const {
        const std::string most = std::to_string(range.most) + " bytes";
        return (range.least == 0 ? "up to " : std::to_string(range.least) + " to ") + most +
               std::string{range.besides};
    }
    std::string operator()(const OneOf& one) const {
        std::string text;
        for (const std::string_view word : one.words) {
            if (!text.empty()) text += word == one.words.back() ? " or " : ", ";
            text += '`' + std::string{word} + '`';
        }
        return text;
    }
};

}  // namespace

std::string in_markdown(const Allowed& allowed) {
    return std::visit(Markdown{}, allowed);
}

std::string in_text(const Allowed& allowed) {
    std::string text = in_markdown(allowed);
    std::erase(text, '`');
    return text;
}

bool is_in(const DurationRange& range, Duration value) {
    if (value == Duration::zero() && !range.zero.empty()) return true;
    if (value < range.least && !(range.raises && value >= Duration::zero())) return false;
    return !range.most_is.empty() || value <= range.most;
}

bool is_in(const NumberRange& range, unsigned value) {
    if (value == 0 && !range.zero.empty()) return true;
    return value >= range.least && value <= range.most;
}

bool is_in(const ByteRange& range, std::string_view value) {
    return value.size() >= range.least && value.size() <= range.most;
}

bool is_in(const OneOf& one, std::string_view value) {
    return std::ranges::find(one.words, value) != one.words.end();
}

}  // namespace rollcall::agent
