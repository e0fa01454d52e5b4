// SPDX-License-Identifier: Apache-2.0
//
// Which address to tell others. What the operator said counts; else the address we are bound to;
// and bound to all of them, one of this host's is chosen, and the reason is given so that it can be
// logged. Never refuses to start for want of a "good" one: a public, CGNAT or link-local address
// is better than none. The choice is a pure function of the list of interfaces.
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

// Of the interfaces that are up, in the system's order. Empty when the system does not tell.
[[nodiscard]] std::vector<HostAddress> host_addresses();

[[nodiscard]] bool is_loopback(const Endpoint& address);
[[nodiscard]] bool is_link_local(const Endpoint& address);

struct Advertised {
    Endpoint endpoint;
    std::string why;  // "private address of eth0"
};

// `bound` has the real port. `configured` may have port 0: the bound one.
[[nodiscard]] Advertised choose_advertised(const Endpoint& bound,
                                           const std::optional<Endpoint>& configured,
                                           std::span<const HostAddress> host);

}  // namespace rollcall::agent
