// SPDX-License-Identifier: Apache-2.0
#include "agent/http/host_rule.h"

#include <algorithm>

#include "base/text.h"

namespace rollcall::agent::http {
namespace {

bool is_port(std::string_view text) {
    return text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Without its port; nullopt if it is not of this form.
std::optional<std::string_view> without_port(std::string_view host) {
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos) return {};
        const std::string_view rest = host.substr(end + 1);
        if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return {};
        return host.substr(1, end - 1);
    }
    const auto colon = host.find(':');
    if (colon == std::string_view::npos) return host;
    if (!is_port(host.substr(colon + 1))) return {};
    return host.substr(0, colon);
}

bool is_loopback_address(const Endpoint& at) {
    const WireAddress wire = at.to_wire();
    if (at.is_v4()) return std::to_integer<int>(wire.bytes().front()) == 127;
    return at.address_to_string() == "::1";
}

}  // namespace

HostRule::HostRule(std::vector<std::string> names) : names_{std::move(names)} {
    for (std::string& name : names_) name = lower_case(name);
    names_.emplace_back("localhost");
}

bool HostRule::allows(std::string_view host, const std::optional<Endpoint>& local) const {
    if (!local) return true;
    const auto bare = without_port(host);
    if (!bare) return false;
    // The loopback address of another host is not reached by it, and 127.0.0.1 is where a tunnel
    // ends.
    if (const auto literal = Endpoint::parse_address(*bare, 0)) {
        return literal->ip == local->ip || is_loopback_address(*literal);
    }
    std::string name = lower_case(*bare);
    if (name.ends_with('.')) name.pop_back();
    return std::ranges::find(names_, name) != names_.end();
}

}  // namespace rollcall::agent::http
