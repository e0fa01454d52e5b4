// SPDX-License-Identifier: Apache-2.0
#include "sim/program/report/stories.h"

#include <algorithm>
#include <cmath>

#include "base/sanitize.h"

namespace rollcall::sim {
namespace {

constexpr std::size_t kMostTexts = 20'000;
constexpr std::size_t kLongestText = 200;

double at_milli(Duration moment) {
    return std::round(std::chrono::duration<double, std::milli>(moment).count()) / 1000;
}

}  // namespace

Stories::Stories(std::size_t members)
    : most_each_{
          std::clamp<std::size_t>(kMostPassages / std::max<std::size_t>(1, members), 12, 200)} {}

Stories::Story& Stories::story(std::uint32_t member) {
    if (stories_.size() <= member) stories_.resize(member + 1);
    return stories_[member];
}

std::int32_t Stories::text(std::string_view words) {
    if (words.empty()) return -1;
    const std::string shown = sanitized(words.substr(0, kLongestText));
    if (const auto place = places_.find(shown); place != places_.end()) return place->second;
    if (texts_.size() >= kMostTexts) return -1;
    const auto place = static_cast<std::int32_t>(texts_.size());
    texts_.push_back(shown);
    places_.emplace(shown, place);
    return place;
}

void Stories::observed(Duration now, StoryKind kind, std::uint32_t about, std::uint32_t observer,
                       std::string_view source) {
    const std::int32_t from = text(source);
    add(now, about, kind, false, observer, from);
    add(now, observer, kind, true, about, from);
}

void Stories::own_event(Duration now, std::uint32_t member, std::string_view words) {
    add(now, member, StoryKind::own, true, member, text(words));
}

void Stories::add(Duration now, std::uint32_t member, StoryKind kind, bool own, std::uint32_t other,
                  std::int32_t words) {
    Story& mine = story(member);
    std::int32_t& open = mine.open[own ? 1 : 0][static_cast<std::size_t>(kind)];
    Passage* passage = open > 0 ? &mine.passages[static_cast<std::size_t>(open - 1)] : nullptr;
    if (passage == nullptr || now - passage->last > kGap) {
        if (mine.passages.size() >= most_each_ || passages_ >= kMostPassages) {
            open = 0;
            ++mine.left_out;
            return;
        }
        ++passages_;
        mine.passages.push_back({.first = now, .kind = kind, .own = own, .entries = {}});
        open = static_cast<std::int32_t>(mine.passages.size());
        passage = &mine.passages.back();
    }
    passage->last = now;
    passage->last_other = other;
    ++passage->count;
    if (passage->entries.size() < kMostEntries) passage->entries.push_back({now, other, words});
}

void Stories::stepped(Duration now, std::uint32_t member, std::size_t step) {
    Story& mine = story(member);
    mine.open = {};
    if (mine.passages.size() >= most_each_ || passages_ >= kMostPassages) {
        ++mine.left_out;
        return;
    }
    ++passages_;
    mine.passages.push_back(
        {.first = now, .last = now, .step = static_cast<std::int32_t>(step), .entries = {}});
}

void Stories::all_stepped() {
    for (Story& story : stories_) story.open = {};
}

nlohmann::json Stories::to_json() const {
    nlohmann::json members = nlohmann::json::array(), left_out = members;
    for (const Story& story : stories_) {
        nlohmann::json passages = nlohmann::json::array();
        for (const Passage& p : story.passages) {
            if (p.step >= 0) {
                passages.push_back({at_milli(p.first), -1, p.step});
                continue;
            }
            nlohmann::json entries = nlohmann::json::array();
            for (const Entry& v : p.entries) entries.push_back({at_milli(v.at), v.other, v.text});
            passages.push_back({at_milli(p.first), static_cast<int>(p.kind), p.own ? 1 : 0, p.count,
                                std::move(entries),
                                nlohmann::json::array({at_milli(p.last), p.last_other})});
        }
        members.push_back(std::move(passages));
        left_out.push_back(story.left_out);
    }
    return {{"texts", texts_}, {"members", std::move(members)}, {"left_out", std::move(left_out)}};
}

}  // namespace rollcall::sim
