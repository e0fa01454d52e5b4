// SPDX-License-Identifier: Apache-2.0
#include "agent/host/advertise.h"

#include <uv.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "membership/config.h"
#include "transport/addresses.h"

namespace rollcall::agent {
namespace {

using membership::Network;

struct AddressClass {
    std::string_view name;
    std::vector<std::string_view> networks;
};

// Best first; the empty list matches everything else, the public addresses.
const std::array<AddressClass, 4>& address_classes() {
    static const std::array<AddressClass, 4> classes{
        AddressClass{"private", {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}},
        AddressClass{"public", {}}, AddressClass{"link-local", {"169.254.0.0/16", "fe80::/10"}},
        AddressClass{"loopback", {"127.0.0.0/8", "::1/128"}}};
    return classes;
}

std::size_t class_of(const Endpoint& address) {
    const auto& classes = address_classes();
    for (std::size_t i = 0; i < classes.size(); ++i) {
        for (const std::string_view network : classes[i].networks) {
            if (Network::parse(network)->contains(address.to_wire())) return i;
        }
    }
    return 1;
}

Endpoint with_port(Endpoint address, std::uint16_t port) {
    address.port = port;
    address.scope = 0;  // a scope is valid on this host only
    return address;
}

bool is_in(const Endpoint& address, std::string_view network) {
    return Network::parse(network)->contains(address.to_wire());
}

}  // namespace

bool is_loopback(const Endpoint& address) {
    return is_in(address, "127.0.0.0/8") || is_in(address, "::1/128");
}

bool is_link_local(const Endpoint& address) {
    return is_in(address, "169.254.0.0/16") || is_in(address, "fe80::/10");
}

std::vector<HostAddress> host_addresses() {
    uv_interface_address_t* list = nullptr;
    int count = 0;
    if (uv_interface_addresses(&list, &count) != 0) return {};
    std::vector<HostAddress> found;
    for (int i = 0; i < count; ++i) {
        const auto& any = reinterpret_cast<const sockaddr&>(list[i].address);
        if (const auto endpoint = transport::to_endpoint(any)) {
            found.push_back({list[i].name, *endpoint});
        }
    }
    uv_free_interface_addresses(list, count);
    return found;
}

Advertised choose_advertised(const Endpoint& bound, const std::optional<Endpoint>& configured,
                             std::span<const HostAddress> host) {
    if (configured) {
        return {with_port(*configured, configured->port != 0 ? configured->port : bound.port),
                "as configured"};
    }
    if (!bound.is_unspecified()) return {with_port(bound, bound.port), "the bound address"};

    const bool wants_v4 = bound.is_v4();
    const HostAddress* best = nullptr;
    std::pair<std::size_t, bool> best_rank;
    for (const HostAddress& candidate : host) {
        if (wants_v4 && !candidate.address.is_v4()) continue;
        // Bound to [::] both families qualify; of equals, IPv6 is preferred.
        const std::pair rank{class_of(candidate.address), candidate.address.is_v4() != wants_v4};
        if (best == nullptr || rank < best_rank) {
            best = &candidate;
            best_rank = rank;
        }
    }
    if (best == nullptr) {
        const auto loopback = Endpoint::parse_address(wants_v4 ? "127.0.0.1" : "::1", bound.port);
        return {*loopback, "loopback: this host has no other address"};
    }
    return {
        with_port(best->address, bound.port),
        std::string{address_classes()[best_rank.first].name} + " address of " + best->interface};
}

}  // namespace rollcall::agent
