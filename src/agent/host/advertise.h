// SPDX-License-Identifier: Apache-2.0
//
// Chooses the advertised address: the configured one, else the bound one; if bound to all
// addresses, one of this host's, with the reason for the log. Any address is better than none: a
// public, CGNAT or link-local one is no reason to refuse the start. The choice is a pure function
// of the list of interfaces.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/endpoint.h"

namespace rollcall::agent {

struct HostAddress {
    std::string interface;
    Endpoint address;  // port unused
};

// Addresses of the interfaces that are up, in the system's order. Empty on an error.
[[nodiscard]] std::vector<HostAddress> host_addresses();

[[nodiscard]] bool is_loopback(const Endpoint& address);
[[nodiscard]] bool is_link_local(const Endpoint& address);

struct Advertised {
    Endpoint endpoint;
    std::string why;  // "private address of eth0"
};

// `bound` has the real port. Port 0 in `configured` stands for the bound port.
[[nodiscard]] Advertised choose_advertised(const Endpoint& bound,
                                           const std::optional<Endpoint>& configured,
                                           std::span<const HostAddress> host);

}  // namespace rollcall::agent
