// SPDX-License-Identifier: Apache-2.0
//
// The members as targets of Prometheus (its HTTP service discovery).
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/http/api/filters.h"
#include "agent/http/api/json_text.h"
#include "agent/http/api/member_list.h"
#include "agent/http/api/routes.h"

namespace rollcall::agent::http {
namespace {

constexpr std::uint64_t kMostPort = 65535;

std::optional<std::uint16_t> port_of_tag(const serf::Tags& tags, const std::string& key) {
    const auto found = tags.find(key);
    if (found == tags.end()) return {};
    std::uint16_t port = 0;
    const char* const end = found->second.data() + found->second.size();
    const auto [at, error] = std::from_chars(found->second.data(), end, port);
    if (error != std::errc{} || at != end || port == 0) return {};
    return port;
}

// A label's name may have letters, digits and underscores.
std::string label_of_tag(const std::string& key) {
    std::string label = "__meta_rollcall_tag_";
    for (const char c : key) {
        const bool allowed =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        label += allowed ? c : '_';
    }
    return label;
}

// "" for a member without an address or without the port that is asked for.
std::string target_group(const serf::MemberRecord& member, const std::string& port_tag,
                         std::uint16_t default_port) {
    const auto port =
        port_tag.empty() ? std::optional{default_port} : port_of_tag(member.tags, port_tag);
    if (!port) return {};
    const auto at = Endpoint::from_wire(member.address, *port);
    if (!at) return {};
    nlohmann::ordered_json labels{{"__meta_rollcall_name", member.name},
                                  {"__meta_rollcall_status", to_string(member.status)}};
    for (const auto& [key, value] : member.tags) labels.emplace(label_of_tag(key), value);
    return json_text(
        nlohmann::ordered_json{{"targets", {at->to_string()}}, {"labels", std::move(labels)}});
}

}  // namespace

void get_targets(const Call& call) {
    Parameters parameters{call.request->target};
    auto filters = std::make_shared<const Filters>(Filters::of_tags(parameters));
    const std::string port_tag = parameters.text("port-tag").value_or("");
    const auto given = parameters.number("port", 1, kMostPort);
    const auto port = given ? static_cast<std::uint16_t>(*given) : call.request->port;
    if (port == 0 && port_tag.empty()) {
        parameters.mistake("port: needed, since this client is connected by a Unix socket");
    }
    if (has_problem(call, parameters)) return;
    Control& control = call.parts.control;
    MemberList::Parts list{
        .control = control,
        .head = "[",
        .tail = "]\n",
        .write = [&control, filters, port_tag, port](const std::string& name, std::string& to) {
            const auto detail = control.detail_of(name);
            if (!detail || detail->record.status != serf::Status::alive ||
                !filters->want(detail->record)) {
                return false;
            }
            const std::string group = target_group(detail->record, port_tag, port);
            to += group;
            return !group.empty();
        }};
    call.reply({.stream = std::make_unique<MemberList>(std::move(list))});
}

}  // namespace rollcall::agent::http
