// SPDX-License-Identifier: Apache-2.0
#include "agent/host/interface.h"

#include <algorithm>
#include <vector>

#include "base/joined.h"

namespace rollcall::agent {
namespace {

using membership::ConfigError;

std::vector<std::string> names_of(std::span<const HostAddress> host) {
    std::vector<std::string> names;
    for (const HostAddress& each : host) {
        if (std::ranges::find(names, each.interface) == names.end()) {
            names.push_back(each.interface);
        }
    }
    return names;
}

}  // namespace

Result<Endpoint, ConfigError> bind_on_interface(const std::string& interface, const Endpoint& bind,
                                                std::span<const HostAddress> host) {
    std::vector<Endpoint> own;
    for (const HostAddress& each : host) {
        if (each.interface == interface) own.push_back(each.address);
    }
    if (own.empty()) return ConfigError{"iface", interface, joined(names_of(host))};

    if (!bind.is_unspecified()) {
        const auto same = [&](const Endpoint& each) { return each.to_wire() == bind.to_wire(); };
        if (std::ranges::any_of(own, same)) return bind;
        std::vector<std::string> addresses;
        addresses.reserve(own.size());
        for (const Endpoint& each : own) addresses.push_back(each.address_to_string());
        return ConfigError{"bind", bind.to_string(),
                           "an address of the interface " + interface + ": " + joined(addresses)};
    }
    std::erase_if(own, is_link_local);
    if (own.empty()) {
        return ConfigError{"iface", interface,
                           "an interface with an address that is not link-local"};
    }
    const auto like_bind =
        std::ranges::find(own, bind.is_v4(), [](const Endpoint& each) { return each.is_v4(); });
    Endpoint chosen = like_bind != own.end() ? *like_bind : own.front();
    chosen.port = bind.port;
    return chosen;
}

}  // namespace rollcall::agent
