// SPDX-License-Identifier: Apache-2.0
#include "cli/reachability.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/sanitize.h"

namespace rollcall::cli {
namespace {

std::string listed(std::string_view headline, const std::set<std::string>& names) {
    if (names.empty()) return {};
    std::string text{headline};
    text += '\n';
    for (const std::string& name : names) text += '\t' + sanitized(name) + '\n';
    return text;
}

constexpr std::string_view kLossTips =
    "First try again: a query is gossiped, and one in a few hundred misses a member. If the same "
    "members are missing again, check whether UDP packets pass in both directions (a firewall, "
    "NAT, "
    "or a wrong --advertise), and whether they have the cluster's keys ('rollcall keys list "
    "--table').\n";
constexpr std::string_view kUnexpectedTips =
    "Members answered that are not listed as alive: this agent's list is out of date, or packets "
    "are lost in one direction. Compare 'rollcall members' on both sides.\n";
constexpr std::string_view kDuplicateTips =
    "More than one ack from the same name: two agents use it. Give each its own name (--node).\n";

}  // namespace

Reachability::Reachability(std::span<const agent::rpc::Member> members) : members_{members.size()} {
    for (const auto& member : members) {
        if (member.status == "alive") live_.insert(member.name);
    }
}

void Reachability::add_ack(const std::string& from) {
    ++acks_[from];
}

bool Reachability::all_well() const {
    return missing().empty() && unexpected().empty() && duplicate().empty();
}

std::set<std::string> Reachability::missing() const {
    std::set<std::string> names;
    for (const std::string& name : live_) {
        if (!acks_.contains(name)) names.insert(name);
    }
    return names;
}

std::set<std::string> Reachability::unexpected() const {
    std::set<std::string> names;
    for (const auto& [name, count] : acks_) {
        if (!live_.contains(name)) names.insert(name);
    }
    return names;
}

std::set<std::string> Reachability::duplicate() const {
    std::set<std::string> names;
    for (const auto& [name, count] : acks_) {
        if (count > 1) names.insert(name);
    }
    return names;
}

std::string Reachability::opening() const {
    return "Total members: " + std::to_string(members_) +
           ", live members: " + std::to_string(live_.size()) + "\nStarting reachability test...\n";
}

std::string Reachability::verdict() const {
    if (all_well()) return "Successfully contacted all live nodes\n";
    std::string text = listed("Missing acks from:", missing()) +
                       listed("Acks from members that are not alive:", unexpected()) +
                       listed("Several acks from:", duplicate()) + '\n';
    if (!missing().empty()) text += kLossTips;
    if (!unexpected().empty()) text += kUnexpectedTips;
    if (!duplicate().empty()) text += kDuplicateTips;
    return text;
}

std::string Reachability::as_json() const {
    nlohmann::ordered_json json{{"members", members_},        {"live", live_.size()},
                                {"acks", acks_.size()},       {"missing", missing()},
                                {"unexpected", unexpected()}, {"duplicate", duplicate()},
                                {"all_reached", all_well()}};
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string timing_text(std::chrono::duration<double> all, std::chrono::duration<double> last) {
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(),
                  "Query time: %.2f sec, time to last response: %.2f sec\n", all.count(),
                  last.count());
    return text.data();
}

}  // namespace rollcall::cli
