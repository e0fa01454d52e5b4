// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/view_answers.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/version.h"
#include "serf/view_checksum.h"
#include "wire/key_text.h"

namespace rollcall::agent {
namespace {

using ViewJson = nlohmann::ordered_json;

constexpr Duration kRemade = std::chrono::seconds{1};
constexpr std::size_t kEnvelope = 96;  // of an encoded answer, without its sender's name
constexpr std::size_t kNameCost = 1;   // the comma
constexpr std::size_t kFrame = 96;     // of the JSON around the names

std::string dumped_view(const ViewJson& json) {
    return json.dump(-1, ' ', true, ViewJson::error_handler_t::replace);
}

template <class Span>
std::int64_t milliseconds_of(Span span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

// The next word as a number; nullopt if it is none.
std::optional<std::uint64_t> take_view_number(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    return number;
}

// As in the question, so that an answer cannot be taken for that to another.
std::string part_text(unsigned bits, std::uint64_t prefix) {
    return std::to_string(bits) + ' ' + std::to_string(prefix);
}

std::uint64_t first_of(unsigned bits, std::uint64_t prefix) {
    return bits == 0 ? 0 : prefix << (64 - bits);
}

}  // namespace

std::optional<std::string> ViewAnswers::answer(Bytes question) {
    std::string_view text = as_text(question);
    if (text.empty()) return summary(false);
    if (text == "timings") return summary(true);
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    const std::string_view verb = text.substr(0, space);
    text.remove_prefix(space + 1);
    const auto bits = take_view_number(text);
    const auto prefix = bits ? take_view_number(text) : bits;
    if (!prefix || !text.empty() || *bits > kMostBits || (*prefix >> *bits) != 0) return {};
    if (parts_.core.stats().members > kMostMembers) return {};
    if (verb == "parts") return parts_of(static_cast<unsigned>(*bits), *prefix);
    if (verb == "names") return names_of(static_cast<unsigned>(*bits), *prefix);
    return {};
}

std::string ViewAnswers::summary(bool with_timings) const {
    const serf::Stats stats = parts_.core.stats();
    const membership::Node& node = parts_.core.node();
    const serf::TuningView tuning = parts_.core.tuning();
    ViewJson json{
        {"view", serf::checksum_text(stats.view_checksum)},
        {"up", stats.alive + stats.leaving},
        {"alive", stats.alive},
        {"leaving", stats.leaving},
        {"left", stats.left},
        {"failed", stats.failed},
        {"version", kVersionNumber},
        {"profile", parts_.profile},
        {"timings", tuning.fingerprint},
        {"key", node.keyring().empty() ? "" : wire::key_fingerprint(node.keyring().primary())},
        {"time_ms", milliseconds_of(std::chrono::system_clock::now().time_since_epoch())}};
    if (tuning.state != serf::TuningState::current) {
        json["tuning"] = {{"state", to_string(tuning.state)}, {"id", tuning.id}};
        if (tuning.until) json["tuning"]["left_ms"] = milliseconds_of(*tuning.until - parts_.now());
    }
    if (with_timings) json["values"] = timings_of(node.config());
    return dumped_view(json);
}

std::string ViewAnswers::parts_of(unsigned bits, std::uint64_t prefix) {
    refresh();
    ViewJson parts = ViewJson::array();
    for (std::uint64_t part = 0; part < (1u << kPartBits); ++part) {
        const auto [first, last] = range(bits + kPartBits, prefix << kPartBits | part);
        std::uint64_t sum = 0;
        for (auto entry = first; entry != last; ++entry) sum += entry->hash;
        parts.push_back({serf::checksum_text(sum), last - first});
    }
    return dumped_view({{"view", serf::checksum_text(checksum_)},
                        {"at", part_text(bits, prefix)},
                        {"parts", parts}});
}

std::string ViewAnswers::names_of(unsigned bits, std::uint64_t prefix) {
    refresh();
    const auto [first, last] = range(bits, prefix);
    ViewJson json{{"view", serf::checksum_text(checksum_)},
                  {"at", part_text(bits, prefix)},
                  {"more", 0},
                  {"names", ViewJson::array()}};
    std::size_t left = room();
    auto entry = first;
    for (; entry != last; ++entry) {
        // As JSON writes it: names of other programs may have any bytes.
        const std::size_t size = dumped_view(entry->name).size() + kNameCost;
        if (size > left) break;
        left -= size;
        json["names"].push_back(entry->name);
    }
    json["more"] = last - entry;
    return dumped_view(json);
}

std::size_t ViewAnswers::room() const {
    const std::size_t used = kEnvelope + parts_.core.node().config().name.size() + kFrame;
    return parts_.longest > used ? parts_.longest - used : 0;
}

std::pair<ViewAnswers::Entries::const_iterator, ViewAnswers::Entries::const_iterator>
ViewAnswers::range(unsigned bits, std::uint64_t prefix) const {
    const std::uint64_t low = first_of(bits, prefix);
    const std::uint64_t high = bits == 0 ? ~std::uint64_t{0} : low | (~std::uint64_t{0} >> bits);
    const auto first = std::ranges::lower_bound(entries_, low, {}, &Entry::hash);
    const auto last = std::ranges::upper_bound(entries_, high, {}, &Entry::hash);
    return {first, last};
}

void ViewAnswers::refresh() {
    if (made_ && checksum_ == parts_.core.stats().view_checksum) return;
    const Time now = parts_.now();
    if (made_ && now < *made_ + kRemade) return;
    made_ = now;
    entries_.clear();
    checksum_ = 0;
    for (std::string& name : parts_.core.names_up()) {
        entries_.push_back({serf::view_hash(name), std::move(name)});
        checksum_ += entries_.back().hash;
    }
    std::ranges::sort(entries_, {}, &Entry::hash);
}

}  // namespace rollcall::agent
