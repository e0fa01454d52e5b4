// SPDX-License-Identifier: Apache-2.0
//
// The advertised address, while the host's addresses change. A configured address never changes. A
// chosen one stays while this host has it, unless it is loopback or link-local and a better one
// appears; it moves when this host no longer has it and has another. If only loopback or link-local
// addresses are left it stays, since peers elsewhere cannot use those. While loopback is
// advertised, peers that are not on loopback are out of reach. Pure: the caller passes the list of
// addresses (agent/host/advertise.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/host/advertise.h"
#include "base/endpoint.h"

namespace rollcall::agent {

class OwnAddress {
public:
    enum class Change : std::uint8_t {
        none,
        moved,
        lost,  // this host no longer has the advertised address, and no other to advertise
        back,  // it has the address again
    };

    // `bound` has the real port.
    OwnAddress(const Endpoint& bound, const std::optional<Endpoint>& configured,
               std::vector<HostAddress> host);

    Change look(std::vector<HostAddress> host);
    [[nodiscard]] const Advertised& advertised() const { return advertised_; }
    // Whether this agent listens on it.
    [[nodiscard]] bool is_own(const Endpoint& endpoint) const;
    // Whether loopback is advertised for lack of another address, and `endpoint` is not loopback.
    [[nodiscard]] bool out_of_reach(const Endpoint& endpoint) const;

private:
    [[nodiscard]] bool has(const Endpoint& address) const;

    Endpoint bound_;
    std::optional<Endpoint> configured_;
    std::vector<HostAddress> host_;
    Advertised advertised_;
    bool lost_ = false;
};

}  // namespace rollcall::agent
