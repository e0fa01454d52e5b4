// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/member_series.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "agent/http/answer.h"
#include "agent/http/budget.h"
#include "agent/metrics/families.h"
#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

struct SeriesFamily {
    std::string_view name, help;
};
constexpr SeriesFamily kUpFamily{"rollcall_member_up",
                                 "1 for a member that is alive or suspect, 0 otherwise."};
constexpr SeriesFamily kRttFamily{
    "rollcall_member_rtt_seconds",
    "Duration of the last probe of the member by this agent that was acked."};
constexpr SeriesFamily kAckAgeFamily{"rollcall_member_last_ack_age_seconds",
                                     "Time since that ack."};
constexpr std::array kSeriesFamilies{kUpFamily, kRttFamily, kAckAgeFamily};
constexpr SeriesFamily kOmittedFamily{
    "rollcall_member_series_omitted",
    "Members without series of their own: beyond 10000, or with a name that "
    "cannot be a label."};

void add_family_head(const SeriesFamily& family, std::string& text) {
    for (const auto& [word, value] :
         {std::pair{"# HELP ", family.help}, std::pair{"# TYPE ", std::string_view{"gauge"}}}) {
        text += word;
        text += family.name;
        text += ' ';
        text += value;
        text += '\n';
    }
}

void add_number(double number, std::string& text) {
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number);
    text.append(digits.data(), end);
}

// Of a label value. Control characters do not occur: see usable_as_label().
void add_escaped(std::string_view value, std::string& text) {
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        text += c;
    }
}

bool usable_as_label(const std::string& name) {
    const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
    return std::ranges::all_of(name, plain) || sanitized(name) == name;
}

}  // namespace

MemberSeries::MemberSeries(Time now, const serf::Serf& core, const Sightings& sightings,
                           const MemberNames& names)
    : now_{now}, core_{core}, sightings_{sightings}, names_{names} {}

std::optional<std::string> MemberSeries::next() {
    if (family_ > kSeriesFamilies.size()) return {};
    std::string text;
    if (family_ == kSeriesFamilies.size()) {
        add_family_head(kOmittedFamily, text);
        text += kOmittedFamily.name;
        text += ' ';
        add_number(static_cast<double>(omitted_), text);
        text += '\n';
        ++family_;
        return text;
    }
    text.reserve(http::kSlice + 1024);
    const http::Budget step{http::kStep};
    if (looked_ == 0) add_family_head(kSeriesFamilies[family_], text);
    while (const std::string* const member = next_member()) {
        add_member(*member, text);
        if (text.size() >= http::kSlice || !step.left()) return text;
    }
    end_family();
    return text;
}

const std::string* MemberSeries::next_member() const {
    return looked_ < kMost ? names_.after(looked_at_) : nullptr;
}

void MemberSeries::add_member(const std::string& member, std::string& text) {
    if (usable_as_label(member)) {
        add_line(member, text);
    } else if (family_ == 0) {
        ++omitted_;
    }
    looked_at_ = member;
    ++looked_;
}

void MemberSeries::end_family() {
    if (family_ == 0 && looked_ < names_.size()) omitted_ += names_.size() - looked_;
    ++family_;
    looked_at_.clear();
    looked_ = 0;
}

void MemberSeries::add_line(const std::string& member, std::string& text) const {
    const auto value = value_of(member);
    if (!value) return;
    text += kSeriesFamilies[family_].name;
    text += "{member=\"";
    add_escaped(member, text);
    text += "\"} ";
    add_number(*value, text);
    text += '\n';
}

std::optional<double> MemberSeries::value_of(const std::string& member) const {
    const membership::MemberTable& table = core_.node().members();
    const auto id = table.id_of(member);
    const std::string_view family = kSeriesFamilies[family_].name;
    // Membership forgets a failed member after half a minute; Serf keeps it for a day.
    if (family == kUpFamily.name) return id && table.find(*id)->is_live() ? 1 : 0;
    if (!id) return {};
    const auto ack = sightings_.last_ack(*id);
    if (!ack) return {};
    return in_seconds(family == kRttFamily.name ? ack->rtt : now_ - ack->at);
}

}  // namespace rollcall::agent
