// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics/encryption_figures.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/sanitize.h"

namespace rollcall::agent {
namespace {

using membership::PlainText;

constexpr std::size_t kMostNamedSources = 8;

std::string place_of(const Endpoint& from) {
    return from.port == 0 ? from.address_to_string() : from.to_string();
}

// "": no member is there, or several.
std::string_view member_at(const Endpoint& from, const membership::MemberTable& members) {
    std::string_view name;
    for (const MemberId id : members.ids()) {
        const membership::Member member = *members.find(id);
        const Endpoint home = member.endpoint();
        if (from.port == 0 ? home.ip != from.ip : home != from) continue;
        if (!name.empty()) return {};
        name = member.name();
    }
    return name;
}

// The step that is in effect.
wire::Encryption step_of(const membership::Node& node) {
    return node.keyring().empty() ? wire::Encryption::off : node.encryption();
}

}  // namespace

std::string plain_text_sources(Time now, const membership::Node& node) {
    const std::vector<PlainText::Source> sources = node.plain_text().sources(now);
    std::string text;
    for (const PlainText::Source& source :
         std::span{sources}.first(std::min(sources.size(), kMostNamedSources))) {
        const std::string_view name = member_at(source.from, node.members());
        const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - source.last);
        text += (text.empty() ? "" : ", ") + place_of(source.from) +
                (name.empty() ? "" : " (" + sanitized(name) + ')') + ' ' +
                std::to_string(ago.count()) + "s ago";
    }
    if (sources.size() > kMostNamedSources) {
        text += " and " + std::to_string(sources.size() - kMostNamedSources) + " more";
    }
    return text;
}

rpc::StringMap encryption_section(Time now, const membership::Node& node) {
    return {{"step", std::string{to_string(step_of(node))}},
            {"plain_text_5m", std::to_string(node.plain_text().recent(now))},
            {"plain_text", std::to_string(node.plain_text().total())},
            {"plain_text_from", plain_text_sources(now, node)}};
}

void add_encryption_metrics(Time now, const membership::Node& node, Families& families) {
    families.gauge("rollcall_encryption_step",
                   "What is done with the keys: 0 off, 1 accept, 2 send, 3 require.",
                   static_cast<double>(step_of(node)));
    families.counter("rollcall_plain_text_total",
                     "Datagrams and streams accepted in plain text though keys are used.",
                     static_cast<double>(node.plain_text().total()));
    families.gauge("rollcall_plain_text_recent", "Of them, those of the last five minutes.",
                   static_cast<double>(node.plain_text().recent(now)));
    for (const PlainText::Source& source : node.plain_text().sources(now)) {
        families.gauge("rollcall_plain_text_source_age_seconds",
                       "Since when this source of the last five minutes has sent no plain text.",
                       in_seconds(now - source.last), {{"source", place_of(source.from)}});
    }
}

}  // namespace rollcall::agent
