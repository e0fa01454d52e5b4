// SPDX-License-Identifier: Apache-2.0
#include "serf/snapshot_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "serf/messages.h"

namespace rollcall::serf {
namespace {

using Kind = SnapshotLine::Kind;

struct Word {
    std::string_view text;
    Kind kind;
};
// The longer ones first where one begins with another.
constexpr std::array kWords = {
    Word{"alive: ", Kind::alive},
    Word{"not-alive: ", Kind::gone},
    Word{"clock: ", Kind::clock},
    Word{"event-clock: ", Kind::event_clock},
    Word{"query-clock: ", Kind::query_clock},
    Word{"leave", Kind::leave},
    Word{"# failed: ", Kind::failed},
    Word{"# sum: ", Kind::sum},
    Word{"#", Kind::nothing},
    Word{"coordinate: ", Kind::nothing},
};

template <class Number>
std::optional<Number> number_of(std::string_view text, int base) {
    Number value{};
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc{} || rest != end) return {};
    return value;
}

// "NAME ADDRESS": the name is everything before the last space, and may hold spaces itself.
std::optional<SnapshotLine> member_line(Kind kind, std::string_view rest) {
    const std::size_t space = rest.rfind(' ');
    if (space == rest.npos) return {};
    const std::string_view name = rest.substr(0, space);
    const auto endpoint = Endpoint::parse(rest.substr(space + 1));
    if (!endpoint || endpoint->port == 0 || !fits_a_line(name)) return {};
    return SnapshotLine{.kind = kind, .name = name, .endpoint = *endpoint};
}

}  // namespace

bool fits_a_line(std::string_view name) {
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    return !name.empty() && name.size() <= kMaxNodeName && std::ranges::none_of(name, is_control);
}

std::optional<SnapshotLine> SnapshotLine::parse(std::string_view text) {
    if (text.empty()) return SnapshotLine{};
    const auto* word = std::ranges::find_if(
        kWords, [&](const Word& known) { return text.starts_with(known.text); });
    if (word == kWords.end()) return {};
    const std::string_view rest = text.substr(word->text.size());
    switch (word->kind) {
        case Kind::alive:
        case Kind::failed:
            return member_line(word->kind, rest);
        case Kind::gone:
            if (!fits_a_line(rest)) return {};
            return SnapshotLine{.kind = word->kind, .name = rest};
        case Kind::clock:
        case Kind::event_clock:
        case Kind::query_clock: {
            const auto time = number_of<std::uint64_t>(rest, 10);
            if (!time) return {};
            return SnapshotLine{.kind = word->kind, .time = LamportTime{*time}};
        }
        case Kind::leave:
            if (!rest.empty()) return {};
            return SnapshotLine{.kind = word->kind};
        case Kind::sum: {
            const auto sum = number_of<std::uint32_t>(rest, 16);
            if (!sum || rest.size() != 8) return {};
            return SnapshotLine{.kind = word->kind, .sum = *sum};
        }
        case Kind::nothing:
            break;
    }
    return SnapshotLine{};
}

std::string SnapshotLine::to_text() const {
    const auto* word = std::ranges::find(kWords, kind, &Word::kind);
    std::string text{word->text};
    switch (kind) {
        case Kind::alive:
        case Kind::failed:
            text += name;
            text += ' ' + endpoint.to_string();
            break;
        case Kind::gone:
            text += name;
            break;
        case Kind::clock:
        case Kind::event_clock:
        case Kind::query_clock:
            text += std::to_string(time.value());
            break;
        case Kind::sum: {
            constexpr std::string_view kDigits = "0123456789abcdef";
            for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[sum >> shift & 0xf];
            break;
        }
        case Kind::leave:
        case Kind::nothing:
            break;
    }
    return text += '\n';
}

}  // namespace rollcall::serf
